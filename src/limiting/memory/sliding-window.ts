import type { Milliseconds } from '../../options.js'
import { decided, SLACK } from '../decided.js'
import type { LimitRule } from '../rule.js'
import type { Decision } from '../store.js'
import type { Algorithm } from './algorithm.js'

const INDEX = 0
const PREVIOUS = 1
const CURRENT = 2

/**
 * Of each key which window it is in, and the counts of the window before and of this one. As this window passes, the last one's count
 * fades, as if its units had come evenly (Cloudflare's counter). No window of the grid holds more than `limit`, and no stretch of f
 * windows more than `limit × (1 + f)`.
 */
export class SlidingWindow implements Algorithm {
  readonly width = 3
  readonly #limit: number
  readonly #windowMs: Milliseconds

  constructor({ limit, windowMs }: LimitRule) {
    this.#limit = limit
    this.#windowMs = windowMs
  }

  decide(cells: Float64Array, at: number, cost: number, now: Milliseconds, spend: boolean): Decision {
    this.#turn(cells, at, now)
    const limit = this.#limit
    const width = this.#windowMs
    const previous = cells[at + PREVIOUS]!
    const current = cells[at + CURRENT]!
    const rest = 1 - (now % width) / width
    const before = previous * rest + current
    const allowed = before + cost <= limit + SLACK
    const after = allowed ? before + cost : before
    const counted = allowed ? current + cost : current
    if (allowed && spend) cells[at + CURRENT] = counted
    const resetMs = counted > 0 ? (1 + rest) * width : previous > 0 ? rest * width : 0
    return decided(allowed, limit, limit - after, resetMs, allowed ? 0 : this.#wait(previous, current, rest, cost))
  }

  give(cells: Float64Array, at: number, cost: number, now: Milliseconds): void {
    this.#turn(cells, at, now)
    // The last window's units have begun to fade: what was taken there is left to it.
    cells[at + CURRENT] = Math.max(0, cells[at + CURRENT]! - cost)
  }

  isFresh(cells: Float64Array, at: number, now: Milliseconds): boolean {
    this.#turn(cells, at, now)
    return cells[at + CURRENT] === 0 && cells[at + PREVIOUS] === 0
  }

  /** Goes on to the window that `now` lies in. A clock that steps back takes the counts along (H-142). */
  #turn(cells: Float64Array, at: number, now: Milliseconds): void {
    const index = Math.floor(now / this.#windowMs)
    const passed = index - cells[at + INDEX]!
    if (passed === 0) return
    cells[at + INDEX] = index
    if (passed < 0) return
    cells[at + PREVIOUS] = passed === 1 ? cells[at + CURRENT]! : 0
    cells[at + CURRENT] = 0
  }

  /** How long until the fading has made room. */
  #wait(previous: number, current: number, rest: number, cost: number): Milliseconds {
    const room = this.#limit - cost
    if (current <= room) return (rest - (room - current) / previous) * this.#windowMs
    return (rest + 1 - room / current) * this.#windowMs
  }
}
