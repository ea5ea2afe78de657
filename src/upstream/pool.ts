import type { EventHub } from '../events.js'
import type { Exchange } from '../exchange.js'
import type { DrainOptions } from './drains.js'
import type { Endpoint, EndpointOptions } from './endpoint.js'
import type { LatencyDigest } from './latency-digest.js'
import type { Lease } from './lease.js'
import type { PoolOutlook } from './outlook.js'
import type { RetryBudget } from './retry-budget.js'
import type { PoolSnapshot } from './snapshot.js'

/** Endpoints that serve the same thing, with the balancer and health rules that govern them. */
export interface Pool extends AsyncDisposable {
  /** In events, logs and metrics. */
  readonly name: string
  /** All that are configured, well or not. */
  readonly endpoints: readonly Endpoint[]
  /** How many second attempts it grants, whoever asks. */
  readonly retryBudget: RetryBudget
  /** Where its events go. */
  readonly events: EventHub
  /** Times to first byte of all replies. */
  readonly latency: LatencyDigest
  /** Whether a `discovery` says which endpoints there are: what `add`, `remove` and `sync` change lasts until its next list. */
  readonly discovers: boolean
  /** Resolves with the first list of its `discovery`, at once without; rejects when the pool closes before. */
  readonly discovered: Promise<void>
  /**
   * Reserves an endpoint. A promise only when the request has to wait for one.
   *
   * @throws {@link EdgeError} `ERR_EDGE_NO_ENDPOINT` (503 with Retry-After) when none may take traffic, `ERR_EDGE_QUEUE_FULL`
   * and `ERR_EDGE_QUEUE_TIMEOUT` when all are full.
   */
  acquire(exchange: Exchange, exclude?: ReadonlySet<Endpoint>): Lease | Promise<Lease>
  /** Whom `acquire` would lend now, and why: nothing is reserved, no turn taken, no chance drawn, nobody waits. */
  peek(exchange: Exchange, exclude?: ReadonlySet<Endpoint>): PoolOutlook
  /** Whether an endpoint might be tried that is not among those, here or in the fallback; one that is kept out for a while is, at need. */
  hasOther(tried: ReadonlySet<Endpoint> | null): boolean
  /** Requests that wait for an endpoint. */
  readonly queued: number
  /** Makes an endpoint a member, at once. @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
  add(endpoint: string | URL | EndpointOptions): Endpoint
  /**
   * Takes an endpoint out; requests in flight there go on, its connections close behind them.
   *
   * @returns `false` when the deadline came first.
   */
  remove(name: string, options?: DrainOptions): Promise<boolean>
  /**
   * Replaces the membership: who is not on the list leaves as by `remove`, who is new joins, the others get the list's weight,
   * priority, zone and limit. The same name at another address is another endpoint. An empty list empties the pool.
   *
   * @throws {@link EdgeError} `ERR_EDGE_OPTION`; nothing has changed then.
   */
  sync(endpoints: readonly (string | URL | EndpointOptions)[]): void
  /**
   * No new traffic; resolves when the last request there is done.
   *
   * @returns `false` when the deadline or `ready` came first.
   */
  drain(name: string, options?: DrainOptions): Promise<boolean>
  /** Takes traffic again after `drain` or `maintenance`. */
  ready(name: string): void
  /** No traffic, and no wait for what is in flight. */
  maintenance(name: string): void
  /** Gives it more or less of the traffic from now on; 0 takes no new one. @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
  setWeight(name: string, weight: number): void
  /** How everything is at this moment, as plain data for display. */
  snapshot(): PoolSnapshot
  /** Stops health checks and discovery, sends waiting requests away, closes connections. */
  close(): Promise<void>
}
