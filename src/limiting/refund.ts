import type { Milliseconds } from '../options.js'
import type { LimitRule } from './rule.js'
import type { Decision } from './store.js'

/**
 * How long after it was taken a unit may be given back: later it counts for nothing or for less, and giving it back would be a unit too
 * many for the next window (H-146).
 *
 * A fixed window has ended then, a log has forgotten it, a bucket may have been full meanwhile; a sliding window has turned, and the unit
 * has begun to fade.
 */
export function refundableMs({ algorithm, windowMs }: LimitRule, { resetMs }: Decision): Milliseconds {
  // Milliseconds are rounded up.
  return (algorithm === 'sliding-window' ? resetMs - windowMs : resetMs) - 1
}
