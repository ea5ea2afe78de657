/** How many second attempts a pool grants, whoever asks. */
export interface RetryBudgetOptions {
  /** Retries per request in the long run. @default 0.2 (Finagle, Linkerd; Gateway API GEP-3388 `percent`) */
  readonly ratio?: number | undefined
  /** Retries per second that are granted in any case, so that little traffic can retry too (GEP-3388 `minRetryRate`). @default 10 */
  readonly minPerSecond?: number | undefined
}

/** How long a request's share is worth something, as Finagle's `ttl`. */
const KEPT_MS = 10_000

/**
 * A pool-wide retry budget, after Finagle's: each request pays in a fraction, each retry takes one out. Keeps retries and hedges
 * from multiplying the load on an upstream that already fails (H-102): no more than `ratio` of the requests, or `minPerSecond`,
 * whichever is more.
 */
export class RetryBudget {
  readonly #ratio: number
  readonly #perSecond: number
  readonly #now: () => number
  /** What requests have paid in; it may go into debt by what the floor grants. */
  #paid = 0
  #floor: number
  #at: number

  constructor(options: RetryBudgetOptions = {}, now: () => number = () => performance.now()) {
    this.#ratio = options.ratio ?? 0.2
    this.#perSecond = options.minPerSecond ?? 10
    this.#now = now
    this.#floor = this.#perSecond
    this.#at = now()
  }

  /** Retries that would be granted now. */
  get left(): number {
    this.#catchUp()
    return Math.floor(Math.max(this.#paid, this.#floor, 0))
  }

  /** A first attempt was made. */
  deposit(): void {
    this.#catchUp()
    this.#paid += this.#ratio
  }

  /** Takes one retry out, if there is one. */
  withdraw(): boolean {
    this.#catchUp()
    if (this.#paid < 1 && this.#floor < 1) return false
    this.#paid = Math.max(this.#paid - 1, -this.#perSecond)
    this.#floor = Math.max(this.#floor - 1, 0)
    return true
  }

  #catchUp(): void {
    const now = this.#now()
    const passed = now - this.#at
    // Every hundredth of the time it is kept: often enough, and next to nothing for each request.
    if (passed > 0 && passed < KEPT_MS / 100) return
    this.#at = now
    if (passed <= 0) return
    this.#paid *= Math.exp(-passed / KEPT_MS)
    this.#floor = Math.min(this.#perSecond, this.#floor + (passed / 1000) * this.#perSecond)
  }
}
