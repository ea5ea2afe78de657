import { check, checkOptions, type Milliseconds, optionError } from '../options.js'
import { BoundedWait } from './bounded-wait.js'
import { decided, never } from './decided.js'
import type { LimitRule } from './rule.js'
import type { Decision, LimitCounter, LimitStore } from './store.js'

type Later<T> = T | Promise<T>

interface Hits {
  readonly totalHits: number
  readonly resetTime: Date | undefined
}

/** A store as those of express-rate-limit are: `rate-limit-redis`, `rate-limit-memcached`, its own `MemoryStore`, and so on. */
export interface ExpressRateLimitStore {
  init?(options: never): Later<void>
  get?(key: string): Later<Hits | undefined>
  increment(key: string): Later<Hits>
  decrement(key: string): Later<void>
  resetKey(key: string): Later<void>
  shutdown?(): Later<void>
}

export interface ExpressRateLimitStoreOptions {
  /** How long an answer is waited for. After one that did not come in time, the store is left alone for a second. @default 100 */
  readonly timeoutMs?: Milliseconds | undefined
}

/** Stores that a limit has: they keep counts by key alone, so that two limits would count into each other. */
const taken = new WeakSet<ExpressRateLimitStore>()

/**
 * Makes a store that was written for express-rate-limit one of Edgewise's. `createLimiter` and `rateLimit` take such a store as it is, too;
 * this is for other time limits.
 *
 * Such stores know fixed windows only, serve one limit each, count a unit a command, and count requests that were denied as well.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; for a limit by another algorithm, when that is made.
 * @example
 * ```ts
 * import { RedisStore } from 'rate-limit-redis'
 *
 * const store = expressRateLimitStore(new RedisStore({ sendCommand }), { timeoutMs: 50 })
 * const limit = rateLimit({ name: 'api', algorithm: 'fixed-window', limit: 100, windowMs: 60_000, store })
 * ```
 */
export function expressRateLimitStore(
  store: ExpressRateLimitStore,
  options: ExpressRateLimitStoreOptions = {},
): LimitStore {
  checkOptions('expressRateLimitStore', options, { timeoutMs: check.duration })
  if (!isExpressRateLimitStore(store))
    throw optionError('expressRateLimitStore', 'store', store, 'a store with increment, decrement and resetKey')
  const name = store.constructor?.name ?? 'express-rate-limit'
  return {
    name,
    open(rule): LimitCounter {
      if (rule.algorithm !== 'fixed-window' || rule.period !== null)
        throw optionError('expressRateLimitStore', 'algorithm', rule.algorithm, "'fixed-window', without a period")
      if (taken.has(store)) throw optionError('expressRateLimitStore', 'store', name, 'a store that no other limit has')
      taken.add(store)
      return new ExpressCounter(store, rule, options.timeoutMs ?? 100)
    },
    async close() {
      await store.shutdown?.()
    },
  }
}

export function isExpressRateLimitStore(value: unknown): value is ExpressRateLimitStore {
  const { increment, decrement, resetKey } = (value ?? {}) as Partial<ExpressRateLimitStore>
  return [increment, decrement, resetKey].every((each) => typeof each === 'function')
}

class ExpressCounter implements LimitCounter {
  readonly #store: ExpressRateLimitStore
  readonly #rule: LimitRule
  readonly #wait: BoundedWait
  /** `null` when it must be begun anew. */
  #ready: Promise<void> | null = null

  constructor(store: ExpressRateLimitStore, rule: LimitRule, timeoutMs: Milliseconds) {
    this.#store = store
    this.#rule = rule
    this.#wait = new BoundedWait(timeoutMs)
    // Whether it failed, those will know who ask.
    this.#init().catch(() => {})
  }

  async take(key: string, cost: number): Promise<Decision> {
    const { limit } = this.#rule
    if (cost === 0 || cost > limit) return this.peek(key, cost)
    let hits: Hits = { totalHits: 0, resetTime: undefined }
    for (let unit = 0; unit < cost; unit++) hits = await this.#ask(() => this.#store.increment(key))
    const { totalHits } = hits
    if (!Number.isInteger(totalHits) || totalHits < 1) throw new TypeError(`it counts ${totalHits} hits`)
    const allowed = totalHits <= limit
    const leftMs = this.#leftMs(hits)
    // Those of several units that were there are for others, who want fewer.
    if (!allowed && cost > 1) await this.give(key, cost)
    return decided(allowed, limit, limit - (allowed ? totalHits : totalHits - cost), leftMs, leftMs)
  }

  async peek(key: string, cost: number): Promise<Decision> {
    const { limit } = this.#rule
    const hits = (await this.#ask(() => this.#store.get?.(key))) ?? { totalHits: 0, resetTime: undefined }
    // rate-limit-redis says NaN of a key that it does not have.
    const used = Number.isInteger(hits.totalHits) ? Math.max(0, hits.totalHits) : 0
    const leftMs = used === 0 ? 0 : this.#leftMs(hits)
    if (cost > limit) return never(decided(true, limit, limit - used, leftMs, 0))
    const allowed = used + cost <= limit
    return decided(allowed, limit, limit - used - (allowed ? cost : 0), leftMs, leftMs)
  }

  async give(key: string, cost: number): Promise<void> {
    for (let unit = 0; unit < cost; unit++) await this.#ask(() => this.#store.decrement(key))
  }

  async reset(key: string): Promise<void> {
    await this.#ask(() => this.#store.resetKey(key))
  }

  #leftMs({ resetTime }: Hits): Milliseconds {
    const { windowMs } = this.#rule
    const left = resetTime === undefined ? windowMs : resetTime.getTime() - Date.now()
    return Number.isFinite(left) ? Math.min(windowMs, Math.max(1, left)) : windowMs
  }

  #ask<T>(question: () => Later<T>): Promise<T> {
    return this.#wait.run(async () => {
      await this.#init()
      return question()
    })
  }

  /** Again if it failed: a store whose server was not there yet is of use later. */
  #init(): Promise<void> {
    if (this.#ready !== null) return this.#ready
    const { limit, windowMs } = this.#rule
    const ready = (async () => this.#store.init?.({ windowMs, limit } as never))()
    this.#ready = ready
    ready.catch(() => {
      this.#ready = null
    })
    return ready
  }
}
