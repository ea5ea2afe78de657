import type { Milliseconds } from '../../options.js'
import type { Clock } from '../../upstream/clock.js'

/** How often a process is looked at. */
export const EVERY_MS = 100

/** Calls back every {@link EVERY_MS}, with how late that is, from the first start until as many stops. It keeps no process alive. */
export class Watch {
  readonly #look: (lateMs: Milliseconds) => void
  readonly #clock: Clock
  readonly #now: () => number
  #users = 0
  #timer: unknown

  constructor(look: (lateMs: Milliseconds) => void, clock: Clock, now: () => number) {
    this.#look = look
    this.#clock = clock
    this.#now = now
  }

  start(): void {
    if (++this.#users === 1) this.#wait()
  }

  /** @returns whether that was the last. */
  stop(): boolean {
    if (this.#users === 0 || --this.#users > 0) return false
    this.#clock.clearTimeout(this.#timer)
    return true
  }

  #wait(): void {
    const due = this.#now() + EVERY_MS
    this.#timer = this.#clock.setTimeout(() => {
      this.#wait()
      this.#look(Math.max(0, this.#now() - due))
    }, EVERY_MS)
  }
}
