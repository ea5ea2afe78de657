import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConsecutiveFailures, FailureRate } from '../../../src/health/detectors.js'

describe('failures in a row', () => {
  it('trip at the limit, and a success begins anew', () => {
    const detector = new ConsecutiveFailures(3)
    const noted = [true, true, false, true, true, true].map((failed) => detector.note(failed))
    expect(noted).toEqual([false, false, false, false, false, true])
    detector.reset()
    expect(detector.note(true)).toBe(false)
  })
})

describe('a failure rate', () => {
  it.each([
    ['too few requests', 0.5, 10, [9, 0], false],
    ['enough, all failed', 0.5, 10, [10, 0], true],
    ['exactly the threshold', 0.5, 10, [5, 5], true],
    ['just below it', 0.5, 10, [4, 6], false],
    ['a threshold of 1 with one success', 1, 10, [20, 1], false],
    ['a threshold of 1 with none', 1, 10, [10, 0], true],
  ] as const)('with %s', (_what, threshold, minimumRequests, [failures, successes], trips) => {
    const detector = new FailureRate({ threshold, minimumRequests }, () => 0)
    let tripped = false
    for (let at = 0; at < successes; at++) tripped ||= detector.note(false)
    for (let at = 0; at < failures; at++) tripped ||= detector.note(true)
    expect(tripped).toBe(trips)
  })

  it('never trips on a success', () => {
    const detector = new FailureRate({ threshold: 0.1, minimumRequests: 3 }, () => 0)
    expect([detector.note(true), detector.note(true), detector.note(false)]).toEqual([false, false, false])
  })

  it('equals a count over the parts of the window, whatever the gaps', () => {
    const step = fc.record({ gap: fc.integer({ min: 0, max: 1_500 }), failed: fc.boolean() })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5_000 }), fc.array(step, { maxLength: 80 }), (start, steps) => {
        let now = start
        const detector = new FailureRate({ threshold: 0.6, minimumRequests: 4, windowMs: 1_000 }, () => now)
        const log: { part: number; failed: boolean }[] = []
        for (const { gap, failed } of steps) {
          now += gap
          const newest = Math.floor(now / 100)
          log.push({ part: newest, failed })
          const recent = log.filter(({ part }) => part > newest - 10)
          const failures = recent.filter((each) => each.failed).length
          expect(detector.note(failed)).toBe(failed && recent.length >= 4 && failures >= 0.6 * recent.length)
        }
      }),
    )
  })
})
