import type { Milliseconds } from '../../options.js'
import { decided } from '../decided.js'
import type { LimitRule } from '../rule.js'
import type { Decision } from '../store.js'
import type { Algorithm } from './algorithm.js'
import { Moments } from './moments.js'

const USED = 0
/** Numbers of the first moment and the last; 0 is none. */
const OLDEST = 1
const NEWEST = 2
/** When the oldest was, which is asked each time. */
const SINCE = 3

/** Of each key the moments at which it took units, for as long as a window: no window of any place holds more than the limit. */
export class SlidingLog implements Algorithm {
  readonly width = 4
  readonly #limit: number
  readonly #windowMs: Milliseconds
  readonly #moments = new Moments()
  #latest: Milliseconds = 0

  constructor({ limit, windowMs }: LimitRule) {
    this.#limit = limit
    this.#windowMs = windowMs
  }

  decide(cells: Float64Array, at: number, cost: number, now: Milliseconds, spend: boolean): Decision {
    this.#forget(cells, at, now)
    const before = cells[at + USED]!
    const allowed = before + cost <= this.#limit
    const after = allowed ? before + cost : before
    const adds = allowed && cost > 0
    if (adds && spend) this.#add(cells, at, cost, now)
    const resetMs = adds ? this.#windowMs : this.#left(cells, at, now)
    return decided(allowed, this.#limit, this.#limit - after, resetMs, allowed ? 0 : this.#wait(cells, at, cost, now))
  }

  /** Takes the oldest out: which they were is not known, and what goes first would have gone first anyway. */
  give(cells: Float64Array, at: number, cost: number, now: Milliseconds): void {
    this.#forget(cells, at, now)
    for (let left = Math.min(cost, cells[at + USED]!); left > 0; ) {
      const oldest = cells[at + OLDEST]!
      const units = this.#moments.units(oldest)
      if (units > left) {
        this.#moments.lessen(oldest, left)
        cells[at + USED]! -= left
      } else this.#drop(cells, at)
      left -= units
    }
  }

  isFresh(cells: Float64Array, at: number, now: Milliseconds): boolean {
    this.#forget(cells, at, now)
    return cells[at + USED] === 0
  }

  release(cells: Float64Array, at: number): void {
    while (cells[at + OLDEST] !== 0) this.#drop(cells, at)
  }

  #add(cells: Float64Array, at: number, cost: number, now: Milliseconds): void {
    const added = this.#moments.add(now, cost, cells[at + NEWEST]!)
    cells[at + NEWEST] = added
    if (cells[at + OLDEST] === 0) {
      cells[at + OLDEST] = added
      cells[at + SINCE] = now
    }
    cells[at + USED]! += cost
  }

  #forget(cells: Float64Array, at: number, now: Milliseconds): void {
    if (now < this.#latest) this.#stepBack(cells, at, now)
    else this.#latest = now
    while (cells[at + OLDEST] !== 0 && cells[at + SINCE]! + this.#windowMs <= now) this.#drop(cells, at)
  }

  /** A clock that steps back takes what was after its new time along (H-142). */
  #stepBack(cells: Float64Array, at: number, now: Milliseconds): void {
    this.#moments.hold(cells[at + OLDEST]!, now)
    cells[at + SINCE] = Math.min(cells[at + SINCE]!, now)
  }

  #drop(cells: Float64Array, at: number): void {
    const oldest = cells[at + OLDEST]!
    cells[at + USED]! -= this.#moments.units(oldest)
    const next = this.#moments.remove(oldest)
    cells[at + OLDEST] = next
    if (next === 0) cells[at + NEWEST] = 0
    else cells[at + SINCE] = this.#moments.at(next)
  }

  #left(cells: Float64Array, at: number, now: Milliseconds): Milliseconds {
    const newest = cells[at + NEWEST]!
    return newest === 0 ? 0 : this.#moments.at(newest) + this.#windowMs - now
  }

  /** How long until so many of the oldest are forgotten that there is room. */
  #wait(cells: Float64Array, at: number, cost: number, now: Milliseconds): Milliseconds {
    let over = cells[at + USED]! + cost - this.#limit
    let moment = cells[at + OLDEST]!
    for (; over > this.#moments.units(moment); moment = this.#moments.next(moment)) over -= this.#moments.units(moment)
    return this.#moments.at(moment) + this.#windowMs - now
  }
}
