import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { apiOver } from './kit.js'

describe('log levels', () => {
  it('of a pino logger are read and set', async () => {
    const app = pino({ level: 'info', customLevels: { audit: 35 } }, { write: () => {} })
    const { ask, told } = apiOver({ loggers: app })
    const { json } = await ask('GET /log-level')
    expect(json.loggers).toMatchObject([{ name: 'default', level: 'info' }])
    expect(json.loggers[0].levels.toSorted()).toEqual([
      'audit',
      'debug',
      'error',
      'fatal',
      'info',
      'silent',
      'trace',
      'warn',
    ])
    expect((await ask('PUT /log-level', { level: 'debug' })).json.loggers[0].level).toBe('debug')
    expect(app.isLevelEnabled('debug')).toBe(true)
    expect((await ask('PUT /log-level', { level: 'silent' })).status).toBe(200)
    expect(app.level).toBe('silent')
    expect(told).toMatchObject([{ action: 'log-level', subject: 'default', input: { level: 'debug' } }, {}])
  })

  it('of others are those that the logger names, or else those of pino', async () => {
    const loggers = { web: { level: 'http', levels: { error: 0, http: 3 } }, plain: { level: 'info' } }
    const { ask } = apiOver({ loggers })
    expect((await ask('PUT /log-level', { logger: 'web', level: 'info' })).json.detail).toBe(
      'log-level: "level" is "info"; allowed: error, http',
    )
    await ask('PUT /log-level', { logger: 'web', level: 'error' })
    await ask('PUT /log-level', { logger: 'plain', level: 'trace' })
    expect([loggers.web.level, loggers.plain.level]).toEqual(['error', 'trace'])
    expect((await ask('PUT /log-level', { level: 'info' })).json.detail).toBe('log-level: "logger" is missing')
  })

  it.each([['loud'], ['constructor'], ['Info'], [''], [30]])('refuses %j, and keeps what is set', async (level) => {
    const app = pino({ level: 'info' }, { write: () => {} })
    const { ask } = apiOver({ loggers: app })
    expect((await ask('PUT /log-level', { level })).status).toBe(400)
    expect(app.level).toBe('info')
  })

  it('says what a logger says that does not take its own level', async () => {
    const stubborn = Object.defineProperty({}, 'level', {
      enumerable: true,
      get: () => 'info',
      set() {
        throw new Error('fixed by the environment')
      },
    })
    const said = await apiOver({ loggers: stubborn as { level: string } }).ask('PUT /log-level', { level: 'warn' })
    expect(said).toMatchObject({ status: 400, json: { detail: 'log-level: fixed by the environment' } })
  })
})
