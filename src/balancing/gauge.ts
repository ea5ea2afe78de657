import type { AttemptOutcome } from '../outcome.js'
import type { Balanced } from './balancer.js'

/** What endpoints are compared by: connections, time or bytes. Endpoints are named by their index in the list of `rebuild`. */
export interface Gauge<E extends Balanced> {
  /** What it means to be the lowest, in words. */
  readonly lowest: string
  /** A new list. `before` tells an endpoint's index in the last one, −1 for a newcomer. */
  rebuild(endpoints: readonly E[], before: (endpoint: E) => number): void
  /** Writes the key of one: the lower, the better. It stays what it is until one of the calls below. */
  write(at: number, keys: Float64Array): void
  /** It was picked. */
  picked?(at: number): void
  /** An attempt there has ended. */
  settled?(at: number, outcome: AttemptOutcome): void
  /** Its in-flight count, availability or warmth moved. */
  changed?(at: number): void
}
