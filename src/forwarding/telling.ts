import type { Exchange } from '../exchange.js'
import type { Endpoint } from '../upstream/endpoint.js'
import type { Lease } from '../upstream/lease.js'
import type { Pool } from '../upstream/pool.js'

/** Tells that a request sets out for an endpoint; `pool` is the one that lends it, which may be the fallback of the one that was asked. */
export function tellOfAttempt({ events }: Pool, exchange: Exchange, { pool, endpoint }: Lease): void {
  if (events.has('attemptStart')) events.emit('attemptStart', { exchange, pool, endpoint: endpoint.name })
}

/** Tells that a request goes elsewhere after what happened at this endpoint. */
export function tellOfRetry({ events, name }: Pool, endpoint: Endpoint, why: string | number): void {
  if (events.has('retry')) events.emit('retry', { pool: name, endpoint: endpoint.name, why: String(why) })
}
