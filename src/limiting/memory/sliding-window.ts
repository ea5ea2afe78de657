import type { Milliseconds } from '../../options.js'
import { decided, SLACK } from '../decided.js'
import type { LimitRule } from '../rule.js'
import type { Decision } from '../store.js'
import { type Cells, grown } from './cells.js'

/**
 * Of each key the counts of this window and of the last. As this window passes, the last one's count fades, as if its units had come
 * evenly (Cloudflare's counter). No window of the grid holds more than `limit`, and no stretch of f windows more than `limit × (1 + f)`.
 */
export class SlidingWindowCells implements Cells {
  readonly #limit: number
  readonly #windowMs: Milliseconds
  /** Which window `#current` counts. */
  #index = new Float64Array(0)
  #previous = new Uint32Array(0)
  #current = new Uint32Array(0)

  constructor({ limit, windowMs }: LimitRule) {
    this.#limit = limit
    this.#windowMs = windowMs
  }

  grow(rows: number): void {
    this.#index = grown(this.#index, rows)
    this.#previous = grown(this.#previous, rows)
    this.#current = grown(this.#current, rows)
  }

  decide(row: number, cost: number, now: Milliseconds, spend: boolean): Decision {
    this.#turn(row, now)
    const limit = this.#limit
    const width = this.#windowMs
    const previous = this.#previous[row]!
    const current = this.#current[row]!
    const rest = 1 - (now % width) / width
    const before = previous * rest + current
    const allowed = before + cost <= limit + SLACK
    const after = allowed ? before + cost : before
    const counted = allowed ? current + cost : current
    if (allowed && spend) this.#current[row] = counted
    const resetMs = counted > 0 ? (1 + rest) * width : previous > 0 ? rest * width : 0
    return decided(allowed, limit, limit - after, resetMs, allowed ? 0 : this.#wait(previous, current, rest, cost))
  }

  give(row: number, cost: number, now: Milliseconds): void {
    this.#turn(row, now)
    // The last window's units have begun to fade: what was taken there is left to it.
    this.#current[row] = Math.max(0, this.#current[row]! - cost)
  }

  isFresh(row: number, now: Milliseconds): boolean {
    this.#turn(row, now)
    return this.#current[row] === 0 && this.#previous[row] === 0
  }

  clear(row: number): void {
    this.#previous[row] = 0
    this.#current[row] = 0
  }

  /** Goes on to the window that `now` lies in. A clock that steps back takes the counts along (H-142). */
  #turn(row: number, now: Milliseconds): void {
    const index = Math.floor(now / this.#windowMs)
    const passed = index - this.#index[row]!
    if (passed === 0) return
    this.#index[row] = index
    if (passed < 0) return
    this.#previous[row] = passed === 1 ? this.#current[row]! : 0
    this.#current[row] = 0
  }

  /** How long until the fading has made room. */
  #wait(previous: number, current: number, rest: number, cost: number): Milliseconds {
    const room = this.#limit - cost
    if (current <= room) return (rest - (room - current) / previous) * this.#windowMs
    return (rest + 1 - room / current) * this.#windowMs
  }
}
