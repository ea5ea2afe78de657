import { createPool, type Lease, type Pool } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type ActionDone, actOn } from '../../../../src/observing/admin/actions.js'
import { fakeExchange, good, named } from '../../upstream/pool-kit.js'

const pools = (): readonly [Pool, Pool] => [
  createPool({ name: 'users', endpoints: named('a', 'b') }),
  createPool({ name: 'team/orders', endpoints: ['http://10.0.0.1:3000', 'tcp://10.0.0.2:5432'] }),
]

const done = (all: readonly Pool[], wanted: object): ActionDone => {
  const result = actOn(all, wanted)
  if ('status' in result) throw new Error(result.detail)
  return result
}

describe('actOn', () => {
  it('drains, sets aside, brings back and weighs, and tells how the endpoint is now', () => {
    const all = pools()
    const at = { pool: 'users', endpoint: 'a' }
    expect(done(all, { ...at, action: 'drain' })).toMatchObject({
      pool: 'users',
      endpoint: { name: 'a', mode: 'drain' },
    })
    expect(done(all, { ...at, action: 'maintenance' }).endpoint.state).toBe('maintenance')
    expect(done(all, { ...at, action: 'ready' }).endpoint.state).toBe('up')
    expect(done(all, { ...at, action: 'weight', weight: 7 }).endpoint.weight).toBe(7)
    expect(all[0].endpoints[0]!.weight).toBe(7)
  })

  it.each(['drain', 'ready', 'maintenance'])('takes %s twice for once', (action) => {
    const all = pools()
    const wanted = { pool: 'team/orders', endpoint: 'http://10.0.0.1:3000', action }
    const { since: _, ...first } = done(all, wanted).endpoint
    expect(done(all, wanted).endpoint).toMatchObject(first)
  })

  it('ends what is still under way at the deadline of a drain', async () => {
    const [users] = pools()
    const exchange = fakeExchange()
    const lease = users.acquire(exchange) as Lease
    const gone = new Promise((resolve) => exchange.cancel.add(resolve))
    expect(
      done([users], { pool: 'users', endpoint: lease.endpoint.name, action: 'drain', deadlineMs: 1 }).endpoint.inFlight,
    ).toBe(1)
    expect(await gone).toMatchObject({ code: 'ERR_EDGE_CLOSING' })
    lease.release(good)
  })

  it('warns when nothing takes traffic any more', () => {
    const all = pools()
    expect(done(all, { pool: 'users', endpoint: 'a', action: 'weight', weight: 0 }).warning).toBeUndefined()
    const warning = 'No endpoint of the pool "users" takes traffic now.'
    expect(done(all, { pool: 'users', endpoint: 'b', action: 'drain' }).warning).toBe(warning)
    expect(done(all, { pool: 'users', endpoint: 'b', action: 'maintenance' }).warning).toBe(warning)
    expect(done(all, { pool: 'users', endpoint: 'b', action: 'ready' }).warning).toBeUndefined()
    expect(done(all, { pool: 'users', endpoint: 'b', action: 'weight', weight: 0 }).warning).toBe(warning)
  })

  it.each([
    [{ pool: 'nobody', endpoint: 'a', action: 'drain' }, 404, 'There is no pool "nobody".'],
    [{ pool: 'users', endpoint: 'c', action: 'drain' }, 404, 'There is no endpoint "c".'],
    [{ pool: 'users', endpoint: 'constructor', action: 'ready' }, 404, 'no endpoint'],
    [{ pool: 'users', endpoint: 'a' }, 400, '"action" is missing'],
    [{ pool: 'users', action: 'drain' }, 400, '"endpoint" is missing'],
    [{ pool: 'users', endpoint: 'a', action: 'toString' }, 400, "allowed: 'drain', 'ready', 'maintenance', 'weight'"],
    [{ pool: 'users', endpoint: 'a', action: 'weight' }, 400, '"weight" is missing'],
    [{ pool: 'users', endpoint: 'a', action: 'weight', weight: -1 }, 400, 'from 0 to 65535'],
    [{ pool: 'users', endpoint: 'a', action: 'weight', weight: '5' }, 400, 'from 0 to 65535'],
    [{ pool: 'users', endpoint: 'a', action: 'drain', deadlineMs: 0 }, 400, 'from 1 to 2147483647'],
    [{ pool: 'users', endpoint: 'a', action: 'ready', deadlineMs: 5 }, 400, 'unknown option "deadlineMs"'],
    [{ pool: 'users', endpoint: 'a', action: 'drain', deadline: 5 }, 400, 'Did you mean "deadlineMs"?'],
    [JSON.parse('{ "__proto__": 1 }'), 400, 'unknown option "__proto__"'],
    [[], 400, 'an object'],
    [null, 400, 'an object'],
    ['drain', 400, 'an object'],
  ])('refuses %j with %i, and changes nothing', (wanted, status, why) => {
    const all = pools()
    const result = actOn(all, wanted)
    expect(result).toMatchObject({ status, detail: expect.stringContaining(why) })
    expect(all[0].endpoints.map(({ mode, weight }) => [mode, weight])).toEqual([
      ['ready', 1],
      ['ready', 1],
    ])
  })
})
