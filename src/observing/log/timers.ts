import type { Milliseconds } from '../../options.js'
import type { Outcome } from '../../outcome.js'

/**
 * How long an exchange was in each phase, to a tenth of a millisecond; a phase that it never got to is not there. Behind each, HAProxy's name of it.
 * All but `request`, which goes on beside the others while a body streams, add up to `total`.
 */
export interface Timers {
  /** `TR`: until the request had been read to its end. */
  readonly request?: Milliseconds
  /** `Tw`: until there was an endpoint: in filters, and waiting for one to have room. */
  readonly queue?: Milliseconds
  /** `Tc`: until the connection was up, attempts that failed before included. */
  readonly connect?: Milliseconds
  /** `Tr`: until the first byte of the reply. */
  readonly response?: Milliseconds
  /** `Td`: until the last byte had left. */
  readonly data?: Milliseconds
  /** `Ta`: all of it. */
  readonly total: Milliseconds
}

export function timersOf({ times, attempts }: Outcome): Timers {
  const { acceptedAt, requestRead, queued, connected, firstByte, lastByte } = times
  const timers: { -readonly [K in keyof Timers]: Timers[K] } = { total: tenths(lastByte - acceptedAt) }
  if (requestRead !== null) timers.request = tenths(requestRead - acceptedAt)
  if (queued === null || attempts.length === 0) return timers
  timers.queue = tenths(queued - acceptedAt)
  if (connected === null) return timers
  timers.connect = tenths(connected - queued)
  if (firstByte === null) return timers
  timers.response = tenths(firstByte - connected)
  timers.data = tenths(lastByte - firstByte)
  return timers
}

/** To a tenth of a millisecond. Of hedged requests, the first attempt to end need not have been the first to begin. */
export function tenths(ms: number): Milliseconds {
  return ms > 0 ? Math.round(ms * 10) / 10 : 0
}
