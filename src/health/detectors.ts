import { type Check, check, checkOptions, type Milliseconds } from '../options.js'

/** Watches successes and failures, and says when there are too many failures. */
export interface Detector {
  /** Notes one; true if it was the one too many. */
  note(failed: boolean): boolean
  /** Why it trips, in words. */
  readonly why: string
  reset(): void
}

/** Trips at so many failures in a row. */
export class ConsecutiveFailures implements Detector {
  readonly why: string
  readonly #limit: number
  #count = 0

  constructor(limit: number) {
    this.#limit = limit
    this.why = `${limit} failures in a row`
  }

  note(failed: boolean): boolean {
    this.#count = failed ? this.#count + 1 : 0
    return this.#count >= this.#limit
  }

  reset(): void {
    this.#count = 0
  }
}

/** How large a share of recent attempts may fail. */
export interface FailureRateOptions {
  /** Share of failures that is too much, above 0 to 1. @default 0.5 */
  readonly threshold?: number | undefined
  /** Fewer attempts within the window say nothing. @default 20 (Hystrix) */
  readonly minimumRequests?: number | undefined
  /** How long an attempt is remembered. @default 10000 (Hystrix) */
  readonly windowMs?: Milliseconds | undefined
}

/** Checks the `failureRate` option of a breaker. */
export function checkFailureRate(factory: string, options: FailureRateOptions): void {
  const share: Check = (value) =>
    typeof value === 'number' && value > 0 && value <= 1 ? undefined : 'a number above 0, to 1'
  checkOptions(factory, options, {
    threshold: share,
    minimumRequests: check.whole(1, 1_000_000),
    windowMs: check.duration,
  })
}

/** Parts of the window: it slides by a tenth of its length. */
const PARTS = 10

/** Trips when too large a share of the attempts within a sliding window failed. O(1) an attempt, without allocation. */
export class FailureRate implements Detector {
  readonly why: string
  readonly #threshold: number
  readonly #minimum: number
  readonly #partMs: number
  readonly #now: () => number
  readonly #requests = new Uint32Array(PARTS)
  readonly #failures = new Uint32Array(PARTS)
  #allRequests = 0
  #allFailures = 0
  /** Number of the newest part, counted from the clock's zero. */
  #newest: number

  constructor({ threshold = 0.5, minimumRequests = 20, windowMs = 10_000 }: FailureRateOptions, now: () => number) {
    this.#threshold = threshold
    this.#minimum = minimumRequests
    this.#partMs = windowMs / PARTS
    this.#now = now
    this.#newest = Math.floor(now() / this.#partMs)
    this.why = `failure rate reached ${threshold}`
  }

  note(failed: boolean): boolean {
    this.#slide()
    const at = this.#newest % PARTS
    this.#requests[at]! += 1
    this.#allRequests += 1
    if (!failed) return false
    this.#failures[at]! += 1
    this.#allFailures += 1
    return this.#allRequests >= this.#minimum && this.#allFailures >= this.#threshold * this.#allRequests
  }

  reset(): void {
    this.#requests.fill(0)
    this.#failures.fill(0)
    this.#allRequests = 0
    this.#allFailures = 0
  }

  #slide(): void {
    const newest = Math.floor(this.#now() / this.#partMs)
    if (newest - this.#newest >= PARTS) this.reset()
    else
      for (let part = this.#newest + 1; part <= newest; part++) {
        const at = part % PARTS
        this.#allRequests -= this.#requests[at]!
        this.#allFailures -= this.#failures[at]!
        this.#requests[at] = 0
        this.#failures[at] = 0
      }
    this.#newest = newest
  }
}
