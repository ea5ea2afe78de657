import { check, type Milliseconds } from '../options.js'
import type { AttemptOutcome } from '../outcome.js'
import { type ConcurrencyLimit, fraction, type LimitBounds, loadSignal, readBounds } from './concurrency-limit.js'

export interface AimdLimitOptions extends LimitBounds {
  /** What is left of the limit after a drop, 0.5 to below 1. @default 0.9 */
  readonly backoffRatio?: number | undefined
  /** A first byte that took longer counts as a drop. @default 5000 */
  readonly timeoutMs?: Milliseconds | undefined
}

/**
 * Limits an endpoint's requests in flight as TCP does its segments: additive increase, multiplicative decrease. For upstreams
 * that say when they have had enough, by a 503, a reset or a time-out; it settles just below that point.
 *
 * After Netflix's `AIMDLimit`, with TCP's notion of a round trip (RFC 5681, RFC 6582): the limit grows by one per limit's worth of
 * good replies, if at least half of it is in use, and is cut once, not once for each of the requests that one overload took with it.
 *
 * @returns what makes a limit; a pool calls it once per endpoint.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * createPool({ name: 'search', endpoints, concurrency: aimdLimit({ maxLimit: 200, timeoutMs: 800 }) })
 * ```
 */
export function aimdLimit(options: AimdLimitOptions = {}): () => ConcurrencyLimit {
  const bounds = readBounds('aimdLimit', options, {
    backoffRatio: (value) => (value === 1 ? 'below 1' : fraction(0.5, 1)(value)),
    timeoutMs: check.duration,
  })
  const settings = { ...bounds, backoffRatio: options.backoffRatio ?? 0.9, timeoutMs: options.timeoutMs ?? 5_000 }
  return () => new AimdLimit(settings)
}

interface Settings extends ReturnType<typeof readBounds> {
  readonly backoffRatio: number
  readonly timeoutMs: Milliseconds
}

class AimdLimit implements ConcurrencyLimit {
  readonly #settings: Settings
  #exact: number
  #cutAt = Number.NEGATIVE_INFINITY

  constructor(settings: Settings) {
    this.#settings = settings
    this.#exact = settings.initial
  }

  get limit(): number {
    return Math.floor(this.#exact)
  }

  settled(outcome: AttemptOutcome, inFlight: number): void {
    const signal = loadSignal(outcome)
    // What began before the last cut tells of the limit before it.
    if (signal === null || outcome.times.startedAt < this.#cutAt) return
    const { min, max, now, backoffRatio, timeoutMs } = this.#settings
    if (signal === 'drop' || signal > timeoutMs) {
      this.#exact = Math.max(min, this.#exact * backoffRatio)
      this.#cutAt = now()
    } else if (inFlight * 2 >= this.limit) {
      this.#exact = Math.min(max, this.#exact + 1 / this.#exact)
    }
  }
}
