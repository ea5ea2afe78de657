import type { Milliseconds } from '../../options.js'
import type { EndpointSnapshot, LatencySnapshot, LevelSnapshot, PoolSnapshot } from '../../upstream/snapshot.js'
import type { Change } from './changes.js'
import type { Trend } from './track.js'

/** How everything is at one moment: what the page shows, and its JSON. */
export interface StatusReport {
  readonly title: string
  /** When, in milliseconds since 1970. */
  readonly at: number
  /** When this process began. */
  readonly startedAt: number
  readonly totals: Totals
  readonly gateways: readonly GatewayReport[]
  readonly pools: readonly PoolReport[]
  /** The latest changes, newest first. */
  readonly changes: readonly Change[]
}

/** How busy something is: an average over the last five to ten seconds; `null` while there is too little to tell. */
export interface Rates {
  /** Requests a second; of an endpoint, attempts. */
  readonly rate: number | null
  /** Share of them that failed, 0 to 1: with a 5xx, or without a reply, through no fault of the client. */
  readonly errorRate: number | null
}

/** Time to first byte; `null` while nothing is known. */
export interface Latencies extends LatencySnapshot {
  readonly p99: Milliseconds | null
}

/** Of all gateways, or without these of all pools. */
export interface Totals extends Rates {
  readonly requests: number
  readonly tunnels: number
  readonly queued: number
  /** Endpoints that take traffic, and all there are. */
  readonly available: number
  readonly endpoints: number
}

/** How one gateway is. */
export interface GatewayReport extends Rates {
  readonly name: string
  readonly state: 'serving' | 'draining'
  /** In flight. */
  readonly requests: number
  readonly tunnels: number
  /** Tunnels so far. */
  readonly opened: number
  /** `null` where several gateways publish to one hub, as `rate` and `errorRate` are. */
  readonly latency: Latencies | null
  readonly trend: Trend
}

/** How one pool is, with its endpoints. */
export interface PoolReport extends Omit<PoolSnapshot, 'levels' | 'endpoints' | 'latency'>, Rates {
  /** Endpoints of one priority and side of the zone's border: how many there are, and which share of new requests begins there. */
  readonly levels: readonly (Omit<LevelSnapshot, 'endpoints'> & { readonly endpoints: number })[]
  readonly latency: Latencies
  readonly trend: Trend
  readonly endpoints: readonly EndpointReport[]
}

/** How one endpoint is. */
export interface EndpointReport extends Omit<EndpointSnapshot, 'latency'>, Rates {
  /** Whether new requests may go there. */
  readonly available: boolean
  readonly latency: Latencies
  readonly trend: Trend
}
