import { maintenance, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { apiOver } from './kit.js'

const after = async (filter: ReturnType<typeof maintenance>): Promise<unknown> => {
  const { status, headers } = await filter(asked('/'), async () => reply(200))
  return [status, headers['retry-after']]
}

describe('maintenance', () => {
  it('is switched on, with an end to announce, and off', async () => {
    const filter = maintenance({ now: () => Date.parse('2026-12-01T11:59:00Z') })
    const { ask, told } = apiOver({ maintenance: filter })
    expect((await ask('GET /maintenance')).json).toEqual({ maintenance: [{ name: 'default', active: false }] })
    const until = '2026-12-01T12:00:00Z'
    expect((await ask('POST /maintenance', { active: true, until })).json.maintenance[0].active).toBe(true)
    expect(await after(filter)).toEqual([503, '60'])
    expect((await ask('POST /maintenance', { active: true })).status).toBe(200)
    expect(await after(filter)).toEqual([503, '300'])
    expect((await ask('POST /maintenance', { active: false })).json.maintenance[0].active).toBe(false)
    expect(await after(filter)).toEqual([200, undefined])
    expect(told.map(({ action, subject }) => `${action} ${subject}`)).toEqual(Array(3).fill('switch default'))
  })

  it.each([
    [{}, '"active" is missing'],
    [{ active: 'yes' }, 'true or false'],
    [{ active: true, until: 'noon' }, '"until" is a time'],
    [{ active: false, until: '2026-12-01T12:00:00Z' }, '"until" is a time'],
    [{ active: true, name: 'shop' }, "allowed: 'default'"],
  ])('refuses %o, and stays as it is', async (body, why) => {
    const filter = maintenance()
    const said = await apiOver({ maintenance: filter }).ask('POST /maintenance', body)
    expect(said).toMatchObject({ status: 400, json: { detail: expect.stringContaining(why) } })
    expect(filter.active).toBe(false)
  })
})
