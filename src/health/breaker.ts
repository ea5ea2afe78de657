import { events } from '../events.js'
import { type BreakerOptions, type BreakerState, checkBreaker, detectorsOf } from './breaker-options.js'
import type { Detector } from './detectors.js'
import { Recurrence } from './recurrence.js'

/** Leave for one attempt. Say what came of it exactly once; more is ignored. `using` cancels what was not told. */
export interface BreakerPermit extends Disposable {
  /** It went well. */
  success(): void
  /** The other side failed. */
  failure(): void
  /** It came to nothing through no fault of the other side, as when the client left: another may have its place (H-109). */
  cancel(): void
}

/** A circuit breaker: keeps attempts away from what fails, and tries it again now and then. */
export interface Breaker {
  readonly state: BreakerState
  /** Whether an attempt would be let through now; takes nothing. */
  allows(): boolean
  /** Lets one attempt through, or `null`. */
  tryAcquire(): BreakerPermit | null
}

/**
 * Makes a circuit breaker, for anything that can fail: no pool is needed, and no timers are used.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const breaker = createBreaker({ failureRate: { threshold: 0.5, minimumRequests: 20 }, openMs: 5_000 })
 * const permit = breaker.tryAcquire()
 * if (permit === null) return cached()
 * try {
 *   const answer = await lookUp()
 *   permit.success()
 *   return answer
 * } catch (error) {
 *   if (signal.aborted) permit.cancel()
 *   else permit.failure()
 *   throw error
 * }
 * ```
 */
export function createBreaker(options: BreakerOptions = {}): Breaker {
  checkBreaker(options)
  return new CircuitBreaker(options)
}

class CircuitBreaker implements Breaker {
  readonly #options: BreakerOptions
  readonly #detectors: readonly Detector[]
  readonly #attempts: number
  readonly #now: () => number
  readonly #recurrence = new Recurrence()
  #state: BreakerState = 'closed'
  #openUntil = 0
  /** Counts changes of state: a permit of an earlier one tells nothing any more. */
  #era = 0
  /** Half-open permits whose outcome is not known. */
  #out = 0
  #passed = 0

  constructor(options: BreakerOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#attempts = options.halfOpenAttempts ?? 1
    this.#detectors = detectorsOf(options, this.#now)
  }

  get state(): BreakerState {
    return this.#state === 'open' && this.#now() >= this.#openUntil ? 'half-open' : this.#state
  }

  allows(): boolean {
    const { state } = this
    if (state !== 'half-open') return state === 'closed'
    return this.#state === 'open' || this.#out + this.#passed < this.#attempts
  }

  tryAcquire(): BreakerPermit | null {
    if (!this.allows()) return null
    if (this.#state === 'open') this.#become('half-open', 'its time is over')
    if (this.#state === 'half-open') this.#out++
    return new Permit(this, this.#era)
  }

  /** A permit has come back; `failed` is `null` for one that tells nothing. */
  returned(era: number, failed: boolean | null): void {
    if (era !== this.#era) return
    if (this.#state === 'half-open') this.#judge(failed)
    else if (failed !== null)
      for (const detector of this.#detectors) if (detector.note(failed)) return this.#open(detector.why)
  }

  #judge(failed: boolean | null): void {
    this.#out--
    if (failed === true) this.#open('an attempt failed when half open')
    if (failed !== false || ++this.#passed < this.#attempts) return
    this.#recurrence.over(this.#now())
    this.#become('closed', 'enough good attempts')
  }

  #open(why: string): void {
    const { openMs = 10_000, maxOpenMs = 60_000, jitter = 0, random = Math.random } = this.#options
    const now = this.#now()
    const ms = Math.min(openMs * this.#recurrence.again(now, openMs), Math.max(openMs, maxOpenMs))
    this.#openUntil = now + ms * (1 + random() * jitter)
    this.#become('open', why)
  }

  #become(state: BreakerState, why: string): void {
    this.#state = state
    this.#era++
    this.#out = 0
    this.#passed = 0
    for (const detector of this.#detectors) detector.reset()
    try {
      this.#options.onChange?.(state, why)
    } catch (error) {
      events.emit('fault', { where: 'createBreaker onChange', error })
    }
  }
}

class Permit implements BreakerPermit {
  #breaker: CircuitBreaker | null
  readonly #era: number

  constructor(breaker: CircuitBreaker, era: number) {
    this.#breaker = breaker
    this.#era = era
  }

  success(): void {
    this.#return(false)
  }

  failure(): void {
    this.#return(true)
  }

  cancel(): void {
    this.#return(null)
  }

  [Symbol.dispose](): void {
    this.#return(null)
  }

  #return(failed: boolean | null): void {
    const breaker = this.#breaker
    this.#breaker = null
    breaker?.returned(this.#era, failed)
  }
}
