import type { EventHub } from '../events.js'
import type { Exchange } from '../exchange.js'
import type { Endpoint, EndpointOptions } from './endpoint.js'
import type { LatencyDigest } from './latency-digest.js'
import type { Lease } from './lease.js'
import type { RetryBudget } from './retry-budget.js'

/** Endpoints that serve the same thing, with the balancer and health rules that govern them. */
export interface Pool extends AsyncDisposable {
  readonly name: string
  readonly endpoints: readonly Endpoint[]
  readonly retryBudget: RetryBudget
  readonly events: EventHub
  /**
   * Reserves an endpoint. A promise only when the request has to wait for one.
   *
   * @throws {@link EdgeError} `ERR_EDGE_NO_ENDPOINT` (503 with Retry-After) when none may take traffic, `ERR_EDGE_QUEUE_FULL`
   * and `ERR_EDGE_QUEUE_TIMEOUT` when all are full.
   */
  acquire(exchange: Exchange, exclude?: ReadonlySet<Endpoint>): Lease | Promise<Lease>
  /** Whether there is an endpoint that may be tried besides these. */
  hasOther(tried: ReadonlySet<Endpoint> | null): boolean
  /** Times to the first byte of its replies. */
  readonly latency: LatencyDigest
  /** Requests that wait for an endpoint. */
  readonly queued: number
  add(endpoint: string | URL | EndpointOptions): Endpoint
  /** Takes an endpoint out; requests in flight there go on, its connections close behind them. */
  remove(name: string): Promise<void>
  /** No new traffic; resolves when the last request there is done. */
  drain(name: string): Promise<void>
  /** Takes traffic again after `drain` or `maintenance`. */
  ready(name: string): void
  /** No traffic, and no wait for what is in flight. */
  maintenance(name: string): void
  setWeight(name: string, weight: number): void
  /** Stops health checks, sends waiting requests away, closes connections. */
  close(): Promise<void>
}
