import type { LimitRule } from './rule.js'

/** What came of asking for units. Whole numbers, never negative. */
export interface Decision {
  /** Whether the units were there. */
  readonly allowed: boolean
  /** Units per window. */
  readonly limit: number
  /** Units left now, of which a denied request took none. */
  readonly remaining: number
  /** Milliseconds until nothing counts against the key any more; of a fixed window, until it ends. */
  readonly resetMs: number
  /** Milliseconds until as many units are there as were asked for; 0 if allowed. `Infinity` if they never will: more than the limit. */
  readonly retryAfterMs: number
}

/** Where the counts of limits live. */
export interface LimitStore {
  /** In events and errors. */
  readonly name: string
  /** Whether its counts are in this process, so that a look at them asks nobody. @default false */
  readonly isLocal?: boolean | undefined
  /**
   * The counters of one rule. `name` tells rules of one store apart: two that share a name and a store share counts.
   */
  open(rule: LimitRule, name: string): LimitCounter
  /** Lets go of what the store holds open; what was given to it is not closed. */
  close(): void | Promise<void>
}

/** The counters of one rule, by key. A store that is not there rejects with `ERR_EDGE_STORE`. */
export interface LimitCounter {
  /** Takes `cost` units if they are there, all or none; at once where the store is in memory. */
  take(key: string, cost: number): Decision | Promise<Decision>
  /** What `take` would say, without taking. */
  peek(key: string, cost: number): Decision | Promise<Decision>
  /** Gives units back that were taken and not used. */
  give(key: string, cost: number): void | Promise<void>
  /** Forgets a key. */
  reset(key: string): void | Promise<void>
}
