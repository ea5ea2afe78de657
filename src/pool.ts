import type { LookupFunction } from 'node:net'
import type { Balancer } from './balancing/balancer.js'
import { roundRobin } from './balancing/round-robin.js'
import { type EventHub, events as sharedEvents } from './events.js'
import { checkHealth, type HealthOptions } from './health/health-options.js'
import { PoolHealth } from './health/pool-health.js'
import { type Check, check, checkOptions, type Milliseconds, optionError } from './options.js'
import { cachedLookup } from './upstream/cached-lookup.js'
import type { ConcurrencyLimit } from './upstream/concurrency-limit.js'
import type { Discovery } from './upstream/discovery.js'
import type { Endpoint, EndpointOptions, UpstreamTls } from './upstream/endpoint.js'
import { EndpointPool } from './upstream/endpoint-pool.js'
import type { Pool } from './upstream/pool.js'
import { Queue, type QueueOptions } from './upstream/queue.js'
import { RetryBudget, type RetryBudgetOptions } from './upstream/retry-budget.js'

export interface PoolOptions {
  /** In events, logs and metrics. */
  readonly name: string
  /** With `discovery` they may be absent, or serve until its first list. @default none */
  readonly endpoints?: readonly (string | URL | EndpointOptions)[] | undefined
  /** Tells which endpoints there are, from now on. Until its first list requests wait in the queue. @default none */
  readonly discovery?: Discovery | undefined
  /** Picks the endpoint for each request. @default roundRobin() */
  readonly balancer?: Balancer<Endpoint> | undefined
  /** What takes an endpoint out for a time: requests that failed, bad probes, a comparison with the others. @default { passive: {} } */
  readonly health?: HealthOptions | undefined
  /** Where this process stands: of each priority, endpoints of this zone come before others. @default none */
  readonly zone?: string | undefined
  /**
   * How far a priority or zone may shrink before the next takes a part: at 1.4 until less than 71 % of its weight is available
   * (Envoy's `overprovisioning_factor`). @default 1.4
   */
  readonly spillOver?: number | undefined
  /**
   * When less than this share of the weight is well, health and ejections count for nothing: the others would be overrun, and so
   * many at once smell of a broken check. Off by default, since endpoints that are known to be down then get requests that fail;
   * Envoy's default is 0.5. @default 0
   */
  readonly panicThreshold?: number | undefined
  /**
   * How long an endpoint takes, after it has been down or has joined, to come to its full share and limit (HAProxy's
   * `slowstart`). Never at the start of the process. @default 0 (at once)
   */
  readonly slowStartMs?: Milliseconds | undefined
  /** Requests in flight per endpoint; more wait in the queue. @default 1024 (Envoy's `max_connections`) */
  readonly maxConnections?: number | undefined
  /**
   * Upgrades under way and WebSockets open per endpoint, out of `maxConnections`, so that requests keep room beside them. Past it the
   * endpoint is full for upgrades only; when all are, there is a 503 at once. @default none but `maxConnections`
   */
  readonly maxTunnels?: number | undefined
  /** Makes, for each endpoint, what learns how many requests it can take at once; `maxConnections` stays the most. @default none */
  readonly concurrency?: (() => ConcurrencyLimit) | undefined
  /** Takes the requests for which this pool has no endpoint, or no room in its queue; of another name. It is not closed with this one. @default none */
  readonly fallback?: Pool | undefined
  /** How many requests may wait while every endpoint is full, and for how long. @default 1024 for 5000 ms each */
  readonly queue?: QueueOptions | undefined
  /** How many second attempts there may be in all. @default a fifth of the requests, and 10 a second */
  readonly retryBudget?: RetryBudgetOptions | undefined
  /** How to verify, and prove oneself to, `https:` endpoints. @default verified by the authorities that Node trusts */
  readonly tls?: UpstreamTls | undefined
  /** Resolves endpoint names, as `dns.lookup`. Answers are kept for {@link dnsTtlMs}. @default dns.lookup */
  readonly lookup?: LookupFunction | undefined
  /** How long a resolved name is believed; a failing resolver's last good answer serves on. @default 10000 */
  readonly dnsTtlMs?: Milliseconds | undefined
  /** Where its events go. @default the shared `events` */
  readonly events?: EventHub | undefined
  /** Chance in [0, 1), for the choice between priorities. @default Math.random */
  readonly random?: (() => number) | undefined
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
  checkPool(options)
  const events = options.events ?? sharedEvents
  const balancer = options.balancer ?? roundRobin<Endpoint>()
  if (heldBalancers.has(balancer))
    throw optionError('createPool', 'balancer', balancer, 'a balancer that no other pool holds')
  const pool = new EndpointPool({
    name: options.name,
    endpoints: options.endpoints ?? [],
    balancer,
    health: (owner) => new PoolHealth(options.health ?? {}, owner),
    levels: {
      zone: options.zone,
      spillOver: options.spillOver ?? 1.4,
      panicThreshold: options.panicThreshold ?? 0,
      random: options.random ?? Math.random,
    },
    slowStartMs: options.slowStartMs ?? 0,
    limits: { maxConnections: options.maxConnections ?? 1024, maxTunnels: options.maxTunnels ?? Infinity },
    concurrency: options.concurrency,
    queue: new Queue(options.queue, (error) => events.emit('fault', { where: 'queue.priority', error })),
    retryBudget: new RetryBudget(options.retryBudget),
    connect: { tls: options.tls ?? {}, lookup: cachedLookup({ lookup: options.lookup, ttlMs: options.dnsTtlMs }) },
    events,
    fallback: options.fallback ?? null,
    discovery: options.discovery,
  })
  heldBalancers.add(balancer)
  return pool
}

function checkPool(options: PoolOptions): void {
  checkOptions('createPool', options, {
    name: check.string,
    endpoints: check.array,
    discovery: (value) =>
      typeof (value as Discovery)?.[Symbol.asyncIterator] === 'function' ? undefined : 'an async iterable of lists',
    balancer: (value) => (typeof (value as Balancer)?.pick === 'function' ? undefined : 'a balancer, as roundRobin()'),
    health: check.object,
    zone: check.string,
    spillOver: between(1, 100),
    panicThreshold: between(0, 1),
    slowStartMs: check.durationOrOff,
    maxConnections: check.whole(1, 1_000_000),
    maxTunnels: check.whole(0, 1_000_000),
    concurrency: check.function,
    // By its name the forwarder tells whose endpoint it was given.
    fallback: (value) =>
      typeof (value as Pool)?.acquire === 'function' && (value as Pool).name !== options.name
        ? undefined
        : 'a pool of another name',
    queue: check.object,
    retryBudget: check.object,
    tls: check.object,
    lookup: check.function,
    dnsTtlMs: check.durationOrOff,
    events: check.object,
    random: check.function,
  })
  if (options.name === undefined) throw optionError('createPool', 'name', undefined, 'a non-empty string')
  if (options.endpoints === undefined && options.discovery === undefined)
    throw optionError('createPool', 'endpoints', undefined, 'an array; or give it a discovery')
  checkHealth(options.health)
  checkOptions('createPool queue', options.queue ?? {}, {
    limit: check.whole(0, 1_000_000),
    timeoutMs: check.duration,
    priority: check.function,
  })
  checkOptions('createPool retryBudget', options.retryBudget ?? {}, {
    ratio: between(0, 10),
    minPerSecond: check.whole(0, 1_000_000),
  })
  checkOptions('createPool tls', options.tls ?? {}, {
    ca: check.anything,
    cert: check.anything,
    key: check.anything,
    servername: check.string,
    rejectUnauthorized: check.boolean,
  })
}

function between(from: number, to: number): Check {
  return (value) =>
    typeof value === 'number' && value >= from && value <= to ? undefined : `a number from ${from} to ${to}`
}
