import { roundRobin } from '../../../balancing/round-robin.js'
import type { EventHub } from '../../../events.js'
import { cachedLookup } from '../../../upstream/cached-lookup.js'
import type { Endpoint, EndpointOptions } from '../../../upstream/endpoint.js'
import { EndpointPool } from '../../../upstream/endpoint-pool.js'
import type { HealthKeeper } from '../../../upstream/health-keeper.js'
import type { Pool } from '../../../upstream/pool.js'
import { Queue } from '../../../upstream/queue.js'
import { RetryBudget } from '../../../upstream/retry-budget.js'

const NO_HEALTH: HealthKeeper = { add: () => {}, remove: () => {}, note: () => {}, close: () => {} }

/** A pool of one endpoint that nobody watches, as `createPool` makes with all left to its defaults. */
export function lonePool(name: string, endpoint: EndpointOptions, events: EventHub): Pool {
  return new EndpointPool({
    name,
    endpoints: [endpoint],
    balancer: roundRobin<Endpoint>(),
    health: () => NO_HEALTH,
    levels: { zone: undefined, spillOver: 1.4, panicThreshold: 0, random: Math.random },
    slowStartMs: 0,
    limits: { maxConnections: 1024, maxTunnels: Infinity },
    concurrency: undefined,
    queue: new Queue(),
    retryBudget: new RetryBudget(),
    connect: { tls: {}, lookup: cachedLookup({}) },
    events,
    fallback: null,
    discovery: undefined,
  })
}
