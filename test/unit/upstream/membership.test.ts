import { createPool, EventHub, type PoolOptions } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { forkable, good, named, take } from './pool-kit.js'

function setUp(options: Partial<PoolOptions> = {}) {
  const hub = new EventHub()
  const news: string[] = []
  hub.on('endpoint', ({ endpoint, change, why }) => news.push(`${endpoint} ${change} (${why})`))
  const rebuilds: string[] = []
  const inner = forkable()
  const balancer = {
    ...inner,
    rebuild: (endpoints: Parameters<typeof inner.rebuild>[0]) => {
      rebuilds.push(endpoints.map(({ name, weight }) => `${name}${weight}`).join(' '))
      inner.rebuild(endpoints)
    },
  }
  const pool = createPool({ name: 'test', endpoints: named('a', 'b'), events: hub, balancer, ...options })
  rebuilds.length = 0
  return { hub, news, rebuilds, pool, names: () => pool.endpoints.map(({ name }) => name).join(' ') }
}

describe('a list of endpoints', () => {
  it('replaces the membership in one rebuild, and says each change once', () => {
    const { pool, news, rebuilds, names } = setUp()
    const [a, b] = pool.endpoints
    pool.sync([
      { url: 'http://c.test', name: 'c' },
      { url: 'http://b.test', name: 'b', weight: 3 },
    ])
    expect(names()).toBe('b c')
    expect(pool.endpoints[0]).toBe(b)
    expect(rebuilds).toEqual(['b3 c1'])
    expect(news).toEqual(['a removed (by operator)', 'b weight (by operator)', 'c added (by operator)'])
    expect([a!.available, b!.weight]).toEqual([false, 3])
  })

  it('that says what is so already changes nothing, in whatever order', () => {
    const { pool, news, rebuilds } = setUp()
    pool.sync(named('b', 'a'))
    expect([news, rebuilds]).toEqual([[], []])
  })

  it.each([
    ['url', { url: 'http://other.test' }],
    ['port', { url: 'http://a.test:81' }],
    ['path', { url: 'http://a.test/v2' }],
    ['protocol', { url: 'https://a.test' }],
    ['host', { url: 'http://a.test', host: 'b.test' }],
    ['handler', { handler: async () => ({}) as never }],
  ])('replaces an endpoint of the same name whose %s is another', (_what, place) => {
    const { pool, news, names } = setUp()
    const old = pool.endpoints[0]
    pool.sync([{ ...place, name: 'a' }, ...named('b')])
    expect(names()).toBe('b a')
    expect(pool.endpoints[1]).not.toBe(old)
    expect(news).toEqual(['a removed (by operator)', 'a added (by operator)'])
  })

  it('moves endpoints between priorities and zones, and changes their limits, where they are', () => {
    const { pool, news } = setUp({ zone: 'z' })
    const a = pool.endpoints[0]!
    pool.sync([
      { ...named('a')[0]!, priority: 1, maxConnections: 7 },
      { ...named('b')[0]!, zone: 'z' },
    ])
    expect(pool.endpoints[0]).toBe(a)
    expect([a.priority, a.limit]).toEqual([1, 7])
    expect(news).toEqual(['a moved (by operator)', 'b moved (by operator)'])
    expect(pool.snapshot().levels.map(({ endpoints }) => endpoints)).toEqual([['b'], ['a']])
  })

  it('leaves what the operator did alone, until it names another weight', () => {
    const { pool } = setUp()
    pool.setWeight('a', 0)
    pool.maintenance('b')
    pool.sync(named('a', 'b', 'c'))
    expect(pool.endpoints.map(({ weight, mode }) => `${weight} ${mode}`)).toEqual([
      '0 ready',
      '1 maintenance',
      '1 ready',
    ])
    pool.sync([{ ...named('a')[0]!, weight: 5 }, ...named('b', 'c')])
    expect(pool.endpoints[0]!.weight).toBe(5)
  })

  it.each([
    [named('a', 'a'), /different names/],
    [['ftp://x'], /http:/],
    [[{ url: 'http://a.test', wieght: 1 }], /Did you mean "weight"/],
    ['http://a.test', /an array of endpoints/],
  ])('that is wrong (%j) is refused whole', (list, message) => {
    const { pool, news, names } = setUp()
    expect(() => pool.sync(list as never)).toThrow(message)
    expect([names(), news]).toEqual(['a b', []])
  })

  it('that is empty empties the pool when the operator gives it', () => {
    const { pool } = setUp()
    pool.sync([])
    expect(pool.endpoints).toEqual([])
    expect(() => take(pool)).toThrow(expect.objectContaining({ code: 'ERR_EDGE_NO_ENDPOINT' }))
  })

  it('H-110 lets requests go on at endpoints that it drops, and closes their connections behind them', async () => {
    const { pool } = setUp()
    const lease = take(pool)
    const closed = Promise.withResolvers<void>()
    lease.endpoint.own('test', () => ({ close: async () => closed.resolve() }))
    pool.sync(named('z'))
    expect(lease.endpoint.inFlight).toBe(1)
    lease.release(good)
    await closed.promise
    expect(lease.endpoint.inFlight).toBe(0)
  })

  it('takes no harm from connections that do not close well', async () => {
    const { pool, hub } = setUp()
    const fault = new Promise((resolve) => hub.on('fault', resolve))
    pool.endpoints[0]!.own('test', () => ({ close: () => Promise.reject(new Error('stuck')) }))
    pool.sync(named('b'))
    expect(await fault).toMatchObject({ where: 'closing connections to a', error: { message: 'stuck' } })
  })

  it('H-119 makes for each endpoint a concurrency limit of its own, once', () => {
    let made = 0
    const limit = { limit: 2.7, settled: () => {} }
    const { pool } = setUp({
      concurrency: () => {
        made++
        return limit
      },
    })
    pool.sync(named('b', 'c'))
    pool.sync(named('b', 'c'))
    expect(made).toBe(3)
    expect(pool.endpoints.map((each) => each.limit)).toEqual([2, 2])
  })
})
