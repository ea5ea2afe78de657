import type { Milliseconds } from '../options.js'
import type { Decision } from './store.js'

/** What a number of units that is off by a rounding error is forgiven. */
export const SLACK = 1e-6

/** A decision in whole numbers. What is denied waits a millisecond at least. */
export function decided(
  allowed: boolean,
  limit: number,
  remaining: number,
  resetMs: Milliseconds,
  retryAfterMs: Milliseconds,
): Decision {
  return {
    allowed,
    limit,
    remaining: Math.max(0, Math.floor(remaining + SLACK)),
    resetMs: Math.max(0, Math.ceil(resetMs - SLACK)),
    retryAfterMs: allowed ? 0 : Math.max(1, Math.ceil(retryAfterMs - SLACK)),
  }
}

/** The same for more units than there can ever be. */
export function never(decision: Decision): Decision {
  return { ...decision, allowed: false, retryAfterMs: Number.POSITIVE_INFINITY }
}
