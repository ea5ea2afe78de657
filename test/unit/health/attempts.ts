import { type AttemptOutcome, createPool, EdgeError, type EdgeErrorCode, type Endpoint } from 'edgewise'
import type { HealthTarget } from '../../../src/health/ejection.js'

/** What an attempt can come to, in short. */
export interface Attempt {
  readonly status?: number
  readonly error?: EdgeErrorCode
  readonly at?: number
  readonly firstByteMs?: number
  readonly reused?: boolean
}

/** An outcome as the forwarder makes it: who is to blame is worked out by its rule (H-109). */
export function outcome({ status, error, at = 0, firstByteMs, reused = false }: Attempt): AttemptOutcome {
  const failure = error === undefined ? null : new EdgeError(error, 'by the test')
  const stale = reused && error === 'ERR_EDGE_UPSTREAM_RESET'
  return {
    endpoint: 'any',
    status: status ?? null,
    error: failure,
    reusedConnection: reused,
    times: {
      startedAt: at,
      connectedAt: error === 'ERR_EDGE_CONNECT' ? null : at,
      firstByteAt: firstByteMs === undefined ? null : at + firstByteMs,
      lastByteAt: null,
    },
    bytes: { in: 0, out: 0 },
    countsAgainst: failure === null ? (status ?? 0) >= 500 : failure.source === 'upstream' && !stale,
  }
}

/** Endpoints of a pool that leaves their health alone. */
export function endpoints(count: number): readonly Endpoint[] {
  const urls = Array.from({ length: count }, (_, at) => `http://127.0.0.1:${at + 1}`)
  return createPool({ name: 'health', endpoints: urls, health: { passive: false } }).endpoints
}

/** Takes the news that a pool would take, and keeps `available` as a pool does. */
export function target(
  all: readonly Endpoint[],
  told: (endpoint: Endpoint, why: string) => void = () => {},
): HealthTarget {
  return {
    endpoints: all,
    healthChanged(endpoint, why) {
      endpoint.refresh()
      told(endpoint, why)
    },
    probed() {},
  }
}

/** How an endpoint stands, in one word. */
export function stateOf({ ejected, onTrial }: Endpoint): 'in' | 'out' | 'trial' | 'both' {
  if (ejected && onTrial) return 'both'
  return ejected ? 'out' : onTrial ? 'trial' : 'in'
}
