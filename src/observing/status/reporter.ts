import { checkOptions } from '../../options.js'
import type { Endpoint } from '../../upstream/endpoint.js'
import type { Pool } from '../../upstream/pool.js'
import type { EndpointSnapshot } from '../../upstream/snapshot.js'
import { checkPools, poolsOf } from '../pool-source.js'
import { type Change, Changes } from './changes.js'
import { latenciesOf } from './latencies.js'
import type { EndpointReport, GatewayReport, PoolReport, Rates, StatusReport, Totals } from './report.js'
import { checkGateways, type StatusPageSettings } from './status-options.js'
import { short, sumTrends, Track } from './track.js'
import { type NamedGateways, WatchedGateways } from './watched-gateways.js'

/** Looks at pools and gateways, remembers how busy they were, and says how everything is. */
export class Reporter {
  readonly #settings: StatusPageSettings
  readonly #changes: Changes
  readonly #gateways: WatchedGateways
  /** Goes with its endpoint, which a pool may replace at any time. */
  readonly #tracks = new WeakMap<Endpoint, Track>()
  #pools: readonly Pool[] = []

  constructor(settings: StatusPageSettings, onChange: (change: Change) => void) {
    const { pools, gateways, changes, now } = settings
    this.#settings = settings
    this.#changes = new Changes(changes, now, onChange)
    this.#gateways = new WatchedGateways(now)
    // What is a function can often not be asked yet: the gateway it names has this very page among its routes.
    if (typeof pools !== 'function') this.#pools = pools
    const named = typeof gateways === 'function' ? {} : gateways
    this.#gateways.follow(named)
    this.#listen(named)
  }

  /** Those there are now. */
  get pools(): readonly Pool[] {
    this.#look()
    return this.#pools
  }

  /** Ends a step: what comes now is another point of the sparklines. */
  mark(): void {
    const at = this.#settings.now()
    this.#look()
    this.#gateways.mark(at)
    for (const pool of this.#pools)
      for (const endpoint of pool.endpoints) this.#trackOf(endpoint).mark(at, endpoint.attempts, endpoint.failures)
  }

  report(): StatusReport {
    const at = this.#settings.now()
    this.#look()
    const pools = this.#pools.map((pool) => this.#poolReport(pool, at))
    const gateways = this.#gateways.report(at)
    return {
      title: this.#settings.title,
      at: Math.round(at),
      startedAt: Math.round(performance.timeOrigin),
      totals: this.#totals(gateways, pools, at),
      gateways,
      pools,
      changes: this.#changes.list,
    }
  }

  close(): void {
    this.#gateways.follow({})
    this.#changes.follow(new Set())
  }

  /** Asks who there is now; when a user's function throws, or returns anything else, who was there before stays: timers come here. */
  #look(): void {
    const { pools, gateways, events } = this.#settings
    try {
      const now = poolsOf(pools)
      const named = typeof gateways === 'function' ? gateways() : gateways
      checkOptions('statusPage', { pools: now, gateways: named }, { pools: checkPools, gateways: checkGateways })
      this.#pools = now
      this.#gateways.follow(named)
      this.#listen(named)
    } catch (error) {
      if (events.has('fault')) events.emit('fault', { where: 'statusPage pools or gateways', error })
    }
  }

  #listen(gateways: NamedGateways): void {
    const all = [...this.#pools, ...Object.values(gateways)]
    this.#changes.follow(new Set([this.#settings.events, ...all.map(({ events }) => events)]))
  }

  #poolReport(pool: Pool, at: number): PoolReport {
    const { endpoints: snapshots, levels, ...rest } = pool.snapshot()
    const endpoints = snapshots.map((snapshot, index) => this.#endpointReport(pool.endpoints[index]!, snapshot, at))
    return {
      ...rest,
      ...sumRates(endpoints),
      levels: levels.map((level) => ({ ...level, endpoints: level.endpoints.length })),
      latency: latenciesOf(pool.latency),
      trend: sumTrends(endpoints.map(({ trend }) => trend)),
      endpoints,
    }
  }

  #endpointReport(endpoint: Endpoint, snapshot: EndpointSnapshot, at: number): EndpointReport {
    const track = this.#trackOf(endpoint)
    return {
      ...snapshot,
      available: endpoint.available,
      ...track.rates(at, endpoint.attempts, endpoint.failures),
      latency: latenciesOf(endpoint.latency),
      trend: track.trend,
    }
  }

  #trackOf(endpoint: Endpoint): Track {
    let track = this.#tracks.get(endpoint)
    if (track === undefined) {
      track = new Track()
      track.mark(this.#settings.now(), endpoint.attempts, endpoint.failures)
      this.#tracks.set(endpoint, track)
    }
    return track
  }

  #totals(gateways: readonly GatewayReport[], pools: readonly PoolReport[], at: number): Totals {
    const endpoints = pools.flatMap((pool) => pool.endpoints)
    const busy: readonly { readonly requests: number; readonly tunnels: number }[] =
      gateways.length > 0
        ? gateways
        : endpoints.map(({ inFlight, tunnels }) => ({ requests: inFlight, tunnels: tunnels.open }))
    const counted = gateways.length > 0 ? this.#gateways.perSecond(at) : null
    return {
      ...(counted === null
        ? sumRates(pools)
        : { rate: short(counted.rate), errorRate: counted.rate === 0 ? null : short(counted.failed / counted.rate) }),
      requests: busy.reduce((sum, each) => sum + each.requests, 0),
      tunnels: busy.reduce((sum, each) => sum + each.tunnels, 0),
      queued: pools.reduce((sum, { queued }) => sum + queued, 0),
      available: endpoints.filter(({ available }) => available).length,
      endpoints: endpoints.length,
    }
  }
}

/** Rates of several as those of one. */
function sumRates(parts: readonly Rates[]): Rates {
  const known = parts.filter(({ rate }) => rate !== null)
  if (known.length === 0) return { rate: null, errorRate: null }
  const rate = known.reduce((sum, each) => sum + each.rate!, 0)
  const failed = known.reduce((sum, each) => sum + each.rate! * (each.errorRate ?? 0), 0)
  return { rate: short(rate), errorRate: rate === 0 ? null : short(failed / rate) }
}
