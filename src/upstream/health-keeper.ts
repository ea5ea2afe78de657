import type { AttemptOutcome } from '../outcome.js'
import type { Endpoint } from './endpoint.js'

/** What a pool asks of whoever looks after its endpoints' health. */
export interface HealthKeeper {
  add(endpoint: Endpoint): void
  remove(endpoint: Endpoint): void
  /** Notes what an attempt showed. */
  note(endpoint: Endpoint, outcome: AttemptOutcome): void
  close(): void
}
