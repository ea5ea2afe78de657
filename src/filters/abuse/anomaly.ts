import { type EventHub, events as sharedEvents } from '../../events.js'
import { defineFilter, type Filter } from '../../filter.js'
import { check, checkOptions, type Milliseconds } from '../../options.js'
import { fraction } from '../../upstream/concurrency-limit.js'
import { Baselines } from './baselines.js'
import { type ClientKeyOptions, clientKeyChecks, clientKeys } from './client-key.js'

export interface AnomalyOptions extends ClientKeyOptions {
  /** What requests are counted by. @default 10_000 */
  readonly intervalMs?: Milliseconds | undefined
  /** Intervals in which a client must have asked before it can be unusual. @default 30 */
  readonly warmUpIntervals?: number | undefined
  /** Fewer requests in an interval are never unusual. @default 50 */
  readonly minRequests?: number | undefined
  /** How far above its mean a client must be, in standard deviations. Fewer find more, and err more often. @default 6 */
  readonly deviations?: number | undefined
  /** Most clients kept, half of them for those that are new; of each half the one that asked longest ago gives way. @default 10_000 */
  readonly maxClients?: number | undefined
  /** The clock, in milliseconds. @default performance.now */
  readonly now?: (() => number) | undefined
  /** Where `anomaly` events go. @default the shared `events` */
  readonly events?: EventHub | undefined
}

const FILTER = 'anomaly'

/**
 * Makes the filter that tells, by an `anomaly` event, when a client asks far more often than it used to. It lets all pass: a sign is no
 * proof, and a client that has become popular looks the same. A ban behind which it stands can count them.
 *
 * A client is held against itself: against mean and variance of its requests in those intervals in which it asked, newer ones weighing more.
 * One that is new has no past, and is never unusual; whoever begins with a flood is a rate limit's affair. So is one that grows so
 * slowly that each step becomes usual.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * events.on('anomaly', ({ key, count, usual }) => console.warn(`${key}: ${count}, as a rule ${usual.toFixed(0)}`))
 * const filters = [ban({ rules: [{ count: 'anomalies', limit: 3, windowMs: 600_000 }] }), anomaly()]
 * ```
 */
export function anomaly(options: AnomalyOptions = {}): Filter {
  checkOptions(FILTER, options, {
    ...clientKeyChecks,
    intervalMs: check.duration,
    warmUpIntervals: check.whole(2, 1_000_000),
    minRequests: check.whole(1, 1_000_000_000),
    deviations: fraction(1, 1_000),
    maxClients: check.whole(2, 10_000_000),
    now: check.function,
    events: check.object,
  })
  const { intervalMs = 10_000, warmUpIntervals: warmUp = 30, minRequests = 50, deviations = 6 } = options
  const { maxClients = 10_000, now = () => performance.now(), events: hub = sharedEvents } = options
  const keys = clientKeys(options, FILTER, hub)
  const baselines = new Baselines({ intervalMs, warmUp, minRequests, deviations, maxClients })
  return defineFilter(
    { filterName: FILTER, stage: 'observe', explain: () => ({ verdict: 'pass', why: 'it only counts' }) },
    (exchange, next) => {
      const key = keys.of(exchange)
      const found = key === null ? null : baselines.count(key, now())
      if (found !== null) hub.emit('anomaly', { exchange, key: key!, count: found.count, usual: found.mean })
      return next(exchange)
    },
  )
}
