import type { Milliseconds } from '../options.js'
import type { Clock } from '../upstream/clock.js'

/** Into how many parts the time is cut: an event loop that stands still costs one of them at the most. */
const PARTS = 4
/** How many parts that came late are let pass, so that an event loop that is always late still comes to an end. */
const MOST_LATE = 2 * PARTS

/**
 * How long to wait for an answer, less the time in which nobody could have heard it: while the event loop stands still, answers wait in
 * the kernel, and the first thing that runs behind it are timers. Without this an app that computes for a second takes all its
 * endpoints for dead.
 */
export class Patience {
  readonly #ms: Milliseconds
  readonly #clock: Clock
  readonly #now: () => Milliseconds
  readonly #over: () => void
  #parts = 0
  #late = 0
  #timer: unknown = null

  /** @param now Milliseconds of a clock that never goes back. */
  constructor(ms: Milliseconds, clock: Clock, now: () => Milliseconds, over: () => void) {
    this.#ms = ms
    this.#clock = clock
    this.#now = now
    this.#over = over
    this.#next()
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer)
  }

  #next(): void {
    const part = this.#ms / PARTS
    const due = this.#now() + part
    this.#timer = this.#clock.setTimeout(() => {
      if (this.#now() - due <= part || ++this.#late > MOST_LATE) this.#parts++
      if (this.#parts >= PARTS) this.#over()
      else this.#next()
    }, part)
  }
}
