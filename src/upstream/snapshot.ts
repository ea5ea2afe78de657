import type { Milliseconds } from '../options.js'
import type { TunnelTotals } from '../tunnels.js'
import type { Endpoint, EndpointState } from './endpoint.js'
import type { LatencyDigest } from './latency-digest.js'
import type { Level } from './levels.js'

/** How a pool is at one moment, as plain data for display: `JSON.stringify` keeps all of it. */
export interface PoolSnapshot {
  readonly name: string
  /** Requests that wait for an endpoint. */
  readonly queued: number
  /** Whether so few endpoints are well that health counts for nothing. */
  readonly panic: boolean
  /** Retries that would be granted now. */
  readonly retryTokens: number
  readonly levels: readonly LevelSnapshot[]
  readonly endpoints: readonly EndpointSnapshot[]
  readonly latency: LatencySnapshot
}

/** Endpoints of one priority and side of the zone's border. */
export interface LevelSnapshot {
  readonly priority: number
  /** `null` where the pool has no zone. */
  readonly zone: 'own' | 'other' | null
  /** Share of new requests that begin here, 0 to 1. */
  readonly share: number
  readonly endpoints: readonly string[]
}

/** How one endpoint is at that moment. */
export interface EndpointSnapshot {
  readonly name: string
  readonly priority: number
  readonly zone: string | null
  readonly weight: number
  /** Below 1 while it starts slowly. */
  readonly warmth: number
  readonly mode: Endpoint['mode']
  readonly state: EndpointState
  /** Why it last changed its state. */
  readonly why: string
  /** When, in milliseconds since 1970. */
  readonly since: number
  /** Requests under way. */
  readonly inFlight: number
  /** Requests that it may have in flight now. */
  readonly limit: number
  /** Attempts given out so far. */
  readonly attempts: number
  /** Attempts that ended badly through its fault. */
  readonly failures: number
  readonly latency: LatencySnapshot
  /** Body bytes so far: `in` from it; `out` to it. */
  readonly bytes: { readonly in: number; readonly out: number }
  /** Its WebSockets; `limit` is `null` where only `maxConnections` limits them. */
  readonly tunnels: TunnelTotals & { readonly limit: number | null }
}

/** Time to first byte; `null` while nothing is known. */
export interface LatencySnapshot {
  readonly p50: Milliseconds | null
  readonly p95: Milliseconds | null
}

export function snapshotEndpoint(endpoint: Endpoint): EndpointSnapshot {
  const { name, priority, zone, weight, warmth, mode, state, why, since, inFlight, attempts, failures } = endpoint
  return {
    name,
    priority,
    zone,
    weight,
    warmth,
    mode,
    state,
    why,
    since,
    inFlight,
    limit: endpoint.onTrial ? 1 : endpoint.limit,
    attempts,
    failures,
    latency: snapshotLatency(endpoint.latency),
    bytes: { ...endpoint.bytes },
    tunnels: {
      ...endpoint.tunnels.totals(),
      limit: Number.isFinite(endpoint.maxTunnels) ? endpoint.maxTunnels : null,
    },
  }
}

export function snapshotLevel({ priority, own, share, endpoints }: Level): LevelSnapshot {
  const zone = own === null ? null : own ? 'own' : 'other'
  return { priority, zone, share, endpoints: endpoints.map(({ name }) => name) }
}

export function snapshotLatency(digest: LatencyDigest): LatencySnapshot {
  return { p50: digest.quantile(0.5) ?? null, p95: digest.quantile(0.95) ?? null }
}
