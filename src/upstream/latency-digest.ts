import { check, checkOptions, type Milliseconds } from '../options.js'

export interface LatencyDigestOptions {
  /** After this time a latency counts half. @default 30000 */
  readonly halfLifeMs?: Milliseconds | undefined
  /** Milliseconds of a clock that never goes back. @default performance.now */
  readonly now?: (() => number) | undefined
}

/** Buckets per doubling: neighbours differ by 4.4 %, so that the middle of one is at most 2.2 % off. */
const PER_OCTAVE = 16
/** 2⁻⁴ ms, about 63 µs; what is shorter counts as that. */
const LOWEST_OCTAVE = -4
/** 2²⁰ ms, about 17 minutes; what is longer counts as that. */
const HIGHEST_OCTAVE = 20
const BUCKETS = (HIGHEST_OCTAVE - LOWEST_OCTAVE) * PER_OCTAVE
/** Half-lives after which weights are scaled back, far from the end of a double. */
const LONGEST_SPAN = 64

/**
 * Recent latencies and their quantiles, to 2.2 %, in 3 KiB whatever the traffic. What was long ago counts for little: each latency's
 * weight halves every `halfLifeMs` (forward decay: Cormode et al. 2009).
 *
 * A record costs O(1) and allocates nothing.
 *
 * @example
 * ```ts
 * const digest = new LatencyDigest()
 * digest.record(12.5)
 * const p95 = digest.quantile(0.95)
 * ```
 */
export class LatencyDigest {
  readonly #halfLifeMs: Milliseconds
  readonly #now: () => number
  readonly #weights = new Float64Array(BUCKETS)
  #total = 0
  /** The time at which a latency weighs 1; later ones weigh more, rather than earlier ones less. */
  #landmark: number
  /** A weight that is at most a thousandth of a half-life old will do: a power for each latency costs more than all the rest. */
  readonly #graceMs: Milliseconds
  #weighedAt = -Infinity
  #weight = 1

  /** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
  constructor(options: LatencyDigestOptions = {}) {
    checkOptions('LatencyDigest', options, { halfLifeMs: check.duration, now: check.function })
    this.#halfLifeMs = options.halfLifeMs ?? 30_000
    this.#now = options.now ?? (() => performance.now())
    this.#landmark = this.#now()
    this.#graceMs = this.#halfLifeMs / 1000
  }

  /** How many latencies it knows, each by its present weight. */
  get count(): number {
    // First the weight: it may scale the total.
    const weight = this.#weightAt(this.#now())
    return this.#total / weight
  }

  /**
   * Notes a latency; what is no number is ignored.
   *
   * @param now The time, where the caller knows it.
   */
  record(ms: Milliseconds, now: Milliseconds = this.#now()): void {
    if (Number.isNaN(ms)) return
    const weight = this.#weightAt(now)
    this.#weights[bucketOf(ms)]! += weight
    this.#total += weight
  }

  /** The latency that a share `q` (0 to 1) of the recent ones did not exceed; `undefined` if there is none of late. */
  quantile(q: number): Milliseconds | undefined {
    // Half a latency: a single one, a half-life ago.
    if (!(this.count >= 0.5)) return undefined
    let left = this.#total * Math.min(1, Math.max(0, q))
    let last = 0
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const weight = this.#weights[bucket]!
      if (weight === 0) continue
      last = bucket
      left -= weight
      if (left <= 0) break
    }
    return 2 ** ((last + 0.5) / PER_OCTAVE + LOWEST_OCTAVE)
  }

  #weightAt(now: Milliseconds): number {
    if (now >= this.#weighedAt && now - this.#weighedAt < this.#graceMs) return this.#weight
    this.#weighedAt = now
    this.#weight = this.#weigh(now)
    return this.#weight
  }

  #weigh(now: Milliseconds): number {
    const span = (now - this.#landmark) / this.#halfLifeMs
    if (span <= LONGEST_SPAN) return 2 ** span
    const factor = 2 ** -span
    this.#total = 0
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.#total += this.#weights[bucket]! *= factor
    this.#landmark = now
    return 1
  }
}

function bucketOf(ms: Milliseconds): number {
  const bucket = Math.floor((Math.log2(ms) - LOWEST_OCTAVE) * PER_OCTAVE)
  // Zero's logarithm is -Infinity, a negative number's NaN.
  return bucket >= 0 ? Math.min(bucket, BUCKETS - 1) : 0
}
