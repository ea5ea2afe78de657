import { EdgeError } from '../errors.js'
import { type EventHub, events as sharedEvents } from '../events.js'
import { type Check, check, checkOptions, type Milliseconds, optionError } from '../options.js'
import { boundedKey } from './bounded-key.js'
import { compileRule } from './compile-rule.js'
import {
  type ExpressRateLimitStore,
  expressRateLimitStore,
  isExpressRateLimitStore,
} from './express-rate-limit-store.js'
import { memoryLimitStore } from './memory/memory-limit-store.js'
import { type LimitRule, type LimitRuleOptions, ruleChecks } from './rule.js'
import type { Decision, LimitCounter, LimitStore } from './store.js'
import { StoreTrouble } from './store-trouble.js'

/** What happens while a store is not there: everybody passes, nobody does (503), or this process counts by itself. */
export type StoreErrorPolicy = 'open' | 'closed' | 'local'

export interface LimiterOptions extends LimitRuleOptions {
  /**
   * Tells limits apart, in a store that several share above all: limiters of one name and one store share counts, in other processes, too.
   * @default 'limit', with a store of its own
   */
  readonly name?: string | undefined
  /**
   * Where counts live; one that was written for express-rate-limit, too, for fixed windows. Whoever made it closes it.
   * @default a memory store of its own
   */
  readonly store?: LimitStore | ExpressRateLimitStore | undefined
  /**
   * What happens while the store is not there: `open` lets everybody pass, `closed` nobody (503), `local` counts in this process.
   *
   * @default 'local'
   */
  readonly onStoreError?: StoreErrorPolicy | undefined
  /** Of a store of its own: reads a clock that never steps. @default performance.now */
  readonly now?: (() => Milliseconds) | undefined
  /** Of a store of its own: reads the time of day, for limits by `period`. @default Date.now */
  readonly wallClock?: (() => Milliseconds) | undefined
  /** Where `store` events go. @default the shared `events` */
  readonly events?: EventHub | undefined
}

/** What a limiter decided. */
export interface LimiterDecision extends Decision {
  /** Set when the store was not there: nobody counted (`open`), or this process did (`local`). */
  readonly degraded?: 'open' | 'local' | undefined
}

/** Decides whether somebody may do something once more. */
export interface Limiter extends AsyncDisposable {
  /** Tells its counts from those of others in the same store. */
  readonly name: string
  /** Whether its counts are in this process, so that `peek` asks nobody. */
  readonly isLocal: boolean
  /** What it goes by, with all that the options left out. */
  readonly rule: LimitRule
  /**
   * Takes `cost` units if they are there, all or none; at once where the store is in memory, so that only others are to be awaited. More
   * units than the limit (`burst`) are never there: `retryAfterMs` is `Infinity` then.
   *
   * @param cost A whole number; 0 is always there. @default 1
   * @throws {@link EdgeError} `ERR_EDGE_BAD_VALUE` for what is no key or no cost; `ERR_EDGE_STORE` with `onStoreError: 'closed'`.
   */
  take(key: string, cost?: number): LimiterDecision | Promise<LimiterDecision>
  /** What `take` would say, without taking. */
  peek(key: string, cost?: number): LimiterDecision | Promise<LimiterDecision>
  /**
   * Gives units back that were taken and not used. Never more than nothing counts against a key afterwards.
   *
   * @param taken What `take` said: what the store did not count is not given to it.
   */
  give(key: string, cost?: number, taken?: LimiterDecision): void | Promise<void>
  /** Forgets a key. */
  reset(key: string): void | Promise<void>
  /** Closes a store of its own. */
  close(): Promise<void>
}

/**
 * Makes a limiter, which needs no HTTP: for jobs, messages, log-ins, or calls of others' APIs.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const mails = createLimiter({ algorithm: 'token-bucket', limit: 100, windowMs: 60_000, burst: 10 })
 * const { allowed, retryAfterMs } = await mails.take('alice@example.com')
 * if (!allowed) console.log(`again in ${retryAfterMs} ms`)
 * ```
 */
export function createLimiter(options: LimiterOptions): Limiter {
  return makeLimiter('createLimiter', options)
}

/** The checks of {@link LimiterOptions}, for `checkOptions`. */
export const limiterChecks: Readonly<Record<keyof LimiterOptions, Check>> = {
  ...ruleChecks,
  name: check.string,
  store: isStore,
  onStoreError: check.oneOf('open', 'closed', 'local'),
  now: check.function,
  wallClock: check.function,
  events: check.object,
}

/** The same, for factories that make limiters. */
export function makeLimiter(factory: string, options: LimiterOptions): Limiter {
  checkOptions(factory, options, limiterChecks)
  const { name, store, onStoreError = 'local', now, wallClock, events = sharedEvents, ...rule } = options
  const isExpress = isExpressRateLimitStore(store)
  if (store !== undefined && !isExpress && name === undefined)
    throw optionError(factory, 'name', undefined, 'a name that tells it apart from others in the store')
  if (store !== undefined && (now ?? wallClock) !== undefined)
    throw optionError(factory, 'now', now ?? wallClock, 'a clock here, or a store that has its own')
  return new StoreLimiter(
    name ?? 'limit',
    compileRule(factory, isExpress ? { ...rule, algorithm: rule.algorithm ?? 'fixed-window' } : rule),
    {
      store: isExpress ? expressRateLimitStore(store) : (store ?? memoryLimitStore({ now, wallClock })),
      owned: store === undefined,
      onStoreError,
      events,
    },
  )
}

class StoreLimiter implements Limiter {
  readonly name: string
  readonly isLocal: boolean
  readonly rule: LimitRule
  readonly #store: LimitStore
  readonly #owned: boolean
  readonly #counter: LimitCounter
  readonly #trouble: StoreTrouble

  constructor(
    name: string,
    rule: LimitRule,
    use: {
      readonly store: LimitStore
      readonly owned: boolean
      readonly onStoreError: StoreErrorPolicy
      readonly events: EventHub
    },
  ) {
    this.name = name
    this.rule = rule
    this.#store = use.store
    this.isLocal = use.store.isLocal === true
    this.#owned = use.owned
    this.#counter = use.store.open(rule, name)
    this.#trouble = new StoreTrouble(use.store.name, rule, use.onStoreError, use.events)
  }

  take(key: string, cost = 1): LimiterDecision | Promise<LimiterDecision> {
    return this.#ask('take', checkedKey(key), checkedCost(cost))
  }

  peek(key: string, cost = 1): LimiterDecision | Promise<LimiterDecision> {
    return this.#ask('peek', checkedKey(key), checkedCost(cost))
  }

  give(key: string, cost = 1, taken?: LimiterDecision): void | Promise<void> {
    const known = checkedKey(key)
    if (taken?.degraded !== undefined) return this.#trouble.give(known, checkedCost(cost), taken.degraded)
    return this.#told(() => this.#counter.give(known, checkedCost(cost)))
  }

  reset(key: string): void | Promise<void> {
    const known = checkedKey(key)
    this.#trouble.reset(known)
    return this.#counter.reset(known)
  }

  async close(): Promise<void> {
    if (this.#owned) await this.#store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #ask(what: 'take' | 'peek', key: string, cost: number): LimiterDecision | Promise<LimiterDecision> {
    try {
      const decision = this.#counter[what](key, cost)
      if (!(decision instanceof Promise)) return decision
      return decision.catch((error: unknown) => this.#trouble.decide(what, key, cost, error))
    } catch (error) {
      return this.#trouble.decide(what, key, cost, error)
    }
  }

  /** What can't be given back is lost to its key for a window, and no reason to fail. */
  #told(run: () => void | Promise<void>): void | Promise<void> {
    try {
      const done = run()
      if (done instanceof Promise) return done.catch((error: unknown) => this.#trouble.tell(error))
    } catch (error) {
      this.#trouble.tell(error)
    }
  }
}

function isStore(value: unknown): string | undefined {
  return isExpressRateLimitStore(value) || typeof (value as Partial<LimitStore> | null)?.open === 'function'
    ? undefined
    : 'a store of limits, or one for express-rate-limit'
}

function checkedKey(key: string): string {
  if (typeof key !== 'string' || key === '')
    throw new EdgeError('ERR_EDGE_BAD_VALUE', `a limiter's key is ${typeof key}; allowed: a non-empty string`)
  return boundedKey(key)
}

function checkedCost(cost: number): number {
  if (Number.isInteger(cost) && cost >= 0) return cost
  throw new EdgeError('ERR_EDGE_BAD_VALUE', `a limiter's cost is ${cost}; allowed: a whole number from 0`)
}
