import { createPool, type Endpoint, EventHub, roundRobin } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../support/index.js'
import { fakeExchange, forkable, good, setHealth, take } from './pool-kit.js'

/** A pool with so many endpoints a priority, of which so many are well. */
function tiers(wells: readonly (readonly [well: number, all: number])[], options: object = {}) {
  const endpoints = wells.flatMap(([, all], priority) =>
    Array.from({ length: all }, (_, at) => ({ url: 'http://a.test', name: `${priority}.${at}`, priority })),
  )
  const pool = createPool({ name: 'test', endpoints, balancer: forkable(), random: seededRandom(1), ...options })
  wells.forEach(([well, all], priority) => {
    for (let at = well; at < all; at++)
      setHealth(pool, pool.endpoints.find(({ name }) => name === `${priority}.${at}`)!, { healthy: false })
  })
  return pool
}

const percents = (pool: ReturnType<typeof tiers>): number[] =>
  pool.snapshot().levels.map(({ share }) => Math.round(share * 100))

describe('levels', () => {
  // The first eight rows are Envoy's own table for priority levels at 140 %, the rest follows from its formula.
  it.each<[wells: [number, number][], shares: number[]]>([
    [
      [
        [100, 100],
        [100, 100],
      ],
      [100, 0],
    ],
    [
      [
        [72, 100],
        [72, 100],
      ],
      [100, 0],
    ],
    [
      [
        [71, 100],
        [71, 100],
      ],
      [99, 1],
    ],
    [
      [
        [50, 100],
        [50, 100],
      ],
      [70, 30],
    ],
    [
      [
        [25, 100],
        [100, 100],
      ],
      [35, 65],
    ],
    [
      [
        [0, 100],
        [100, 100],
      ],
      [0, 100],
    ],
    [
      [
        [25, 100],
        [25, 100],
      ],
      [50, 50],
    ],
    [
      [
        [0, 100],
        [0, 100],
      ],
      [0, 0],
    ],
    [
      [
        [5, 100],
        [0, 100],
      ],
      [100, 0],
    ],
    [
      [
        [1, 2],
        [1, 4],
        [1, 1],
      ],
      [70, 30, 0],
    ],
    [
      [
        [1, 4],
        [1, 4],
        [4, 4],
      ],
      [35, 35, 30],
    ],
    [[[1, 1]], [100]],
    [
      [
        [0, 1],
        [1, 1],
      ],
      [0, 100],
    ],
  ])('of %j share traffic as Envoy does: %j', (wells, shares) => {
    expect(percents(tiers(wells))).toEqual(shares)
  })

  it('spill over as told: at 1 a tier gets no more than its part that is there', () => {
    expect(
      percents(
        tiers(
          [
            [3, 4],
            [4, 4],
          ],
          { spillOver: 1 },
        ),
      ),
    ).toEqual([75, 25])
    expect(
      percents(
        tiers(
          [
            [1, 10],
            [4, 4],
          ],
          { spillOver: 10 },
        ),
      ),
    ).toEqual([100, 0])
  })

  it('count weight, and endpoints in maintenance as missing, but none of weight 0', () => {
    const pool = tiers(
      [
        [3, 3],
        [1, 1],
      ],
      { spillOver: 1 },
    )
    pool.setWeight('0.0', 2)
    pool.maintenance('0.0')
    expect(percents(pool)).toEqual([50, 50])
    pool.setWeight('0.0', 0)
    expect(percents(pool)).toEqual([100, 0])
  })

  it('get what their share says', () => {
    const pool = tiers([
      [1, 2],
      [2, 2],
    ])
    const counts = [0, 0]
    for (let at = 0; at < 10_000; at++) {
      const lease = take(pool)
      counts[lease.endpoint.priority]!++
      lease.release(good)
    }
    expect(counts[0]! / 10_000).toBeCloseTo(0.7, 1)
  })

  it('draw no lots where one takes everything', () => {
    const random = () => {
      throw new Error('asked')
    }
    take(
      tiers(
        [
          [2, 2],
          [2, 2],
        ],
        { random },
      ),
    )
    take(tiers([[2, 2]], { random }))
  })

  it('spill to the next when all are full or tried, down to the last and then up, before anything waits', () => {
    const pool = tiers(
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
      { maxConnections: 1 },
    )
    const names = [take(pool), take(pool), take(pool)].map(({ endpoint }) => endpoint.name)
    expect(names).toEqual(['0.0', '1.0', '2.0'])
    expect(() => take(pool)).toThrow('has to wait')
    const other = tiers([
      [1, 1],
      [1, 1],
    ])
    expect(take(other, new Set([other.endpoints[0]!])).endpoint.name).toBe('1.0')
    setHealth(other, other.endpoints[0]!, { healthy: false })
    expect(take(other).endpoint.name).toBe('1.0')
  })

  it('are zones within a priority: the own one first, those without a zone with the others', () => {
    const place = (name: string, zone: string | undefined, priority = 0) => ({
      url: 'http://a.test',
      name,
      zone,
      priority,
    })
    const pool = createPool({
      name: 'test',
      endpoints: [place('far', 'b'), place('near', 'a'), place('none', undefined), place('spare', 'a', 1)],
      zone: 'a',
      balancer: forkable(),
    })
    expect(pool.snapshot().levels).toEqual([
      { priority: 0, zone: 'own', share: 1, endpoints: ['near'] },
      { priority: 0, zone: 'other', share: 0, endpoints: ['far', 'none'] },
      { priority: 1, zone: 'own', share: 0, endpoints: ['spare'] },
    ])
    setHealth(pool, pool.endpoints[1]!, { healthy: false })
    expect(pool.snapshot().levels.map(({ share }) => share)).toEqual([0, 1, 0])
  })

  it('need a balancer that can be forked, and say whose cannot', async () => {
    const fixed = () => ({ ...forkable(), name: 'fixed', fork: undefined as never })
    const endpoints = [{ url: 'http://a.test' }, { url: 'http://b.test', priority: 1 }]
    expect(() => createPool({ name: 'test', endpoints, balancer: fixed() })).toThrow(
      /createPool.*"balancer" is "fixed".*fork/,
    )
    const pool = createPool({ name: 'test', endpoints: ['http://a.test'], balancer: fixed() })
    expect(() => pool.add(endpoints[1]!)).toThrow(/add.*"fixed"/)
    expect(() => pool.sync(endpoints)).toThrow(/sync.*"fixed"/)
    expect(pool.endpoints.map(({ name }) => name)).toEqual(['http://a.test'])
    // One level is enough, whichever it is, and it may change.
    pool.sync([endpoints[1]!])
    expect(take(pool).endpoint.name).toBe('http://b.test')
    await pool.close()
  })

  it('keep their balancers, and rebuild only those that have changed', async () => {
    const rebuilds: string[] = []
    let made = 0
    const spy = () => {
      const number = made++
      const inner = roundRobin<Endpoint>()
      return {
        ...{ name: 'spy', fork: spy },
        rebuild: (endpoints: readonly Endpoint[]) => {
          rebuilds.push(`${number}: ${endpoints.map(({ name }) => name)}`)
          inner.rebuild(endpoints)
        },
        pick: inner.pick.bind(inner),
      }
    }
    const pool = createPool({ name: 'test', endpoints: [], balancer: spy() })
    const of = (name: string, priority: number) => ({ url: `http://${name}.test`, name, priority })
    pool.add(of('a', 0))
    pool.add(of('b', 1))
    pool.add(of('c', 1))
    pool.setWeight('a', 2)
    await pool.remove('a')
    pool.add(of('d', 2))
    expect(rebuilds).toEqual(['0: ', '0: a', '1: b', '1: b,c', '0: a', '0: ', '0: d'])
  })

  describe('in panic', () => {
    it('H-106 ignore health and ejections, but not the operator, and say so once', () => {
      const hub = new EventHub()
      const said: string[] = []
      hub.on('pool', ({ change }) => said.push(change))
      hub.on('endpoint', ({ endpoint, change }) => said.push(`${endpoint} ${change}`))
      const pool = tiers([[4, 4]], { panicThreshold: 0.5, events: hub })
      const [a, b, c, d] = pool.endpoints as [Endpoint, Endpoint, Endpoint, Endpoint]
      pool.maintenance(d.name)
      setHealth(pool, a, { healthy: false })
      expect([pool.snapshot().panic, a.available]).toEqual([false, false])
      setHealth(pool, b, { ejected: true })
      expect([pool.snapshot().panic, a.available, b.available, c.available, d.available]).toEqual([
        true,
        true,
        true,
        true,
        false,
      ])
      const names = new Set(Array.from({ length: 6 }, () => take(pool).endpoint.name))
      expect([...names].toSorted()).toEqual(['0.0', '0.1', '0.2'])
      expect(pool.snapshot().endpoints.map(({ state }) => state)).toEqual(['down', 'ejected', 'up', 'maintenance'])
      setHealth(pool, b, { ejected: false })
      expect([pool.snapshot().panic, a.available, b.available]).toEqual([false, false, true])
      expect(said).toEqual(['0.3 maintenance', '0.0 down', 'panic', '0.1 down', 'calm', '0.1 up'])
    })

    it('H-106 are never by default, nor where none is ready', () => {
      expect(tiers([[0, 3]]).snapshot().panic).toBe(false)
      const pool = tiers([[1, 1]], { panicThreshold: 1 })
      pool.maintenance('0.0')
      expect(pool.snapshot().panic).toBe(false)
      expect(() => pool.acquire(fakeExchange())).toThrow(expect.objectContaining({ code: 'ERR_EDGE_NO_ENDPOINT' }))
    })
  })
})
