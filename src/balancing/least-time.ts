import { check, checkOptions, type Milliseconds } from '../options.js'
import type { Balanced, Balancer } from './balancer.js'
import { Least } from './least.js'
import { PeakEwma } from './peak-ewma.js'

export interface LeastTimeOptions {
  /** `'lastByte'` counts the body, and the client's pace in reading it, too. @default 'firstByte' */
  readonly measure?: 'firstByte' | 'lastByte' | undefined
  /** Time in which what is known loses all but 1/e of its weight. @default 10000 (Kong's `latency`) */
  readonly decayMs?: Milliseconds | undefined
  /** Milliseconds, for tests. @default performance.now */
  readonly now?: (() => number) | undefined
}

/**
 * Picks the endpoint that answers soonest for what it has in flight, by peak EWMA (Finagle, Linkerd): a slow answer is believed at
 * once, and forgotten over `decayMs`. For endpoints that differ in speed, or may fall ill.
 *
 * A failed attempt, or a 502, 503 or 504, doubles the endpoint's cost, so that one that fails fast draws no traffic. Needs a pool, or
 * somebody else who calls `settled`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * createPool({ name: 'search', endpoints, balancer: leastTime() })
 * ```
 */
export function leastTime<E extends Balanced = Balanced>(options: LeastTimeOptions = {}): Balancer<E> {
  checkOptions('leastTime', options, {
    measure: check.oneOf('firstByte', 'lastByte'),
    decayMs: check.duration,
    now: check.function,
  })
  const { measure = 'firstByte', decayMs = 10_000, now = () => performance.now() } = options
  return new Least<E>('leastTime', () => new PeakEwma<E>({ measure, decayMs, now }))
}
