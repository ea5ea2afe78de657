import type { EventHub } from '../../events.js'
import { type Exchange, type StateKey, stateKey } from '../../exchange.js'
import { limitsOf } from '../rate-limit/limits-of.js'
import type { LimitOptions } from '../rate-limit/rate-limit-options.js'

/** Tells when a consumer has used up to a share of a quota: whose unit crosses it tells, so that of all processes one does. */
export class QuotaMarks {
  readonly #hub: EventHub
  readonly #shares: readonly number[]
  readonly #costs = new Map<string, number | StateKey<number>>()

  constructor(hub: EventHub, shares: readonly number[]) {
    this.#hub = hub
    this.#shares = shares
  }

  /** Whether anybody would hear of it. */
  get heard(): boolean {
    return this.#shares.length > 0 && this.#hub.has('quota')
  }

  /** Marks a quota; what a function says that a request costs is noted. */
  watch(quota: LimitOptions): LimitOptions {
    const { name, cost = 1 } = quota
    if (typeof cost === 'number') {
      this.#costs.set(name!, cost)
      return quota
    }
    const noted: StateKey<number> = stateKey('cost')
    this.#costs.set(name!, noted)
    const note = (exchange: Exchange, units: number): number => {
      exchange.set(noted, units)
      return units
    }
    return {
      ...quota,
      cost: (exchange) => {
        const units = cost(exchange)
        return typeof units === 'number' ? note(exchange, units) : units.then((late) => note(exchange, late))
      },
    }
  }

  /** @param before How many limits had counted the exchange before the plan's. */
  tell(exchange: Exchange, consumer: string, before: number): void {
    for (const { name, limit, used, resetMs } of limitsOf(exchange).slice(before)) {
      const known = this.#costs.get(name)
      if (known === undefined) continue
      const cost = typeof known === 'number' ? known : (exchange.get(known) ?? 0)
      for (const share of this.#shares) {
        const mark = Math.ceil(limit * share)
        if (used >= mark && used - cost < mark)
          this.#hub.emit('quota', { exchange, consumer, quota: name, share, used, limit, resetMs })
      }
    }
  }
}
