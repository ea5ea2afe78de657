import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type GradientLimitOptions, gradientLimit } from '../../../src/upstream/gradient-limit.js'
import { seededRandom } from '../../support/index.js'
import { closedLoop, expectBounded, exponential, outcomeOf } from './closed-loop.js'
import { anyOutcome } from './outcomes.js'

function started(options: GradientLimitOptions = {}) {
  const clock = { time: 0 }
  const limit = gradientLimit({ ...options, now: () => clock.time })()
  /** One round trip of ten replies of that latency. */
  const roundTrip = (latency: number, inFlight: number): void => {
    const startedAt = clock.time
    clock.time += latency
    for (let each = 0; each < 10; each++) limit.settled(outcomeOf({ status: 200, startedAt, latency }), inFlight)
  }
  return { clock, limit, roundTrip }
}

describe('gradientLimit', () => {
  it('grows by a share of the queue size per round trip while latency is as usual', () => {
    const { limit, roundTrip } = started({ initialLimit: 20, queueSize: 5, smoothing: 0.2 })
    for (let trip = 1; trip <= 10; trip++) {
      roundTrip(10, 20)
      expect(limit.limit).toBe(20 + trip)
    }
  })

  it('shrinks by the gradient when latency passes the tolerance, and by half of the smoothing at most', () => {
    const { limit, roundTrip } = started({ initialLimit: 100, queueSize: 1, smoothing: 1, tolerance: 1.5 })
    for (let trip = 0; trip < 10; trip++) roundTrip(10, 1)
    roundTrip(20, 100)
    expect(limit.limit).toBe(76)
    roundTrip(1_000, 100)
    expect(limit.limit).toBe(39)
  })

  it('does not move while less than half of it is in use', () => {
    const { limit, roundTrip } = started({ initialLimit: 20 })
    for (let trip = 0; trip < 100; trip++) roundTrip(10, 9)
    roundTrip(500, 9)
    expect(limit.limit).toBe(20)
  })

  it('is cut once per round trip by drops, however many', () => {
    const { limit, clock } = started({ initialLimit: 100, smoothing: 0.2 })
    clock.time = 50
    for (let each = 0; each < 100; each++) limit.settled(outcomeOf({ status: 503, startedAt: each / 4 }), 100)
    expect(limit.limit).toBe(90)
    limit.settled(outcomeOf({ code: 'ERR_EDGE_FIRST_BYTE_TIMEOUT', startedAt: 50 }), 90)
    expect(limit.limit).toBe(81)
  })

  it('grows again in the round trip after a cut, whatever the cut left to fail', () => {
    const { limit, clock, roundTrip } = started({ initialLimit: 100 })
    clock.time = 50
    limit.settled(outcomeOf({ status: 503, startedAt: 0 }), 100)
    limit.settled(outcomeOf({ status: 503, startedAt: 0 }), 99)
    roundTrip(10, 90)
    roundTrip(10, 90)
    expect(limit.limit).toBe(91)
  })

  it('takes replies in no time for replies as usual', () => {
    const { limit, clock } = started({ initialLimit: 20 })
    for (let reply = 0; reply < 100; reply++)
      limit.settled(outcomeOf({ status: 200, startedAt: clock.time, latency: 0 }), 20)
    expect(limit.limit).toBe(28)
  })

  it('stays within its bounds when it would grow or shrink for ever', () => {
    const { limit, clock, roundTrip } = started({ minLimit: 7, initialLimit: 10, maxLimit: 12 })
    for (let trip = 0; trip < 50; trip++) roundTrip(10, 12)
    expect(limit.limit).toBe(12)
    for (let each = 0; each < 50; each++) limit.settled(outcomeOf({ status: 503, startedAt: clock.time++ }), 12)
    expect(limit.limit).toBe(7)
  })

  it('H-109 takes no notice of 4xx and of clients that leave', () => {
    const { limit, clock } = started({ initialLimit: 50 })
    for (let each = 0; each < 1_000; each++) {
      clock.time++
      limit.settled(outcomeOf({ status: 404, startedAt: clock.time, latency: 1 }), 50)
      limit.settled(outcomeOf({ code: 'ERR_EDGE_CLIENT_CLOSED', countsAgainst: false, startedAt: clock.time }), 50)
    }
    expect(limit.limit).toBe(50)
  })

  it.each([1, 2, 3])('settles where 20 workers are busy and few requests queue (service times %i)', (seed) => {
    const { limit, clock } = started({ initialLimit: 10 })
    const server = { workers: 20, serviceMs: exponential(10, seededRandom(seed)) }
    const settled = closedLoop(limit, clock, server, { durationMs: 60_000 })
    expect(settled).toBeGreaterThan(20)
    expect(settled).toBeLessThan(50)
  })

  it('follows a server that loses and regains three quarters of its workers', () => {
    const { limit, clock } = started({ initialLimit: 10 })
    const serviceMs = exponential(10, seededRandom(4))
    closedLoop(limit, clock, { workers: 40, serviceMs }, { durationMs: 20_000 })
    const poor = closedLoop(limit, clock, { workers: 10, serviceMs }, { durationMs: 20_000 })
    expect(poor).toBeGreaterThan(10)
    expect(poor).toBeLessThan(35)
    const rich = closedLoop(limit, clock, { workers: 40, serviceMs }, { durationMs: 20_000 })
    expect(rich).toBeGreaterThan(40)
    expect(rich).toBeLessThan(100)
  })

  it('leaves a server alone that has more to give than is asked of it', () => {
    const { limit, clock } = started({ initialLimit: 20 })
    closedLoop(limit, clock, { workers: 100, serviceMs: () => 10 }, { durationMs: 5_000, demand: 30 })
    expect(limit.limit).toBeGreaterThanOrEqual(30)
    expect(limit.limit).toBeLessThanOrEqual(64)
  })

  it('forgets a long time of queues soon after it is over', () => {
    const { limit, roundTrip } = started({ initialLimit: 40, smoothing: 1, longWindowMs: 1_000 })
    for (let trip = 0; trip < 20; trip++) roundTrip(500, 10)
    for (let trip = 0; trip < 60; trip++) roundTrip(10, 10)
    roundTrip(40, 40)
    expect(limit.limit).toBeLessThan(40)
  })

  it('stays within its bounds, a whole number, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(anyOutcome, { maxLength: 300 }), (steps) => {
        const { limit, clock } = started({ minLimit: 2, initialLimit: 6, maxLimit: 12, smoothing: 1 })
        for (const { outcome, inFlight, at } of steps) {
          clock.time = at
          limit.settled(outcome, inFlight)
          expectBounded(limit, 2, 12)
        }
      }),
    )
  })

  it.each([
    [{ smoothing: 0 }, 'option "smoothing" is 0'],
    [{ tolerance: 0.9 }, 'option "tolerance" is 0.9; allowed: a number from 1 to 100'],
    [{ queueSize: Number.NaN }, 'option "queueSize" is NaN'],
    [{ longWindowMs: -1 }, 'option "longWindowMs" is -1'],
  ])('refuses %o', (options, message) => {
    expect(() => gradientLimit(options)).toThrow(message)
  })
})
