import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AimdLimitOptions, aimdLimit } from '../../../src/upstream/aimd-limit.js'
import { seededRandom } from '../../support/index.js'
import { closedLoop, expectBounded, exponential, outcomeOf } from './closed-loop.js'
import { anyOutcome } from './outcomes.js'

function started(options: AimdLimitOptions = {}) {
  const clock = { time: 0 }
  return { clock, limit: aimdLimit({ ...options, now: () => clock.time })() }
}

describe('aimdLimit', () => {
  it('grows by one for each limit’s worth of good replies', () => {
    const { limit } = started({ initialLimit: 10 })
    for (let reply = 0; reply < 11; reply++) limit.settled(outcomeOf({ status: 200, latency: 5 }), 10)
    expect(limit.limit).toBe(11)
  })

  it('does not grow while less than half of it is in use', () => {
    const { limit } = started({ initialLimit: 10 })
    for (let reply = 0; reply < 1_000; reply++) limit.settled(outcomeOf({ status: 200, latency: 5 }), 4)
    expect(limit.limit).toBe(10)
    for (let reply = 0; reply < 11; reply++) limit.settled(outcomeOf({ status: 200, latency: 5 }), 5)
    expect(limit.limit).toBe(11)
  })

  it('is cut by the ratio at a 503, a time-out, a reset, and a reply that took too long', () => {
    for (const drop of [
      outcomeOf({ status: 503, latency: 1 }),
      outcomeOf({ code: 'ERR_EDGE_FIRST_BYTE_TIMEOUT' }),
      outcomeOf({ code: 'ERR_EDGE_UPSTREAM_RESET' }),
      outcomeOf({ status: 200, latency: 801 }),
    ]) {
      const { limit } = started({ initialLimit: 100, backoffRatio: 0.8, timeoutMs: 800 })
      limit.settled(drop, 100)
      expect(limit.limit).toBe(80)
    }
  })

  it('is cut once by one overload, however many requests went down with it', () => {
    const { limit, clock } = started({ initialLimit: 100 })
    clock.time = 50
    for (let each = 0; each < 100; each++) limit.settled(outcomeOf({ status: 503, startedAt: each / 4 }), 100 - each)
    expect(limit.limit).toBe(90)
    limit.settled(outcomeOf({ status: 503, startedAt: 50 }), 90)
    expect(limit.limit).toBe(81)
  })

  it('H-109 takes no notice of 4xx and of clients that leave', () => {
    const { limit } = started({ initialLimit: 50 })
    for (let each = 0; each < 1_000; each++) {
      limit.settled(outcomeOf({ status: 404, latency: 1 }), 50)
      limit.settled(outcomeOf({ code: 'ERR_EDGE_CLIENT_CLOSED', countsAgainst: false }), 50)
    }
    expect(limit.limit).toBe(50)
  })

  it.each([20, 400])('settles just below the 100 requests past which a server refuses, from %i', (initialLimit) => {
    const { limit, clock } = started({ initialLimit })
    const server = { workers: 20, serviceMs: exponential(10, seededRandom(1)), refusesPast: 100 }
    const settled = closedLoop(limit, clock, server, { durationMs: 30_000 })
    expect(settled).toBeGreaterThan(85)
    expect(settled).toBeLessThan(102)
  })

  it('settles near what a server does within the time-out: 20 workers of 10 ms and 100 ms are 200 requests', () => {
    const { limit, clock } = started({ timeoutMs: 100 })
    const random = seededRandom(2)
    const server = { workers: 20, serviceMs: () => 8 + 4 * random() }
    const settled = closedLoop(limit, clock, server, { durationMs: 60_000 })
    expect(settled).toBeGreaterThan(170)
    expect(settled).toBeLessThan(210)
  })

  it('grows to its bound and no further, and is cut to its bound and no further', () => {
    const { limit, clock } = started({ minLimit: 7, initialLimit: 10, maxLimit: 12 })
    for (let reply = 0; reply < 100; reply++) limit.settled(outcomeOf({ status: 200, latency: 5 }), 12)
    expect(limit.limit).toBe(12)
    for (clock.time = 1; clock.time < 20; clock.time++)
      limit.settled(outcomeOf({ status: 503, startedAt: clock.time }), 12)
    expect(limit.limit).toBe(7)
  })

  it('stays within its bounds, a whole number, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(anyOutcome, { maxLength: 300 }), (steps) => {
        const { limit, clock } = started({ minLimit: 2, initialLimit: 6, maxLimit: 12, timeoutMs: 100 })
        for (const { outcome, inFlight, at } of steps) {
          clock.time = at
          limit.settled(outcome, inFlight)
          expectBounded(limit, 2, 12)
        }
      }),
    )
  })

  it('makes a limit of its own for each endpoint', () => {
    const make = aimdLimit()
    const [one, other] = [make(), make()]
    one.settled(outcomeOf({ status: 503 }), 20)
    expect([one.limit, other.limit]).toEqual([18, 20])
  })

  it.each([
    [{ backoffRatio: 1 }, 'option "backoffRatio" is 1'],
    [{ backoffRatio: 0.3 }, 'option "backoffRatio" is 0.3'],
    [{ timeoutMs: 0 }, 'option "timeoutMs" is 0'],
    [{ timeouts: 5 } as object, 'Did you mean "timeoutMs"?'],
  ])('refuses %o', (options, message) => {
    expect(() => aimdLimit(options)).toThrow(message)
  })
})
