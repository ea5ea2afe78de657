import type { Exchange } from '../../exchange.js'
import type { Milliseconds } from '../../options.js'
import type { Reply } from '../../reply.js'
import type { Clock } from '../../upstream/clock.js'

/** One key may take this share of the places, so that many clients are slowed down rather than one. */
const SHARE = 0.1

/** Holds replies back for a while at the cost of a timer each, as HAProxy's `http-request tarpit`. */
export class Tarpit {
  readonly #holdMs: Milliseconds
  readonly #places: number
  readonly #placesPerKey: number
  readonly #clock: Clock
  readonly #held = new Set<() => void>()
  readonly #perKey = new Map<string, number>()

  constructor(holdMs: Milliseconds, places: number, clock: Clock) {
    this.#holdMs = holdMs
    this.#places = places
    this.#placesPerKey = Math.ceil(places * SHARE)
    this.#clock = clock
  }

  /** How many are held. */
  get size(): number {
    return this.#held.size
  }

  /** A reply for later, or at once where there is no place. */
  hold(exchange: Exchange, key: string, reply: Reply): Promise<Reply> {
    const taken = this.#perKey.get(key) ?? 0
    if (this.#held.size >= this.#places || taken >= this.#placesPerKey) return Promise.resolve(reply)
    this.#perKey.set(key, taken + 1)
    return new Promise((resolve) => {
      const end = (): void => {
        this.#clock.clearTimeout(timer)
        exchange.cancel.remove(end)
        this.#held.delete(end)
        this.#leave(key)
        resolve(reply)
      }
      const timer = this.#clock.setTimeout(end, this.#holdMs)
      this.#held.add(end)
      exchange.cancel.add(end)
    })
  }

  /** Lets all go now. */
  release(): void {
    for (const end of [...this.#held]) end()
  }

  #leave(key: string): void {
    const taken = this.#perKey.get(key)! - 1
    if (taken === 0) this.#perKey.delete(key)
    else this.#perKey.set(key, taken)
  }
}
