/** How many second attempts a pool grants, whoever asks. */
export interface RetryBudgetOptions {
  /** Retries per request in the long run. @default 0.2 (Finagle, Linkerd, Gateway API GEP-3388) */
  readonly ratio?: number | undefined
  /** Retries per second that are granted in any case, so that little traffic can retry too. @default 10 */
  readonly minPerSecond?: number | undefined
}

/**
 * A pool-wide retry budget, after Finagle's: each request pays in a fraction, each retry takes one out. Keeps retries from
 * multiplying the load on an upstream that already fails (H-102).
 */
export class RetryBudget {
  readonly #ratio: number
  readonly #perMs: number
  readonly #cap: number
  readonly #now: () => number
  #tokens: number
  #at: number

  constructor(options: RetryBudgetOptions = {}, now: () => number = () => performance.now()) {
    this.#ratio = options.ratio ?? 0.2
    const perSecond = options.minPerSecond ?? 10
    this.#perMs = perSecond / 1000
    this.#cap = Math.max(perSecond, 1) * 10
    this.#now = now
    this.#tokens = perSecond
    this.#at = now()
  }

  /** Retries that would be granted now. */
  get tokens(): number {
    const now = this.#now()
    this.#tokens = Math.min(this.#cap, this.#tokens + Math.max(0, now - this.#at) * this.#perMs)
    this.#at = now
    return this.#tokens
  }

  /** A first attempt was made. */
  deposit(): void {
    this.#tokens = Math.min(this.#cap, this.#tokens + this.#ratio)
  }

  /** Takes one retry out, if there is one. */
  withdraw(): boolean {
    if (this.tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
