import { createPool, type Endpoint } from 'edgewise'
import { describe, expect, it, vi } from 'vitest'
import { SlowStart } from '../../../src/upstream/slow-start.js'
import { fakeClock } from '../../support/index.js'
import { forkable, good, named, refused, setHealth, take } from './pool-kit.js'

function setUp(durationMs = 1_000) {
  const clock = fakeClock()
  const steps: string[] = []
  const slowStart = new SlowStart({
    durationMs,
    onStep: ({ name, warmth, limit }) => steps.push(`${name} ${Math.round(warmth * 100)} % ${limit}`),
    clock,
    now: clock.now,
  })
  const pool = createPool({ name: 'test', endpoints: named('a', 'b'), maxConnections: 40 })
  return { clock, steps, slowStart, a: pool.endpoints[0]!, b: pool.endpoints[1]! }
}

describe('slow start', () => {
  it('H-107 climbs in twenty steps from a tenth to all, and the limit with it', async () => {
    const { clock, steps, slowStart, a } = setUp()
    slowStart.begin(a)
    expect(steps).toEqual(['a 10 % 4'])
    await clock.advance(500)
    expect(steps.at(-1)).toBe('a 50 % 20')
    await clock.advance(500)
    expect([steps.at(-1), steps.length, clock.pending]).toEqual(['a 100 % 40', 21, 0])
  })

  it('H-116 has one timer while somebody warms up, and none else', async () => {
    const { clock, slowStart, a, b } = setUp()
    slowStart.begin(a)
    await clock.advance(300)
    slowStart.begin(b)
    expect(clock.pending).toBe(1)
    await clock.advance(750)
    expect([a.warmth, b.warmth < 1, clock.pending]).toEqual([1, true, 1])
    slowStart.stop(a)
    slowStart.stop(b)
    expect(clock.pending).toBe(0)
    slowStart.begin(a)
    slowStart.close()
    expect(clock.pending).toBe(0)
  })

  it('begins again from the floor when an endpoint is lost on the way', async () => {
    const { clock, steps, slowStart, a } = setUp()
    slowStart.begin(a)
    await clock.advance(600)
    slowStart.stop(a)
    await clock.advance(5_000)
    expect(a.warmth).toBe(0.6)
    slowStart.begin(a)
    expect(steps.at(-1)).toBe('a 10 % 4')
  })

  it('is nothing when off, and lets at least one request through at the floor', () => {
    const { clock, steps, slowStart, a } = setUp(0)
    slowStart.begin(a)
    expect([steps, a.warmth, clock.pending]).toEqual([[], 1, 0])
    const tiny = createPool({ name: 'tiny', endpoints: [{ url: 'http://a.test', maxConnections: 3 }] }).endpoints[0]!
    tiny.warmth = 0.1
    tiny.refreshLimit()
    expect(tiny.limit).toBe(1)
  })
})

describe('in a pool, slow start', () => {
  const poolOf = (log: string[] = []) =>
    createPool({ name: 'test', endpoints: named('a', 'b'), slowStartMs: 1_000, balancer: forkable(log) })
  const warmth = (endpoints: readonly Endpoint[]) => endpoints.map((each) => each.warmth)

  it('H-107 is for who was down, ejected or in maintenance, when it may take traffic for good, never at the start', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      const log: string[] = []
      const pool = poolOf(log)
      const [a] = pool.endpoints as [Endpoint]
      expect(warmth(pool.endpoints)).toEqual([1, 1])
      for (const [out, back] of [
        [() => setHealth(pool, a, { healthy: false }), () => setHealth(pool, a, { healthy: true })],
        [() => pool.maintenance('a'), () => pool.ready('a')],
        [() => setHealth(pool, a, { ejected: true }), () => setHealth(pool, a, { ejected: false })],
      ] as const) {
        out()
        expect(a.warmth).toBe(1)
        back()
        expect([a.warmth, a.state]).toEqual([0.1, 'warming'])
        log.length = 0
        vi.advanceTimersByTime(1_000)
        expect([a.warmth, a.state, log.length]).toEqual([1, 'up', 20])
      }
      void pool.drain('a')
      pool.ready('a')
      expect(a.warmth).toBe(1)
      expect(vi.getTimerCount()).toBe(0)
      await pool.close()
    } finally {
      vi.useRealTimers()
    }
  })

  it('H-107 waits for the trial to pass', async () => {
    const pool = poolOf()
    const [a] = pool.endpoints as [Endpoint]
    take(pool).release(refused)
    expect(a.ejected).toBe(true)
    setHealth(pool, a, { ejected: false, onTrial: true })
    expect([a.warmth, a.state]).toEqual([1, 'trial'])
    const leases = [take(pool), take(pool)]
    for (const lease of leases) lease.release(good)
    expect([a.onTrial, a.warmth]).toEqual([false, 0.1])
    await pool.close()
  })

  it('H-107 is for newcomers where others are at work, and only there', async () => {
    const pool = poolOf()
    expect(pool.add({ url: 'http://c.test', name: 'c' }).warmth).toBe(0.1)
    pool.sync([...named('a', 'b', 'c', 'd')])
    expect(warmth(pool.endpoints)).toEqual([1, 1, 0.1, 0.1])
    pool.sync(named('x', 'y'))
    expect(warmth(pool.endpoints)).toEqual([1, 1])
    const empty = createPool({ name: 'empty', endpoints: [], slowStartMs: 1_000 })
    expect(empty.add('http://a.test').warmth).toBe(1)
    await Promise.all([pool.close(), empty.close()])
  })
})
