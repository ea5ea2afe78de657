import type { EdgeEvents, EventHub } from '../../events.js'
import { LatencyDigest } from '../../upstream/latency-digest.js'
import { hasFailed } from '../failure.js'
import { latenciesOf } from './latencies.js'
import type { GatewayReport, Latencies } from './report.js'
import { NO_TREND, Track } from './track.js'

/** What of a gateway is looked at. */
export interface WatchedGateway {
  readonly events: EventHub
  readonly traffic: {
    readonly requests: number
    readonly tunnels: number
    readonly draining: boolean
    readonly tunnelTotals: { readonly opened: number }
  }
}

/** Gateways by the names they are shown under. */
export type NamedGateways = Readonly<Record<string, WatchedGateway>>

const UNKNOWN = { rate: null, errorRate: null, latency: null, trend: NO_TREND }

/** Counts what gateways do, by what their hubs tell: gateways that publish to one hub are counted together. */
export class WatchedGateways {
  readonly #counters = new Map<EventHub, Counter>()
  readonly #now: () => number
  #gateways: NamedGateways = {}

  constructor(now: () => number) {
    this.#now = now
  }

  /** Looks at these from now on. */
  follow(gateways: NamedGateways): void {
    this.#gateways = gateways
    const hubs = new Set(Object.values(gateways).map(({ events }) => events))
    for (const [hub, counter] of this.#counters) {
      if (hubs.has(hub)) continue
      counter.stop()
      this.#counters.delete(hub)
    }
    for (const hub of hubs) if (!this.#counters.has(hub)) this.#counters.set(hub, new Counter(hub, this.#now()))
  }

  mark(at: number): void {
    for (const counter of this.#counters.values()) counter.track.mark(at, counter.total, counter.failed)
  }

  report(at: number): GatewayReport[] {
    const all = Object.entries(this.#gateways)
    return all.map(([name, { events, traffic }]) => {
      const shared = all.some(([other, gateway]) => other !== name && gateway.events === events)
      return {
        name,
        state: traffic.draining ? 'draining' : 'serving',
        requests: traffic.requests,
        tunnels: traffic.tunnels,
        opened: traffic.tunnelTotals.opened,
        ...(shared ? UNKNOWN : this.#counters.get(events)!.read(at)),
      }
    })
  }

  /** Requests a second and failures a second of all of them. */
  perSecond(at: number): { readonly rate: number; readonly failed: number } | null {
    const rates = [...this.#counters.values()].map((counter) => counter.read(at))
    if (rates.every(({ rate }) => rate === null)) return null
    return {
      rate: rates.reduce((sum, { rate }) => sum + (rate ?? 0), 0),
      failed: rates.reduce((sum, { rate, errorRate }) => sum + (rate ?? 0) * (errorRate ?? 0), 0),
    }
  }
}

class Counter {
  readonly track = new Track()
  readonly stop: () => void
  total = 0
  failed = 0
  readonly #latency = new LatencyDigest()

  constructor(hub: EventHub, at: number) {
    this.track.mark(at, 0, 0)
    this.stop = hub.on('exchange', (event) => this.#count(event))
  }

  read(at: number): Pick<GatewayReport, 'rate' | 'errorRate' | 'trend'> & { readonly latency: Latencies } {
    const { track, total, failed } = this
    return { ...track.rates(at, total, failed), trend: track.trend, latency: latenciesOf(this.#latency) }
  }

  #count({ outcome }: EdgeEvents['exchange']): void {
    const { times } = outcome
    this.total++
    if (hasFailed(outcome)) this.failed++
    // What Edgewise answers by itself would hide how long upstreams take.
    if (times.firstByte !== null) this.#latency.record(times.firstByte - times.acceptedAt)
  }
}
