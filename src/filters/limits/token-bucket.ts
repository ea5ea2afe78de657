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
  /** When the tokens of whoever came last are there. */
  #lastDue = Number.NEGATIVE_INFINITY
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
    const wait = this.#tokens >= 0 ? 0 : -this.#tokens / this.#perMs
    this.#lastDue = now + wait
    return wait
  }

  /** Uses tokens that were reserved, and are there by now. */
  use(count: number, now: Milliseconds): void {
    this.#fill(now)
    this.#reserved -= count
  }

  /**
   * Gives up tokens that were reserved, and are there `dueAt`. They are lost while somebody behind still waits: his time was told with them gone, and whoever
   * came now and got them could use his own beside them, in a burst of more than there is.
   */
  giveBack(count: number, dueAt: Milliseconds, now: Milliseconds): void {
    this.use(count, now)
    if (dueAt >= this.#lastDue || now >= this.#lastDue) this.#tokens += count
  }

  #fill(now: Milliseconds): void {
    this.#tokens = Math.min(this.#burst - this.#reserved, this.#tokens + (now - this.#at) * this.#perMs)
    this.#at = now
  }
}
