import type { LookupFunction } from 'node:net'
import type { Balancer } from './balancing/balancer.js'
import { roundRobin } from './balancing/round-robin.js'
import { type EventHub, events as sharedEvents } from './events.js'
import { checkHealth, type HealthOptions, PoolHealth } from './health/pool-health.js'
import { check, checkOptions, type Milliseconds, optionError } from './options.js'
import { cachedLookup } from './upstream/cached-lookup.js'
import type { Endpoint, EndpointOptions, UpstreamTls } from './upstream/endpoint.js'
import { EndpointPool } from './upstream/endpoint-pool.js'
import type { Pool } from './upstream/pool.js'
import { Queue, type QueueOptions } from './upstream/queue.js'
import { RetryBudget, type RetryBudgetOptions } from './upstream/retry-budget.js'

export interface PoolOptions {
  /** In events, logs and metrics. */
  readonly name: string
  readonly endpoints: readonly (string | URL | EndpointOptions)[]
  /** @default roundRobin() */
  readonly balancer?: Balancer<Endpoint> | undefined
  readonly health?: HealthOptions | undefined
  /** Requests in flight per endpoint; more wait in the queue. @default 1024 (Envoy's `max_connections`) */
  readonly maxConnections?: number | undefined
  readonly queue?: QueueOptions | undefined
  readonly retryBudget?: RetryBudgetOptions | undefined
  readonly tls?: UpstreamTls | undefined
  /** Resolves endpoint names, as `dns.lookup`. Answers are kept for {@link dnsTtlMs}. @default dns.lookup */
  readonly lookup?: LookupFunction | undefined
  /** How long a resolved name is believed; a failing resolver's last good answer serves on. @default 10000 */
  readonly dnsTtlMs?: Milliseconds | undefined
  /** @default the shared `events` */
  readonly events?: EventHub | undefined
}

const heldBalancers = new WeakSet<object>()

/**
 * Makes a pool.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also for a balancer that another pool holds.
 * @example
 * ```ts
 * const users = createPool({
 *   name: 'users',
 *   endpoints: ['http://10.0.0.1:3000', { url: 'http://10.0.0.2:3000', weight: 2 }],
 *   balancer: leastConnections(),
 *   health: { active: { path: '/healthz', intervalMs: 2_000, rise: 2, fall: 3 } },
 * })
 * ```
 */
export function createPool(options: PoolOptions): Pool {
  checkOptions('createPool', options, {
    name: check.string,
    endpoints: check.array,
    balancer: (value) => (typeof (value as Balancer)?.pick === 'function' ? undefined : 'a balancer, as roundRobin()'),
    health: check.object,
    maxConnections: check.whole(1, 1_000_000),
    queue: check.object,
    retryBudget: check.object,
    tls: check.object,
    lookup: check.function,
    dnsTtlMs: check.durationOrOff,
    events: check.object,
  })
  if (options.name === undefined) throw optionError('createPool', 'name', undefined, 'a non-empty string')
  if (options.endpoints === undefined) throw optionError('createPool', 'endpoints', undefined, 'an array')
  checkHealth(options.health)
  checkOptions('createPool queue', options.queue ?? {}, { limit: check.whole(0, 1_000_000), timeoutMs: check.duration })
  checkOptions('createPool retryBudget', options.retryBudget ?? {}, {
    ratio: (value) => (typeof value === 'number' && value >= 0 && value <= 10 ? undefined : 'a number from 0 to 10'),
    minPerSecond: check.whole(0, 1_000_000),
  })
  checkOptions('createPool tls', options.tls ?? {}, {
    ca: check.anything,
    cert: check.anything,
    key: check.anything,
    servername: check.string,
    rejectUnauthorized: check.boolean,
  })
  const balancer = options.balancer ?? roundRobin<Endpoint>()
  if (heldBalancers.has(balancer))
    throw optionError('createPool', 'balancer', balancer, 'a balancer that no other pool holds')
  const pool = new EndpointPool({
    name: options.name,
    endpoints: options.endpoints,
    balancer,
    health: (owner) => new PoolHealth(options.health ?? {}, owner),
    maxConnections: options.maxConnections ?? 1024,
    queue: new Queue(options.queue),
    retryBudget: new RetryBudget(options.retryBudget),
    connect: { tls: options.tls ?? {}, lookup: cachedLookup({ lookup: options.lookup, ttlMs: options.dnsTtlMs }) },
    events: options.events ?? sharedEvents,
  })
  heldBalancers.add(balancer)
  return pool
}
