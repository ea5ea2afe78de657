import type { Exchange } from '../exchange.js'

/** What a balancer needs to know of an endpoint; any object that has it will do, a pool is not needed. */
export interface Balanced {
  readonly weight: number
  readonly inFlight: number
}

/** Strategy that picks an endpoint. One per pool: it keeps state about that pool's endpoints. */
export interface Balancer<E extends Balanced = Balanced> {
  readonly name: string
  /** The configured endpoints; called when membership or a weight changes, never when health does. */
  rebuild(endpoints: readonly E[]): void
  /** Synchronous. `skip` tells which endpoints are unavailable, full, or tried already; it must not have effects. */
  pick(exchange: Exchange | null, skip: (endpoint: E) => boolean): E | undefined
  /** An endpoint's in-flight count moved. */
  changed?(endpoint: E): void
}
