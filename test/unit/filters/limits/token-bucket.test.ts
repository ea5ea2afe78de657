import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenBucket } from '../../../../src/filters/limits/token-bucket.js'

describe('a token bucket', () => {
  it('gives its burst at once, and then the rate', () => {
    const bucket = new TokenBucket(1_000, 100, 0)
    expect([bucket.take(100, 0), bucket.take(1, 0), bucket.take(10, 10), bucket.take(1, 10)]).toEqual([
      true,
      false,
      true,
      false,
    ])
    expect(bucket.take(101, 10_000)).toBe(false)
    expect(bucket.take(100, 10_000)).toBe(true)
  })

  it('tells when reserved tokens will be there, one after the other', () => {
    const bucket = new TokenBucket(1_000, 100, 0)
    expect([bucket.reserve(100, 0), bucket.reserve(50, 0), bucket.reserve(50, 0)]).toEqual([0, 50, 100])
    bucket.giveBack(50, 100, 0)
    expect(bucket.reserve(10, 0)).toBe(60)
  })

  it('keeps what was given up while others waited behind: what they have by then and a newcomer’s would be more than a burst', () => {
    const bucket = new TokenBucket(1_000, 50, 0)
    expect([bucket.reserve(50, 0), bucket.reserve(50, 0), bucket.reserve(50, 0)]).toEqual([0, 50, 100])
    bucket.use(50, 0)
    bucket.giveBack(50, 50, 0)
    expect(bucket.reserve(50, 0)).toBe(150)
  })

  const pauses = fc.integer({ min: 0, max: 100 })
  const sizes = fc.integer({ min: 1, max: 50 })
  const rates = fc.integer({ min: 1, max: 2_000 })
  const bursts = fc.integer({ min: 50, max: 200 })

  it('never lets more than rate × time + burst go in any stretch of time, whoever reserves and gives back', () => {
    const steps = fc.array(fc.tuple(pauses, sizes, fc.boolean()), { maxLength: 60 })
    fc.assert(
      fc.property(steps, rates, bursts, (all, rate, burst) => {
        const bucket = new TokenBucket(rate, burst, 0)
        const uses: Use[] = []
        const due: { readonly at: number; readonly count: number; readonly gives: boolean }[] = []
        let now = 0
        const settle = (until: number): void => {
          while (due[0] !== undefined && due[0].at <= until) {
            const { at, count, gives } = due.shift()!
            if (gives) bucket.giveBack(count, at, at)
            else {
              bucket.use(count, at)
              uses.push([at, count])
            }
          }
        }
        for (const [pause, count, gives] of all) {
          now += pause
          settle(now)
          due.push({ at: now + bucket.reserve(count, now), count, gives })
          due.sort((a, b) => a.at - b.at)
        }
        settle(Number.POSITIVE_INFINITY)
        expect(excess(uses, rate, burst)).toBeLessThan(1e-6)
      }),
    )
  })

  it('nor if its one user comes late for what is his', () => {
    const late = fc.integer({ min: 0, max: 300 })
    fc.assert(
      fc.property(fc.array(fc.tuple(pauses, sizes, late), { maxLength: 60 }), rates, bursts, (all, rate, burst) => {
        const bucket = new TokenBucket(rate, burst, 0)
        const uses: Use[] = []
        let now = 0
        for (const [pause, count, more] of all) {
          now += pause
          now += bucket.reserve(count, now) + more
          bucket.use(count, now)
          uses.push([now, count])
        }
        expect(excess(uses, rate, burst)).toBeLessThan(1e-6)
      }),
    )
  })
})

type Use = readonly [at: number, count: number]

/** By how much the worst stretch of time is over rate × time + burst. */
function excess(uses: readonly Use[], rate: number, burst: number): number {
  let worst = Number.NEGATIVE_INFINITY
  for (const [at, [start]] of uses.entries()) {
    let sum = 0
    for (const [time, count] of uses.slice(at)) {
      sum += count
      worst = Math.max(worst, sum - ((time - start) * rate) / 1000 - burst)
    }
  }
  return worst
}
