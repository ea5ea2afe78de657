import { check, type Milliseconds } from '../options.js'
import type { AttemptOutcome } from '../outcome.js'
import { type ConcurrencyLimit, fraction, type LimitBounds, loadSignal, readBounds } from './concurrency-limit.js'

export interface GradientLimitOptions extends LimitBounds {
  /** Share of the way that the limit goes in one step towards what the last round trip suggests. @default 0.2 */
  readonly smoothing?: number | undefined
  /** How many times its usual latency an endpoint may take before the limit shrinks. @default 1.5 */
  readonly tolerance?: number | undefined
  /** How far back the usual latency reaches. @default 600000 (Netflix: 600 windows of a second) */
  readonly longWindowMs?: Milliseconds | undefined
  /** Requests that may queue at the endpoint: what the limit gains while latency is as usual. @default 4 */
  readonly queueSize?: number | undefined
}

/** Netflix's `WindowedLimit` waits for as many samples before it believes their mean. */
const LEAST_SAMPLES = 10
/** Windows of which the usual latency is the plain mean, before it is smoothed. */
const WARM_UP = 10

/**
 * Limits an endpoint's requests in flight by its latency: when replies take longer than they use to, requests queue there, and
 * the limit shrinks before anything fails. For upstreams that slow down under load without saying so.
 *
 * After Netflix's `Gradient2Limit`: `limit × min(1, tolerance × usual / present latency) + queueSize`, smoothed, once per round trip of
 * at least ten replies, if at least half of the limit is in use. A round trip with a drop counts as the worst gradient, 0.5.
 *
 * Under overload that never ends the usual latency follows the present one, over `longWindowMs`, and the limit with it: `maxLimit` is
 * what then holds.
 *
 * @returns what makes a limit; a pool calls it once per endpoint.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * createPool({ name: 'search', endpoints, concurrency: gradientLimit({ maxLimit: 200 }) })
 * ```
 */
export function gradientLimit(options: GradientLimitOptions = {}): () => ConcurrencyLimit {
  const bounds = readBounds('gradientLimit', options, {
    smoothing: fraction(0.01, 1),
    tolerance: fraction(1, 100),
    longWindowMs: check.duration,
    queueSize: check.whole(1, 1_000_000),
  })
  const { smoothing = 0.2, tolerance = 1.5, longWindowMs = 600_000, queueSize = 4 } = options
  const settings = { ...bounds, smoothing, tolerance, longWindowMs, queueSize }
  return () => new GradientLimit(settings)
}

interface Settings extends ReturnType<typeof readBounds> {
  readonly smoothing: number
  readonly tolerance: number
  readonly longWindowMs: Milliseconds
  readonly queueSize: number
}

class GradientLimit implements ConcurrencyLimit {
  readonly #settings: Settings
  #exact: number
  #usual = 0
  #windows = 0
  // The window under way: a round trip.
  #openedAt: number
  #samples = 0
  #sum = 0
  #dropped = false
  #mostInFlight = 0

  constructor(settings: Settings) {
    this.#settings = settings
    this.#exact = settings.initial
    this.#openedAt = settings.now()
  }

  get limit(): number {
    return Math.floor(this.#exact)
  }

  settled(outcome: AttemptOutcome, inFlight: number): void {
    const signal = loadSignal(outcome)
    // One that began before the window tells of the limit before: it neither cuts again nor ends the window.
    const isNew = outcome.times.startedAt >= this.#openedAt
    if (signal === null || (signal === 'drop' && !isNew)) return
    if (signal === 'drop') this.#dropped = true
    else {
      this.#samples++
      this.#sum += signal
    }
    this.#mostInFlight = Math.max(this.#mostInFlight, inFlight)
    if (isNew && (this.#dropped || this.#samples >= LEAST_SAMPLES)) this.#step()
  }

  #step(): void {
    const { min, max, now, smoothing, queueSize } = this.#settings
    const at = now()
    const gradient = this.#samples >= LEAST_SAMPLES ? this.#gradient(this.#sum / this.#samples, at) : 1
    if (this.#dropped || this.#mostInFlight * 2 >= this.limit) {
      const aim = this.#dropped ? this.#exact * 0.5 : this.#exact * gradient + queueSize
      this.#exact = Math.min(max, Math.max(min, this.#exact + (aim - this.#exact) * smoothing))
    }
    this.#openedAt = at
    this.#samples = 0
    this.#sum = 0
    this.#dropped = false
    this.#mostInFlight = 0
  }

  /** How far the present latency is from the usual one, as a factor of the limit; the usual one learns from it. */
  #gradient(present: Milliseconds, at: number): number {
    const { tolerance, longWindowMs } = this.#settings
    const share = Math.min(1, (at - this.#openedAt) / longWindowMs)
    this.#windows++
    this.#usual += (present - this.#usual) * Math.max(share, this.#windows <= WARM_UP ? 1 / this.#windows : 0)
    // Well again after a long time of queues: do not wait until the mean has forgotten them.
    if (this.#usual > 2 * present) this.#usual *= 0.95
    return present > 0 ? Math.min(1, Math.max(0.5, (tolerance * this.#usual) / present)) : 1
  }
}
