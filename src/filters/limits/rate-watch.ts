import type { Milliseconds } from '../../options.js'
import type { Clock } from '../../upstream/clock.js'

/** Time, and timers that go by it. */
export interface RateClock {
  readonly now: () => Milliseconds
  readonly timers: Clock
}

/**
 * Watches that a peer moves bytes no slower than a rate, while it is the one that is waited for: whoever falls behind the rate by
 * more than the grace time is too slow. A fast start earns no more than the grace, so that a stall is noticed within it.
 *
 * Bytes only move the deadline; the timer that is armed looks at it when it fires, and goes on for the rest.
 */
export class RateWatch {
  readonly #msPerByte: number
  readonly #graceMs: Milliseconds
  readonly #clock: RateClock
  readonly #tooSlow: () => void
  /** How long may still be waited, as of `#since`. */
  #left: Milliseconds
  #since: Milliseconds | null = null
  #timer: unknown = null
  #firesAt = 0
  #closed = false

  constructor(bytesPerSecond: number, graceMs: Milliseconds, clock: RateClock, tooSlow: () => void) {
    this.#msPerByte = 1000 / bytesPerSecond
    this.#graceMs = graceMs
    this.#clock = clock
    this.#tooSlow = tooSlow
    this.#left = graceMs
  }

  /** The peer is waited for from now on. @param owed Bytes that it is given time for in advance. */
  wait(owed = 0): void {
    if (this.#closed) return
    const now = this.#clock.now()
    this.#spend(now)
    this.#since = now
    this.#left += owed * this.#msPerByte
    const deadline = now + this.#left
    if (this.#timer === null || deadline < this.#firesAt) this.#arm(now)
  }

  /** It has moved bytes. */
  moved(bytes: number): void {
    this.#spend(this.#clock.now())
    this.#left = Math.min(this.#graceMs, this.#left + bytes * this.#msPerByte)
  }

  /** It is not waited for any more, until the next {@link wait}. */
  rest(): void {
    this.#spend(this.#clock.now())
    this.#since = null
    this.#left = Math.min(this.#graceMs, this.#left)
  }

  /** It is none of our business any more, for good. */
  close(): void {
    this.#closed = true
    this.#since = null
    if (this.#timer !== null) this.#clock.timers.clearTimeout(this.#timer)
    this.#timer = null
  }

  #spend(now: Milliseconds): void {
    if (this.#since === null) return
    this.#left -= now - this.#since
    this.#since = now
  }

  #arm(now: Milliseconds): void {
    if (this.#timer !== null) this.#clock.timers.clearTimeout(this.#timer)
    const ms = Math.max(1, Math.ceil(this.#left))
    this.#firesAt = now + ms
    this.#timer = this.#clock.timers.setTimeout(() => this.#fired(), ms)
  }

  #fired(): void {
    this.#timer = null
    if (this.#since === null) return
    const now = this.#clock.now()
    this.#spend(now)
    if (this.#left >= 1) return this.#arm(now)
    // Told once: what ends by it may come back here before it has ended.
    this.close()
    this.#tooSlow()
  }
}
