import type { Milliseconds } from '../../options.js'
import { decided, SLACK } from '../decided.js'
import type { LimitRule } from '../rule.js'
import type { Decision } from '../store.js'
import type { Algorithm } from './algorithm.js'

const MISSING = 0
const SINCE = 1

/**
 * Of each key a bucket that `limit` tokens flow into in a window, evenly, and that holds at most `burst`: how many were missing, and when
 * that was. In a stretch of f windows come no more than `burst + f × limit` units.
 */
export class TokenBucket implements Algorithm {
  readonly width = 2
  readonly #limit: number
  readonly #burst: number
  readonly #perMs: number

  constructor({ limit, windowMs, burst }: LimitRule) {
    this.#limit = limit
    this.#burst = burst
    this.#perMs = limit / windowMs
  }

  decide(cells: Float64Array, at: number, cost: number, now: Milliseconds, spend: boolean): Decision {
    const before = this.#missing(cells, at, now)
    const wanted = before + cost
    const allowed = wanted <= this.#burst + SLACK
    const after = allowed ? wanted : before
    if (allowed && spend) put(cells, at, after, now)
    const wait = (wanted - this.#burst) / this.#perMs
    return decided(allowed, this.#limit, this.#burst - after, after / this.#perMs, wait)
  }

  give(cells: Float64Array, at: number, cost: number, now: Milliseconds): void {
    put(cells, at, Math.max(0, this.#missing(cells, at, now) - cost), now)
  }

  isFresh(cells: Float64Array, at: number, now: Milliseconds): boolean {
    return this.#missing(cells, at, now) === 0
  }

  #missing(cells: Float64Array, at: number, now: Milliseconds): number {
    // A clock that steps back fills nothing, and the bucket goes back with it (H-142).
    if (now < cells[at + SINCE]!) cells[at + SINCE] = now
    return Math.max(0, cells[at + MISSING]! - (now - cells[at + SINCE]!) * this.#perMs)
  }
}

function put(cells: Float64Array, at: number, missing: number, now: Milliseconds): void {
  cells[at + MISSING] = missing
  cells[at + SINCE] = now
}
