import type { Endpoint } from '../upstream/endpoint.js'
import type { Grounds, HealthTarget, HealthTime } from './ejection.js'
import type { OutlierOptions } from './outlier-options.js'
import { latencyOutliers, type Sample, successRateOutliers } from './outlier-rules.js'
import { Tally } from './tally.js'
import { byBlame } from './verdict.js'

export interface OutlierParts extends HealthTime {
  readonly target: HealthTarget
  readonly eject: (endpoint: Endpoint, grounds: Grounds, why: string) => void
}

/** Outlier detection for one pool. */
export class Outliers {
  readonly #options: OutlierOptions
  readonly #parts: OutlierParts
  readonly #grounds: Grounds
  readonly #tallies = new Map<Endpoint, Tally>()
  #timer: unknown

  constructor(options: OutlierOptions, parts: OutlierParts) {
    this.#options = options
    this.#parts = parts
    const { baseEjectionMs = 30_000, maxEjectionMs = 300_000 } = options
    this.#grounds = { baseMs: baseEjectionMs, maxMs: maxEjectionMs, passes: 1, judge: byBlame }
    this.#schedule()
  }

  /** Begins to count for an endpoint; what is returned wants to be told of its attempts. */
  track(endpoint: Endpoint): Tally {
    const tally = new Tally(this.#options.latency !== false)
    this.#tallies.set(endpoint, tally)
    return tally
  }

  untrack(endpoint: Endpoint): void {
    this.#tallies.delete(endpoint)
  }

  close(): void {
    this.#parts.clock.clearTimeout(this.#timer)
  }

  #schedule(): void {
    this.#timer = this.#parts.clock.setTimeout(() => {
      this.#schedule()
      this.#sweep()
    }, this.#options.intervalMs ?? 10_000)
  }

  #sweep(): void {
    const { successRate = {}, latency = {} } = this.#options
    if (successRate !== false) {
      const { minimumRequests = 100 } = successRate
      const samples = this.#samples(({ requests, failures }) =>
        requests >= minimumRequests ? 1 - failures / requests : undefined,
      )
      for (const { endpoint, value } of successRateOutliers(samples, successRate))
        this.#eject(endpoint, `outlier: ${Math.round(value * 1000) / 10} % of its attempts succeed`)
    }
    if (latency !== false) {
      const { minimumRequests = 100, quantile = 0.5 } = latency
      const samples = this.#samples(({ replies, latency: digest }) =>
        replies >= minimumRequests ? digest?.quantile(quantile) : undefined,
      )
      for (const { endpoint, value } of latencyOutliers(samples, latency))
        this.#eject(endpoint, `outlier: first byte after ${Math.round(value)} ms`)
    }
    for (const tally of this.#tallies.values()) tally.reset()
  }

  #samples(measure: (tally: Tally) => number | undefined): Sample[] {
    const samples: Sample[] = []
    for (const [endpoint, tally] of this.#tallies) {
      const value = isIn(endpoint) ? measure(tally) : undefined
      if (value !== undefined) samples.push({ endpoint, value })
    }
    return samples
  }

  #eject(endpoint: Endpoint, why: string): void {
    const { endpoints } = this.#parts.target
    const out = endpoints.filter((each) => each.ejected || !each.healthy).length
    // The addition makes up for shares that binary fractions fall short of.
    const allowed = Math.max(1, Math.floor(endpoints.length * (this.#options.maxEjectedShare ?? 0.1) + 1e-9))
    if (out >= allowed || !isIn(endpoint)) return
    if (!endpoints.some((each) => each !== endpoint && each.weight > 0 && isIn(each))) return
    this.#parts.eject(endpoint, this.#grounds, why)
  }
}

/** Whether it takes its full part in the pool's traffic. */
function isIn({ mode, healthy, ejected, onTrial }: Endpoint): boolean {
  return mode === 'ready' && healthy && !ejected && !onTrial
}
