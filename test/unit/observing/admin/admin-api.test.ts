import { adminApi, bytesBody, createPool, EventHub, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { named } from '../../upstream/pool-kit.js'
import { apiOver } from './kit.js'

const users = () => createPool({ name: 'users', endpoints: named('a', 'b') })

describe('adminApi', () => {
  it.each<[unknown, string]>([
    [{}, 'option "authorize" is undefined'],
    [{ authorize: true }, 'option "authorize" is true; allowed: a function'],
    [{ authorize: () => true, pool: [] }, 'Did you mean "pools"?'],
    [{ authorize: () => true, pools: [1] }, 'an array of pools'],
    [{ authorize: () => true, bans: {} }, 'allowed: what ban() makes, or an object of some by name'],
    [{ authorize: () => true, caches: async () => reply(200) }, 'what cache() makes'],
    [{ authorize: () => true, loggers: { app: {} } }, 'a logger with a "level"'],
    [{ authorize: () => true, loggers: null }, 'a logger with a "level"'],
    [{ authorize: () => true, gateways: { main: users() } }, 'what createGateway() makes'],
    [{ authorize: () => true, reload: 'config.yaml' }, 'allowed: a function'],
    [{ authorize: () => true, maintenance: { begin: 1 } }, 'what maintenance() makes'],
    [{ authorize: () => true, certificates: [] }, 'what tlsOptions() makes'],
    [undefined, 'allowed: an object'],
  ])('refuses to be made of %o', (options, why) => {
    expect(() => adminApi(options as never)).toThrow(why)
  })

  it('H-197 asks the authorizer about every request of every kind, and gives everybody else one answer', async () => {
    const seen: string[] = []
    const handler = adminApi({
      authorize({ method, target, upgrade }) {
        seen.push(`${method} ${target.path}${upgrade === null ? '' : ' upgrade'}`)
        return false
      },
      pools: [users()],
      events: new EventHub(),
    })
    const body = bytesBody('not json')
    const exchanges = [
      ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PURGE'].map((method) =>
        asked('/pools', { method }),
      ),
      asked('/'),
      asked('/nothing'),
      asked('/pools/users/endpoints/a/drain', { method: 'POST', body }),
      asked('/pools/nobody'),
      asked('/openapi.json?limit=x'),
      asked('/pools', { upgrade: true }),
    ]
    const replies = await Promise.all(exchanges.map(handler))
    expect(seen).toHaveLength(exchanges.length)
    expect(seen.at(-1)).toBe('GET /pools upgrade')
    const [first] = replies
    expect(first).toMatchObject({ status: 403, headers: { 'cache-control': 'no-store' } })
    for (const each of replies) expect(each).toEqual(first)
  })

  it('tells of every action: who did what to what, with what, and what came of it', async () => {
    const { ask, told } = apiOver({ pools: [users()] })
    await ask('PUT /pools/users/endpoints/a/weight', { weight: 3 })
    await ask('POST /actions', { pool: 'users', endpoint: 'b', action: 'drain', deadlineMs: 5_000 })
    await ask('POST /pools/users/endpoints/c/drain')
    await ask('GET /pools')
    await ask('PUT /pools/users/endpoints/a/weight', { weight: -3 })
    expect(told.map(({ exchange: _, ...rest }) => rest)).toEqual([
      { who: 'ada', action: 'weight', subject: 'users a', input: { weight: 3 }, result: 'done' },
      {
        who: 'ada',
        action: 'drain',
        subject: 'users b',
        input: { pool: 'users', endpoint: 'b', action: 'drain', deadlineMs: 5_000 },
        result: 'done',
      },
      { who: 'ada', action: 'drain', subject: 'users c', input: {}, result: 'refused' },
    ])
  })

  it('tells of what went wrong, and gives nothing of it away', async () => {
    const broken = () => {
      throw new Error('a secret')
    }
    const { ask, faults } = apiOver({ pools: broken })
    const { status, json } = await ask('GET /pools')
    expect([status, JSON.stringify(json).includes('secret')]).toEqual([500, false])
    expect(faults).toEqual([new Error('a secret')])
  })

  it('answers 404 for what there is not, 405 with Allow for another method, and 400 for an upgrade', async () => {
    const { ask, handler } = apiOver({ pools: [users()] })
    expect(await ask('GET /bans')).toMatchObject({ status: 404, json: { detail: 'There is nothing here; see /.' } })
    expect(await ask('POST /pools')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
    expect(await ask('GET /pools/users/endpoints/a/drain')).toMatchObject({ status: 405, headers: { allow: 'POST' } })
    expect(await ask('PUT /pools/users/endpoints/a')).toMatchObject({
      status: 405,
      headers: { allow: 'DELETE, GET, HEAD' },
    })
    expect((await handler(asked('/pools', { upgrade: true }))).status).toBe(400)
  })

  it('lists what there is, and tells a HEAD the length that a GET would be', async () => {
    const { ask } = apiOver({ reload: () => {} })
    const { json, headers } = await ask('GET /', undefined, { base: '/edge' })
    expect(json.operations.map(({ method, path }: { method: string; path: string }) => `${method} ${path}`)).toEqual([
      'GET /edge/',
      'GET /edge/openapi.json',
      'POST /edge/reload',
    ])
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-length': String(JSON.stringify(json).length),
    })
    expect((await ask('HEAD /', undefined, { base: '/edge' })).headers).toEqual(headers)
  })
})
