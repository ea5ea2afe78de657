import type { Milliseconds } from '../../options.js'

/**
 * A bucket that `rate` tokens a second flow into and that holds at most `burst`. Tokens can be reserved before they are there, in
 * turn: whoever came first gets his first, and nobody polls. What is reserved is in the bucket until it is used, so that whoever comes
 * late for his adds nothing to a burst.
 */
export class TokenBucket {
  readonly #perMs: number
  readonly #burst: number
  /** Less what is reserved: below 0 while somebody waits. */
  #tokens: number
  #reserved = 0
  #at: Milliseconds

  constructor(rate: number, burst: number, now: Milliseconds) {
    this.#perMs = rate / 1000
    this.#burst = burst
    this.#tokens = burst
    this.#at = now
  }

  /** Takes tokens if they are there. */
  take(count: number, now: Milliseconds): boolean {
    this.#fill(now)
    if (this.#tokens < count) return false
    this.#tokens -= count
    return true
  }

  /** Reserves tokens, and tells in how many milliseconds they will be there to {@link use}. */
  reserve(count: number, now: Milliseconds): Milliseconds {
    this.#fill(now)
    this.#tokens -= count
    this.#reserved += count
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#perMs
  }

  /** Uses tokens that were reserved, and are there by now. */
  use(count: number, now: Milliseconds): void {
    this.#fill(now)
    this.#reserved -= count
  }

  /** Gives up tokens that were reserved. */
  giveBack(count: number, now: Milliseconds): void {
    this.use(count, now)
    this.#tokens += count
  }

  #fill(now: Milliseconds): void {
    this.#tokens = Math.min(this.#burst - this.#reserved, this.#tokens + (now - this.#at) * this.#perMs)
    this.#at = now
  }
}
