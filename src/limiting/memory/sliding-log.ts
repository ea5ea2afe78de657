import type { Milliseconds } from '../../options.js'
import { decided } from '../decided.js'
import type { LimitRule } from '../rule.js'
import type { Decision } from '../store.js'
import { type Cells, grown } from './cells.js'
import { Moments } from './moments.js'

/** Of each key the moments at which it took units, for as long as a window: no window of any place holds more than the limit. */
export class SlidingLogCells implements Cells {
  readonly #limit: number
  readonly #windowMs: Milliseconds
  readonly #moments = new Moments()
  #oldest = new Uint32Array(0)
  #newest = new Uint32Array(0)
  #used = new Uint32Array(0)

  constructor({ limit, windowMs }: LimitRule) {
    this.#limit = limit
    this.#windowMs = windowMs
  }

  grow(rows: number): void {
    this.#oldest = grown(this.#oldest, rows)
    this.#newest = grown(this.#newest, rows)
    this.#used = grown(this.#used, rows)
  }

  decide(row: number, cost: number, now: Milliseconds, spend: boolean): Decision {
    this.#forget(row, now)
    const before = this.#used[row]!
    const allowed = before + cost <= this.#limit
    const after = allowed ? before + cost : before
    if (allowed && spend && cost > 0) {
      const added = this.#moments.add(now, cost, this.#newest[row]!)
      this.#newest[row] = added
      if (this.#oldest[row] === 0) this.#oldest[row] = added
      this.#used[row] = after
    }
    const lastAt = allowed && cost > 0 ? now : before > 0 ? this.#moments.at(this.#newest[row]!) : now - this.#windowMs
    const resetMs = lastAt + this.#windowMs - now
    return decided(allowed, this.#limit, this.#limit - after, resetMs, allowed ? 0 : this.#wait(row, cost, now))
  }

  /** Takes the oldest out: which they were is not known, and what goes first would have gone first anyway. */
  give(row: number, cost: number, now: Milliseconds): void {
    this.#forget(row, now)
    for (let left = Math.min(cost, this.#used[row]!); left > 0; ) {
      const units = this.#moments.units(this.#oldest[row]!)
      if (units > left) this.#moments.lessen(this.#oldest[row]!, left)
      else this.#drop(row)
      const given = Math.min(units, left)
      left -= given
      if (units > given) this.#used[row] = this.#used[row]! - given
    }
  }

  isFresh(row: number, now: Milliseconds): boolean {
    this.#forget(row, now)
    return this.#used[row] === 0
  }

  clear(row: number): void {
    while (this.#oldest[row] !== 0) this.#drop(row)
  }

  #forget(row: number, now: Milliseconds): void {
    // A clock that steps back takes what was after its new time along (H-142).
    if (this.#used[row]! > 0 && this.#moments.at(this.#newest[row]!) > now) this.#moments.hold(this.#oldest[row]!, now)
    while (this.#oldest[row] !== 0 && this.#moments.at(this.#oldest[row]!) + this.#windowMs <= now) this.#drop(row)
  }

  #drop(row: number): void {
    const oldest = this.#oldest[row]!
    this.#used[row] = this.#used[row]! - this.#moments.units(oldest)
    this.#oldest[row] = this.#moments.remove(oldest)
    if (this.#oldest[row] === 0) this.#newest[row] = 0
  }

  /** How long until so many of the oldest are forgotten that there is room. */
  #wait(row: number, cost: number, now: Milliseconds): Milliseconds {
    let over = this.#used[row]! + cost - this.#limit
    let moment = this.#oldest[row]!
    for (; over > this.#moments.units(moment); moment = this.#moments.next(moment)) over -= this.#moments.units(moment)
    return this.#moments.at(moment) + this.#windowMs - now
  }
}
