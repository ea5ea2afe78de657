import type { Exchange } from '../exchange.js'
import { longestOut } from './early-trial.js'
import type { Endpoint } from './endpoint.js'
import type { LevelPeek, Levels } from './levels.js'
import type { Pool } from './pool.js'
import type { Queue } from './queue.js'

/** Whom a pool would give a request to, as it stands now. */
export interface PoolOutlook {
  readonly pool: string
  readonly balancer: string
  /**
   * `chance`: one of `candidates`; `unknown`: the balancer does not tell which; `wait`: all are full, and it waits in the queue;
   * `fallback`: see there; `none`: it fails with `status`.
   */
  readonly fate: 'endpoint' | 'chance' | 'unknown' | 'wait' | 'fallback' | 'none'
  readonly endpoint: Endpoint | null
  readonly candidates: readonly Endpoint[]
  readonly why: string
  readonly status: number | null
  /** Who is passed over, and why. */
  readonly skipped: readonly { readonly endpoint: Endpoint; readonly why: string }[]
  readonly fallback: PoolOutlook | null
}

export interface OutlookParts {
  readonly pool: string
  readonly levels: Levels
  readonly queue: Queue
  readonly fallback: Pool | null
  readonly closed: boolean
  /** Whether its first list of endpoints is still to come. */
  readonly expecting: boolean
}

/** Goes the way of `acquire`, and leaves no trace. */
export function outlookOf(
  parts: OutlookParts,
  exchange: Exchange,
  exclude: ReadonlySet<Endpoint> | undefined,
): PoolOutlook {
  const { pool, levels, queue } = parts
  const upgrade = exchange.upgrade !== null && exchange.upgrade !== undefined
  const endpoints = levels.all.flatMap((level) => level.endpoints)
  const against = (endpoint: Endpoint): string | null =>
    exclude?.has(endpoint) === true ? 'has failed this request already' : whyNot(endpoint, upgrade)
  const skipped = endpoints.flatMap((endpoint) => {
    const why = against(endpoint)
    return why === null ? [] : [{ endpoint, why }]
  })
  const common = { pool, balancer: levels.balancerName, skipped, candidates: [], endpoint: null, status: null }
  const given = (fate: PoolOutlook['fate'], why: string, more: Partial<PoolOutlook> = {}): PoolOutlook => ({
    ...common,
    fate,
    why,
    fallback: null,
    ...more,
  })
  if (parts.closed) return given('none', 'the pool is closed', { status: 503 })
  // Those who wait already come first.
  if (queue.easySize === 0) {
    const peek = levels.peek(exchange, (endpoint) => against(endpoint) !== null)
    if (peek !== null) return given(peek.fate, peek.why, chosen(peek))
    const early = longestOut(levels, exclude, upgrade, parts.fallback)
    if (early !== null)
      return given('endpoint', 'no other is left, and it has been ejected for longest', { endpoint: early })
  }
  const elsewhere = (why: string): PoolOutlook =>
    parts.fallback === null
      ? given('none', why, { status: 503 })
      : given('fallback', why, { fallback: parts.fallback.peek(exchange, exclude) })
  const left = endpoints.filter(({ weight, available }) => weight > 0 && available)
  if (!left.some((endpoint) => exclude?.has(endpoint) !== true) && !parts.expecting)
    return elsewhere('no endpoint may take traffic')
  if (upgrade && !parts.expecting && left.every(({ fullOfTunnels }) => fullOfTunnels))
    return elsewhere('every endpoint has as many WebSockets as it may have')
  if (queue.size >= queue.limit) return elsewhere(`all are full, and ${queue.size} requests wait already`)
  const waiting = parts.expecting ? 'the first list of endpoints is still to come' : 'all endpoints are full'
  return given('wait', `${waiting}; ${queue.size} requests wait before it`)
}

function chosen({ endpoint, candidates }: LevelPeek): Partial<PoolOutlook> {
  return { endpoint: endpoint ?? null, candidates }
}

/** What speaks against an endpoint; `null` for nothing. */
function whyNot(endpoint: Endpoint, upgrade: boolean): string | null {
  const { weight, mode, healthy, ejected, available, why, inFlight, limit, onTrial, upgrades } = endpoint
  if (!(weight > 0)) return 'its weight is 0'
  if (mode === 'drain') return 'draining'
  if (mode !== 'ready') return mode
  if (!available) return !healthy ? `down: ${why}` : ejected ? `ejected: ${why}` : why
  if (endpoint.full)
    return onTrial && inFlight < limit
      ? 'on trial, which takes one at a time'
      : `full: ${inFlight} of ${limit} in flight`
  return upgrade && endpoint.fullOfTunnels ? `full: ${upgrades} of ${endpoint.maxTunnels} WebSockets` : null
}
