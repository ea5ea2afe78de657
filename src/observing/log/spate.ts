import type { Milliseconds } from '../../options.js'
import { type Clock, realClock } from '../../upstream/clock.js'

/** Lets a number of events of each kind through in an interval, and tells at its end how many it kept back. */
export class Spate<Kind extends string> {
  readonly #limit: number
  readonly #windowMs: Milliseconds
  readonly #tell: (kind: Kind, kept: number) => void
  readonly #clock: Clock
  readonly #counts = new Map<Kind, number>()
  #timer: unknown = null

  constructor(
    limit: number,
    windowMs: Milliseconds,
    tell: (kind: Kind, kept: number) => void,
    clock: Clock = realClock,
  ) {
    this.#limit = limit
    this.#windowMs = windowMs
    this.#tell = tell
    this.#clock = clock
  }

  /** Whether one more goes through. */
  pass(kind: Kind): boolean {
    this.#timer ??= this.#clock.setTimeout(() => this.end(), this.#windowMs)
    const count = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, count)
    return count <= this.#limit
  }

  /** Ends the interval. */
  end(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = null
    const counts = [...this.#counts]
    this.#counts.clear()
    for (const [kind, count] of counts) if (count > this.#limit) this.#tell(kind, count - this.#limit)
  }
}
