import { check, checkOptions, type Milliseconds } from '../options.js'
import type { Balanced, Balancer } from './balancer.js'
import { Least } from './least.js'
import { TrafficGauge } from './traffic-gauge.js'

export interface LeastBytesOptions {
  /** Time in which bytes lose all but 1/e of their weight. @default 60000 */
  readonly decayMs?: Milliseconds | undefined
  /** Milliseconds, for tests. @default performance.now */
  readonly now?: (() => number) | undefined
}

/**
 * Picks the endpoint with the fewest body bytes sent and received for its weight, as Apache's `bytraffic`, of late rather than ever.
 * For bodies of very unequal size. Needs a pool, or somebody else who calls `settled`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * createPool({ name: 'downloads', endpoints, balancer: leastBytes() })
 * ```
 */
export function leastBytes<E extends Balanced = Balanced>(options: LeastBytesOptions = {}): Balancer<E> {
  checkOptions('leastBytes', options, { decayMs: check.duration, now: check.function })
  const { decayMs = 60_000, now = () => performance.now() } = options
  return new Least<E>('leastBytes', () => new TrafficGauge<E>({ decayMs, now }))
}
