import { check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import type { LimitAlgorithm, LimitRule } from '../rule.js'
import type { LimitCounter, LimitStore } from '../store.js'
import type { Algorithm } from './algorithm.js'
import { FixedWindow } from './fixed-window.js'
import { Gcra } from './gcra.js'
import { MemoryCounter } from './memory-counter.js'
import { SlidingLog } from './sliding-log.js'
import { SlidingWindow } from './sliding-window.js'
import { TokenBucket } from './token-bucket.js'

export interface MemoryLimitStoreOptions {
  /**
   * Keys of one limit that are counted on their own; more of them share 1,024 counts by their hash, until others need theirs no
   * longer. @default 100000
   */
  readonly maxKeys?: number | undefined
  /** Reads a clock that never steps. @default performance.now */
  readonly now?: (() => Milliseconds) | undefined
  /** Reads the time of day, for limits by `period`. @default Date.now */
  readonly wallClock?: (() => Milliseconds) | undefined
}

/** Units that logs of one limit hold at most, whoever has them: 160 MB. */
const MOST_MOMENTS = 10_000_000

const ALGORITHMS: Readonly<Record<LimitAlgorithm, new (rule: LimitRule) => Algorithm>> = {
  'fixed-window': FixedWindow,
  'sliding-window': SlidingWindow,
  'sliding-log': SlidingLog,
  'token-bucket': TokenBucket,
  gcra: Gcra,
}

/**
 * Keeps counts in this process, a few numbers for each key, and decides at once. Each process of several has counts of its own then:
 * `redisLimitStore` shares them.
 *
 * No key is forgotten while anything counts against it, so that nobody gets a new limit by making the store forget the old one. There are
 * no timers: what has run out makes room as new keys come.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const store = memoryLimitStore({ maxKeys: 1_000_000 })
 * const perMinute = rateLimit({ name: 'per-minute', limit: 100, windowMs: 60_000, store })
 * ```
 */
export function memoryLimitStore(options: MemoryLimitStoreOptions = {}): LimitStore {
  checkOptions('memoryLimitStore', options, {
    maxKeys: check.whole(1, 16_000_000),
    now: check.function,
    wallClock: check.function,
  })
  const { maxKeys = 100_000, now = () => performance.now(), wallClock = () => Date.now() } = options
  const counters = new Map<string, { readonly rule: LimitRule; readonly counter: MemoryCounter }>()
  return {
    name: 'memory',
    isLocal: true,
    open(rule, name): LimitCounter {
      const known = counters.get(name)
      if (known !== undefined) {
        if (!isSame(known.rule, rule))
          throw optionError('memoryLimitStore', 'name', name, 'another name: a limit of other numbers has it already')
        return known.counter
      }
      const most = rule.algorithm === 'sliding-log' ? Math.min(maxKeys, Math.floor(MOST_MOMENTS / rule.limit)) : maxKeys
      const clock = rule.period === null ? now : wallClock
      const counter = new MemoryCounter(new ALGORITHMS[rule.algorithm](rule), rule.burst, most, clock)
      counters.set(name, { rule, counter })
      return counter
    },
    close() {
      for (const { counter } of counters.values()) counter.clear()
    },
  }
}

function isSame(one: LimitRule, other: LimitRule): boolean {
  return (Object.keys(one) as (keyof LimitRule)[]).every((part) => one[part] === other[part])
}
