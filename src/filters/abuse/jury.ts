import type { Exchange } from '../../exchange.js'
import type { Outcome } from '../../outcome.js'
import { type BanRule, type CompiledRule, compileBanRule, type Moment } from './ban-rule.js'
import { OffenceCounts } from './offence-counts.js'

interface Count {
  readonly rule: CompiledRule
  readonly counts: OffenceCounts
}

/** Counts what clients do by each rule, and tells who has reached a limit. */
export class Jury {
  readonly #moments: Readonly<Record<Moment, readonly Count[]>>
  readonly #now: () => number
  readonly #condemn: (key: string, rule: CompiledRule) => void

  /** @throws {@link EdgeError} `ERR_EDGE_OPTION` for a rule that is none. */
  constructor(
    rules: readonly BanRule[],
    maxTracked: number,
    now: () => number,
    condemn: (key: string, rule: CompiledRule) => void,
  ) {
    const all = rules.map(compileBanRule).map((rule) => ({
      rule,
      counts: new OffenceCounts(rule.limit, rule.windowMs, maxTracked),
    }))
    const at = (moment: Moment): readonly Count[] => all.filter(({ rule }) => rule.moment === moment)
    this.#moments = { request: at('request'), settled: at('settled'), denied: at('denied'), anomaly: at('anomaly') }
    this.#now = now
    this.#condemn = condemn
  }

  hears(moment: Moment): boolean {
    return this.#moments[moment].length > 0
  }

  hear(moment: Moment, key: string, exchange: Exchange, outcome: Outcome | null): void {
    for (const { rule, counts } of this.#moments[moment]) {
      if (!rule.counts(exchange, outcome) || counts.add(key, this.#now()) < rule.limit) continue
      // The next ban takes as many again.
      counts.forget(key)
      this.#condemn(key, rule)
    }
  }

  /** Why a request would bring its client a ban as it comes; `null` if it would not. Counts nothing. */
  foresee(key: string, exchange: Exchange): string | null {
    for (const { rule, counts } of this.#moments.request)
      if (rule.counts(exchange, null) && counts.peek(key, this.#now()) + 1 >= rule.limit) return rule.why
    return null
  }

  forget(key: string): void {
    for (const counts of Object.values(this.#moments).flat()) counts.counts.forget(key)
  }
}
