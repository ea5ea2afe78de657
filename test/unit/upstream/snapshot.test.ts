import { createPool } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { good, named, outcomeOf, refused, setHealth, take } from './pool-kit.js'

describe('a snapshot', () => {
  it('shows a pool and its endpoints as data that survives JSON', () => {
    const before = Date.now()
    const pool = createPool({ name: 'test', endpoints: named('a', 'b'), health: { passive: false }, maxConnections: 9 })
    const times = { startedAt: 10, connectedAt: 11, firstByteAt: 30, lastByteAt: 40 }
    take(pool).release(outcomeOf({ times, bytes: { in: 5, out: 70 } }))
    const held = take(pool)
    take(pool).release(refused)
    const shot = pool.snapshot()
    expect(JSON.parse(JSON.stringify(shot))).toEqual(shot)
    expect(shot).toMatchObject({
      name: 'test',
      queued: 0,
      panic: false,
      levels: [{ priority: 0, zone: null, share: 1, endpoints: ['a', 'b'] }],
    })
    expect(shot.retryTokens).toBeGreaterThan(0)
    const [a, b] = shot.endpoints
    expect(a).toMatchObject({
      ...{ name: 'a', priority: 0, zone: null, weight: 1, warmth: 1, mode: 'ready', state: 'up', why: 'configured' },
      ...{ inFlight: 0, limit: 9, attempts: 2, failures: 1, bytes: { in: 5, out: 70 } },
    })
    expect(a!.since).toBeGreaterThanOrEqual(before)
    expect([b!.inFlight, b!.attempts, b!.latency]).toEqual([1, 1, { p50: null, p95: null }])
    for (const { p50, p95 } of [a!.latency, shot.latency]) {
      expect(p50! / 20).toBeCloseTo(1, 0)
      expect(p95! / 20).toBeCloseTo(1, 0)
    }
    held.release(good)
  })

  it("tells the state in the operator's words first, then in those of health, and since when and why", async () => {
    const pool = createPool({ name: 'test', endpoints: named('a'), slowStartMs: 60_000 })
    const a = pool.endpoints[0]!
    const state = () => [pool.snapshot().endpoints[0]!.state, pool.snapshot().endpoints[0]!.why]
    setHealth(pool, a, { ejected: true })
    expect(state()).toEqual(['ejected', 'test'])
    setHealth(pool, a, { healthy: false })
    expect(state()).toEqual(['down', 'test'])
    pool.maintenance('a')
    expect(state()).toEqual(['maintenance', 'by operator'])
    void pool.drain('a')
    expect(state()).toEqual(['drain', 'by operator'])
    pool.ready('a')
    expect(state()).toEqual(['down', 'by operator'])
    setHealth(pool, a, { healthy: true, ejected: false, onTrial: true })
    expect([...state(), pool.snapshot().endpoints[0]!.limit]).toEqual(['trial', 'test', 1])
    setHealth(pool, a, { onTrial: false })
    expect(state()).toEqual(['warming', 'test'])
    await pool.close()
  })
})
