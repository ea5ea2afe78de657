import type { Exchange } from '../../exchange.js'
import { type Bytes, check, checkOptions, type Milliseconds } from '../../options.js'
import { compilePaths } from '../../routing/path-set.js'
import { fraction } from '../../upstream/concurrency-limit.js'
import type { DenialOptions } from '../denial.js'
import type { ProcessLimits } from './pressure.js'
import { NORMAL, type Priority, RANKS, type Rank } from './priority.js'

export interface ShedOptions extends DenialOptions {
  /**
   * Most requests in flight behind this filter, each until its last byte has left; a WebSocket until it is open. @default no limit
   */
  readonly maxInFlight?: number | undefined
  /**
   * How long a request may wait for its turn of the event loop once there is a queue: see {@link shed}. Two to ten times what a request
   * takes of the processor; shorter keeps latency lower, and sheds more of what comes in bursts. 0 is off. @default 20
   */
  readonly maxQueuedMs?: Milliseconds | undefined
  /** Most that the event loop may be late, smoothed over about half a second. @default no limit */
  readonly maxEventLoopDelayMs?: Milliseconds | undefined
  /** Most of the heap's limit (`--max-old-space-size`) that may be in use, 0.1 to 1, what can be collected included. @default no limit */
  readonly maxHeapShare?: number | undefined
  /** Most memory of the process. @default no limit */
  readonly maxRssBytes?: Bytes | undefined
  /**
   * Who is shed first: `low` at 80 % of a limit, `normal` at 95 %, `high` at all of it. Not to be read from what any client may
   * send. @default 'normal' for all
   */
  readonly priority?: ((exchange: Exchange) => Priority) | undefined
  /** What is never shed, nor counted: path patterns, or a test. For health checks and the like. @default nothing */
  readonly exempt?: readonly string[] | ((exchange: Exchange) => boolean) | undefined
  /** When clients are told to come back (Retry-After). 0 tells them nothing. @default 1000 */
  readonly retryAfterMs?: Milliseconds | undefined
}

/** The options, checked and filled in. */
export interface ShedRules extends ProcessLimits {
  readonly maxInFlight: number
  readonly maxQueuedMs: Milliseconds
  rankOf(exchange: Exchange): Rank
  isExempt(exchange: Exchange): boolean
  readonly headers: Readonly<Record<string, string>>
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function readShedOptions(options: ShedOptions): ShedRules {
  checkOptions('shed', options, {
    maxInFlight: check.whole(1, 1_000_000),
    maxQueuedMs: check.durationOrOff,
    maxEventLoopDelayMs: check.duration,
    maxHeapShare: fraction(0.1, 1),
    maxRssBytes: check.whole(2 ** 20, Number.MAX_SAFE_INTEGER),
    priority: check.function,
    exempt: check.either(check.strings, check.function),
    retryAfterMs: check.durationOrOff,
    events: check.object,
  })
  const { priority, exempt = [], retryAfterMs = 1_000, maxQueuedMs = 20 } = options
  const unlimited = Number.POSITIVE_INFINITY
  return {
    maxInFlight: options.maxInFlight ?? unlimited,
    maxQueuedMs,
    maxEventLoopDelayMs: options.maxEventLoopDelayMs ?? unlimited,
    maxHeapShare: options.maxHeapShare ?? unlimited,
    maxRssBytes: options.maxRssBytes ?? unlimited,
    rankOf: priority === undefined ? () => NORMAL : (exchange) => RANKS.get(priority(exchange)) ?? NORMAL,
    isExempt: typeof exempt === 'function' ? exempt : exempting(exempt),
    headers: retryAfterMs === 0 ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) },
  }
}

function exempting(patterns: readonly string[]): (exchange: Exchange) => boolean {
  if (patterns.length === 0) return () => false
  const matches = compilePaths(patterns, 'shed', 'exempt')
  return ({ target }) => matches(target.path)
}
