import type { EdgeError } from '../errors.js'
import type { EventHub } from '../events.js'
import type { Exchange } from '../exchange.js'
import type { Lease } from './lease.js'

/** Whose line it is, by name, and where to tell of it. */
interface Line {
  readonly pool: string
  readonly events: EventHub
}

/** Tells how long a request waits for an endpoint, once it is over. */
export function tellOfWait({ pool, events }: Line, exchange: Exchange, waiting: Promise<Lease>): void {
  if (!events.has('queued')) return
  const beganAt = performance.now()
  const tell = (error: EdgeError | null): void =>
    events.emit('queued', { exchange, pool, waitedMs: performance.now() - beganAt, error })
  waiting.then(() => tell(null), tell)
}
