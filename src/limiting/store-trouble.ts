import { asError, EdgeError } from '../errors.js'
import type { EventHub } from '../events.js'
import type { LimiterDecision, StoreErrorPolicy } from './limiter.js'
import { memoryLimitStore } from './memory/memory-limit-store.js'
import type { LimitRule } from './rule.js'
import { Sparing } from './sparing.js'
import type { LimitCounter } from './store.js'

/** Decides in a store's place while it is not there, which is never taken for a limit that was reached (H-144). */
export class StoreTrouble {
  readonly #store: string
  readonly #rule: LimitRule
  readonly #policy: StoreErrorPolicy
  readonly #events: EventHub
  /** Made when it is needed first. */
  #local: LimitCounter | null = null
  readonly #sparing = new Sparing()

  constructor(store: string, rule: LimitRule, policy: StoreErrorPolicy, events: EventHub) {
    this.#store = store
    this.#rule = rule
    this.#policy = policy
    this.#events = events
  }

  /** @throws {@link EdgeError} `ERR_EDGE_STORE` if nobody may pass. */
  decide(what: 'take' | 'peek', key: string, cost: number, error: unknown): LimiterDecision | Promise<LimiterDecision> {
    this.tell(error)
    if (this.#policy === 'local') {
      this.#local ??= memoryLimitStore().open(this.#rule, 'local')
      return { ...(this.#local[what](key, cost) as LimiterDecision), degraded: 'local' }
    }
    if (this.#policy === 'closed')
      return Promise.reject(
        new EdgeError('ERR_EDGE_STORE', `store "${this.#store}" of a limit failed`, { cause: error }),
      )
    const { limit } = this.#rule
    return { allowed: true, limit, remaining: limit, resetMs: 0, retryAfterMs: 0, degraded: 'open' }
  }

  give(key: string, cost: number, degraded: 'open' | 'local'): void {
    if (degraded === 'local') void this.#local?.give(key, cost)
  }

  reset(key: string): void {
    void this.#local?.reset(key)
  }

  /** A store that knows what it failed with tells of it itself. */
  tell(error: unknown): void {
    if (error instanceof EdgeError && error.code === 'ERR_EDGE_STORE') return
    if (this.#sparing.due())
      this.#events.emit('store', { store: this.#store, change: 'refused', why: asError(error).message })
  }
}
