import type { Milliseconds } from '../../../options.js'
import { type Clock, realClock } from '../../../upstream/clock.js'

/** Time that passes evenly, whatever is done to the clock on the wall, and that a test can hold. */
export interface Timeline extends Clock {
  now(): Milliseconds
}

export const realTimeline: Timeline = { ...realClock, now: () => performance.now() }
