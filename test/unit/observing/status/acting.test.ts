import { bytesBody, type EdgeEvents } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { pageOver, textOf } from './kit.js'

const headers = { 'content-type': 'application/json', 'x-edgewise-admin': '1' }

function operated(authorize: () => string | boolean | Promise<boolean>) {
  const kit = pageOver({ authorize })
  const told: EdgeEvents['admin'][] = []
  kit.events.on('admin', (event) => told.push(event))
  return {
    ...kit,
    told,
    async act(input: unknown, fields: Readonly<Record<string, string>> = headers) {
      const answer = await kit.ask('/', { method: 'POST', headers: fields, body: bytesBody(JSON.stringify(input)) })
      return { status: answer.status, json: JSON.parse(textOf(answer.body)) }
    },
  }
}

describe('acting on the status page', () => {
  it('does what an operator asks for, says what is now so, and tells who it was', async () => {
    const { act, pool, told, json, clock } = operated(() => 'ada')
    const done = await act({ pool: 'users', endpoint: 'a', action: 'drain' })
    expect(done).toMatchObject({ status: 200, json: { pool: 'users', endpoint: { name: 'a', state: 'drain' } } })
    await act({ pool: 'users', endpoint: 'b', action: 'weight', weight: 9 })
    expect(pool.endpoints.map(({ mode, weight }) => [mode, weight])).toEqual([
      ['drain', 1],
      ['ready', 9],
    ])
    expect(told).toMatchObject([
      { who: 'ada', action: 'drain', subject: 'users a', result: 'done' },
      { who: 'ada', action: 'weight', subject: 'users b', result: 'done' },
    ])
    await clock.advance(1_000)
    expect((await json())['changes']).toMatchObject([{ why: 'by ada' }, {}, {}, {}])
  })

  it('warns when nothing of the pool takes traffic any more', async () => {
    const { act } = operated(() => true)
    await act({ pool: 'users', endpoint: 'a', action: 'maintenance' })
    const { json } = await act({ pool: 'users', endpoint: 'b', action: 'maintenance' })
    expect(json.warning).toContain('No endpoint of the pool "users" takes traffic')
  })

  it.each<[string, () => string | boolean | Promise<boolean>]>([
    ['false', () => false],
    ['an empty name', () => ''],
    [
      'an error',
      () => {
        throw new Error('no')
      },
    ],
    ['a rejection', () => Promise.reject(new Error('no'))],
  ])('does nothing when the authorizer’s answer is %s', async (_, authorize) => {
    const { act, pool, told } = operated(authorize)
    expect((await act({ pool: 'users', endpoint: 'a', action: 'drain' })).status).toBe(403)
    expect([pool.endpoints[0]!.mode, told]).toEqual(['ready', []])
  })

  it.each<[string, number, unknown, Record<string, string>?]>([
    ['a pool that is not there', 404, { pool: 'x', endpoint: 'a', action: 'drain' }],
    ['an endpoint that is not there', 404, { pool: 'users', endpoint: 'x', action: 'drain' }],
    ['an unknown action', 400, { pool: 'users', endpoint: 'a', action: 'explode' }],
    ['a weight that is none', 400, { pool: 'users', endpoint: 'a', action: 'weight', weight: -1 }],
    ['what is no object', 400, [1]],
    ['a page of another origin', 403, {}, { 'content-type': 'application/json', 'sec-fetch-site': 'cross-site' }],
    ['a form', 415, {}, { 'content-type': 'text/plain', 'sec-fetch-site': 'same-origin' }],
    ['no browser that says so', 403, {}, { 'content-type': 'application/json' }],
  ])('refuses %s with %i, and says why', async (_, status, input, fields) => {
    const { act, pool } = operated(() => true)
    const refused = await act(input, fields)
    expect([refused.status, typeof refused.json.detail]).toEqual([status, 'string'])
    expect(pool.endpoints.map(({ state, weight }) => [state, weight])).toEqual([
      ['up', 1],
      ['up', 1],
    ])
  })
})
