import fc from 'fast-check'
import { outcomeOf } from './closed-loop.js'

const moment = fc.double({ min: 0, max: 10_000, noNaN: true })

/** Anything that an attempt can come to, also at times that make no sense. */
export const anyOutcome = fc
  .record({
    status: fc.constantFrom(null, 101, 200, 304, 404, 500, 503),
    code: fc.constantFrom(
      null,
      null,
      'ERR_EDGE_CONNECT' as const,
      'ERR_EDGE_FIRST_BYTE_TIMEOUT' as const,
      'ERR_EDGE_UPSTREAM_RESET' as const,
      'ERR_EDGE_CLIENT_CLOSED' as const,
    ),
    startedAt: moment,
    latency: fc.oneof(fc.constant(null), fc.constant(0), fc.double({ min: -10, max: 1e6, noNaN: true })),
    countsAgainst: fc.boolean(),
    inFlight: fc.nat(50),
    at: moment,
  })
  .map(({ inFlight, at, ...outcome }) => ({ outcome: outcomeOf(outcome), inFlight, at }))
