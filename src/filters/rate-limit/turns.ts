import type { Exchange } from '../../exchange.js'
import type { Milliseconds } from '../../options.js'
import type { Clock } from '../../upstream/clock.js'

/** How many may wait for a turn, of each key, and for how long. */
export interface Line {
  readonly max: number
  readonly maxWaitMs: Milliseconds
}

interface Place {
  active: number
  /** First come, first served; what is in a set leaves from anywhere at no cost. */
  readonly waiting: Set<() => void>
}

/** Turns of keys: so many of each key may have one at once. Only keys that have some are remembered. */
export class Turns {
  readonly #limit: number
  readonly #line: Line
  readonly #clock: Clock
  readonly #places = new Map<string, Place>()
  active = 0
  waiting = 0

  constructor(limit: number, line: Line, clock: Clock) {
    this.#limit = limit
    this.#line = line
    this.#clock = clock
  }

  /** What `enter` would say of a key now. */
  outlook(key: string): 'enter' | 'wait' | 'deny' {
    const place = this.#places.get(key)
    if (place === undefined || place.active < this.#limit) return 'enter'
    return place.waiting.size < this.#line.max ? 'wait' : 'deny'
  }

  /** Gets a turn, at once or after a wait; false if there is none. Rejects if the client leaves meanwhile. */
  enter(key: string, exchange: Exchange): boolean | Promise<boolean> {
    const outlook = this.outlook(key)
    if (outlook === 'deny') return false
    const place = this.#places.get(key) ?? { active: 0, waiting: new Set() }
    if (outlook === 'wait') return this.#wait(place, exchange)
    this.#places.set(key, place)
    place.active += 1
    this.active += 1
    return true
  }

  /** Gives a turn back, to whoever waits first. */
  leave(key: string): void {
    const place = this.#places.get(key)!
    const [first] = place.waiting
    if (first !== undefined) return first()
    place.active -= 1
    this.active -= 1
    if (place.active === 0) this.#places.delete(key)
  }

  #wait({ waiting }: Place, exchange: Exchange): Promise<boolean> {
    this.waiting += 1
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.waiting -= 1
        waiting.delete(turn)
        this.#clock.clearTimeout(timer)
        exchange.cancel.remove(onAbort)
      }
      const turn = (): void => {
        end()
        resolve(true)
      }
      const onAbort = (reason: Error): void => {
        end()
        reject(reason)
      }
      const timer = this.#clock.setTimeout(() => {
        end()
        resolve(false)
      }, this.#line.maxWaitMs)
      waiting.add(turn)
      exchange.cancel.add(onAbort)
    })
  }
}
