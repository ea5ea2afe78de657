import { createPool, EventHub, type Lease } from 'edgewise'
import { describe, expect, it, vi } from 'vitest'
import type { Discovery } from '../../../src/upstream/discovery.js'
import { fakeExchange, named, setHealth, take } from './pool-kit.js'

type Told = readonly { url: string; name: string }[] | Error

/** A source that tells what the test says, when it says so. */
function source() {
  let next = Promise.withResolvers<Told>()
  let left = false
  const discovery: Discovery = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const value = await next.promise
        next = Promise.withResolvers()
        return { done: false, value }
      },
      return: async () => {
        left = true
        return { done: true, value: undefined }
      },
    }),
  }
  const tell = async (told: Told): Promise<void> => {
    next.resolve(told)
    // A follower may let the event loop turn between lists.
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
  }
  return { discovery, tell, isLeft: () => left }
}

function setUp(options: { endpoints?: ReturnType<typeof named> } = {}) {
  const { discovery, tell, isLeft } = source()
  const hub = new EventHub()
  const news: string[] = []
  hub.on('endpoint', ({ endpoint, change, why }) => news.push(`${endpoint} ${change} (${why})`))
  hub.on('pool', ({ change, why }) => news.push(`${change}: ${why}`))
  const pool = createPool({ name: 'test', discovery, events: hub, slowStartMs: 1_000, ...options })
  return { pool, tell, isLeft, news, names: () => pool.endpoints.map(({ name }) => name).join(' ') }
}

describe('a pool that follows a discovery', () => {
  it('lets requests wait for the first list, and serves them then', async () => {
    const { pool, tell, news } = setUp()
    const waits = [0, 1].map(() => pool.acquire(fakeExchange()) as Promise<Lease>)
    expect(pool.queued).toBe(2)
    await tell(named('a', 'b'))
    await pool.discovered
    expect((await Promise.all(waits)).map(({ endpoint }) => endpoint.name)).toEqual(['a', 'b'])
    expect(news).toEqual(['a added (discovery)', 'b added (discovery)'])
    // The first are no newcomers among others.
    expect(pool.endpoints.map(({ warmth }) => warmth)).toEqual([1, 1])
    await pool.close()
  })

  it('replaces its members with each list', async () => {
    const { pool, tell, names } = setUp({ endpoints: named('seed') })
    expect(take(pool).endpoint.name).toBe('seed')
    await tell(named('a', 'b'))
    await tell(named('b', 'c'))
    expect(names()).toBe('b c')
    await pool.close()
  })

  it('keeps the last list when one is empty, wrong, or not to be had, and says so', async () => {
    const { pool, tell, names, news } = setUp()
    await tell(named('a'))
    news.length = 0
    await tell([])
    await tell(named('x', 'x'))
    await tell(new Error('no registry'))
    expect(names()).toBe('a')
    expect(news).toEqual([
      'stale: its list is empty',
      expect.stringMatching(/^stale: .*different names/),
      'stale: no registry',
    ])
    await tell(named('b'))
    expect(names()).toBe('b')
    await pool.close()
  })

  it('H-106 takes an empty first list as it is: there is nothing to wait for', async () => {
    const { pool, tell } = setUp()
    const waiting = pool.acquire(fakeExchange()) as Promise<Lease>
    const refusal = waiting.catch((error: { code: string }) => error.code)
    await tell([])
    await pool.discovered
    expect(await refusal).toBe('ERR_EDGE_NO_ENDPOINT')
    expect(() => take(pool)).toThrow(expect.objectContaining({ code: 'ERR_EDGE_NO_ENDPOINT' }))
    await pool.close()
  })

  it('H-116 stops to follow when it closes, and whoever waits for the first list is told', async () => {
    const { pool, isLeft } = setUp()
    const discovered = pool.discovered.catch((error: { code: string }) => error.code)
    await pool.close()
    expect([isLeft(), await discovered]).toEqual([true, 'ERR_EDGE_CLOSING'])
    await expect(createPool({ name: 'fixed', endpoints: [] }).discovered).resolves.toBeUndefined()
  })
})

describe('the options of a pool', () => {
  it.each([
    [{ spillOver: 0.5 }, /spillOver.*0\.5.*1 to 100/],
    [{ spillOver: Number.NaN }, /spillOver/],
    [{ panicThreshold: 1.1 }, /panicThreshold.*0 to 1/],
    [{ slowStartMs: -1 }, /slowStartMs/],
    [{ zone: '' }, /zone/],
    [{ fallback: {} }, /fallback.*a pool/],
    [{ concurrency: 5 }, /concurrency.*a function/],
    [{ discovery: [] }, /discovery.*async iterable/],
    [{ queue: { priority: 3 } }, /priority.*a function/],
    [{ endpoints: undefined }, /endpoints.*discovery/],
    [{ endpoints: [{ url: 'http://a.test', maxConnections: 0 }] }, /maxConnections.*1 to/],
  ])('are checked: %j', (options, message) => {
    expect(() => createPool({ name: 'test', endpoints: [], ...options } as never)).toThrow(message)
  })
})

describe('the news of a pool', () => {
  it('H-108 is of what health found, whatever the operator has done meanwhile, and each thing once', () => {
    const hub = new EventHub()
    const told = vi.fn()
    hub.on('endpoint', ({ endpoint, change }) => told(`${endpoint} ${change}`))
    const pool = createPool({ name: 'test', endpoints: named('a'), events: hub })
    const a = pool.endpoints[0]!
    for (const healthy of [true, false, false, true]) setHealth(pool, a, { healthy })
    pool.maintenance('a')
    setHealth(pool, a, { healthy: false })
    setHealth(pool, a, { ejected: true })
    pool.ready('a')
    expect(told.mock.calls.flat()).toEqual(['a down', 'a up', 'a maintenance', 'a down', 'a ready'])
    expect(a.available).toBe(false)
  })

  it('says nothing of an endpoint that has left', async () => {
    const hub = new EventHub()
    const told = vi.fn()
    const pool = createPool({ name: 'test', endpoints: named('a'), events: hub })
    const a = pool.endpoints[0]!
    await pool.remove('a')
    hub.on('endpoint', told)
    setHealth(pool, a, { healthy: false })
    expect(told).not.toHaveBeenCalled()
  })
})
