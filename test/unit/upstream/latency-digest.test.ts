import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LatencyDigest } from '../../../src/upstream/latency-digest.js'
import { fakeClock, seededRandom } from '../../support/index.js'

/** One whose clock stands until it is moved. */
function digestOf(latencies: readonly number[], halfLifeMs = 1_000) {
  const clock = fakeClock(5)
  const digest = new LatencyDigest({ halfLifeMs, now: clock.now })
  for (const latency of latencies) digest.record(latency)
  return { clock, digest }
}

describe('LatencyDigest', () => {
  it('knows nothing at first', () => {
    const { digest } = digestOf([])
    expect(digest.count).toBe(0)
    expect(digest.quantile(0.5)).toBeUndefined()
  })

  it('tells any quantile to 2.2 %', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.07, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 0, max: 100 }),
        (latencies, percent) => {
          const { digest } = digestOf(latencies)
          const sorted = latencies.toSorted((a, b) => a - b)
          const exact = sorted[Math.max(0, Math.ceil((percent * sorted.length) / 100) - 1)]!
          const told = digest.quantile(percent / 100)!
          expect(Math.abs(told / exact - 1)).toBeLessThan(0.0222)
        },
      ),
    )
  })

  it('halves what it knows every half-life', async () => {
    const { digest, clock } = digestOf([10, 10, 10, 10])
    await clock.advance(1_000)
    expect(digest.count).toBeCloseTo(2)
    digest.record(500)
    digest.record(500)
    digest.record(500)
    expect(digest.count).toBeCloseTo(5)
    expect(digest.quantile(0.3)).toBeCloseTo(10, 0)
    expect(digest.quantile(0.5)! / 500).toBeCloseTo(1, 1)
  })

  it('believes a single latency for a half-life', async () => {
    const { digest, clock } = digestOf([10])
    await clock.advance(1_000)
    expect(digest.quantile(0.9)).toBeCloseTo(10, 0)
    await clock.advance(1)
    expect(digest.quantile(0.9)).toBeUndefined()
  })

  it('counts on over months, steadily fed or left alone', async () => {
    const { digest, clock } = digestOf([])
    const random = seededRandom(1)
    for (let second = 0; second < 5_000; second++) {
      await clock.advance(1_000)
      for (let each = 0; each < 10; each++) digest.record(20 + random())
    }
    expect(digest.count).toBeCloseTo(20, 5)
    expect(digest.quantile(0.99)! / 20.5).toBeCloseTo(1, 1)
    await clock.advance(90 * 86_400_000)
    expect(digest.count).toBe(0)
    digest.record(3)
    expect(digest.count).toBe(1)
    expect(digest.quantile(1)! / 3).toBeCloseTo(1, 1)
  })

  it('takes what is out of range, or the clock going back, for the nearest that makes sense', () => {
    for (const tiny of [0, -3, 1e-9]) expect(digestOf([tiny]).digest.quantile(0.5)).toBeLessThan(0.07)
    for (const huge of [1e9, Number.POSITIVE_INFINITY])
      expect(digestOf([huge]).digest.quantile(0.5)).toBeGreaterThan(1e6)
    expect(digestOf([Number.NaN]).digest.count).toBe(0)
    const { digest } = digestOf([10])
    expect([digest.quantile(-1), digest.quantile(7)]).toEqual([digest.quantile(0), digest.quantile(1)])
    let now = 1_000
    const backwards = new LatencyDigest({ now: () => now })
    backwards.record(10)
    now = 0
    backwards.record(10)
    expect(backwards.quantile(0.5)).toBeCloseTo(10, 0)
  })

  it('refuses options that it does not know', () => {
    expect(() => new LatencyDigest({ halfLifeMs: 0 })).toThrow('option "halfLifeMs" is 0')
  })
})
