import type { AttemptOutcome } from '../outcome.js'

/** How many requests one endpoint takes at once, learnt from how its attempts end. */
export interface ConcurrencyLimit {
  readonly limit: number
  settled(outcome: AttemptOutcome, inFlight: number): void
}
