import type { Milliseconds } from '../../options.js'
import { decided, SLACK } from '../decided.js'
import type { LimitRule } from '../rule.js'
import type { Decision } from '../store.js'
import { type Cells, grown } from './cells.js'

/**
 * Of each key a bucket that `limit` tokens flow into in a window, evenly, and that holds at most `burst`: how many are missing, and when
 * that was. In a stretch of f windows come no more than `burst + f × limit` units.
 */
export class TokenBucketCells implements Cells {
  readonly #limit: number
  readonly #burst: number
  readonly #perMs: number
  #missing = new Float64Array(0)
  #at = new Float64Array(0)

  constructor({ limit, windowMs, burst }: LimitRule) {
    this.#limit = limit
    this.#burst = burst
    this.#perMs = limit / windowMs
  }

  grow(rows: number): void {
    this.#missing = grown(this.#missing, rows)
    this.#at = grown(this.#at, rows)
  }

  decide(row: number, cost: number, now: Milliseconds, spend: boolean): Decision {
    const before = this.#missingAt(row, now)
    const wanted = before + cost
    const allowed = wanted <= this.#burst + SLACK
    const after = allowed ? wanted : before
    if (allowed && spend) this.#put(row, after, now)
    const wait = (wanted - this.#burst) / this.#perMs
    return decided(allowed, this.#limit, this.#burst - after, after / this.#perMs, wait)
  }

  give(row: number, cost: number, now: Milliseconds): void {
    this.#put(row, Math.max(0, this.#missingAt(row, now) - cost), now)
  }

  isFresh(row: number, now: Milliseconds): boolean {
    return this.#missingAt(row, now) === 0
  }

  clear(row: number): void {
    this.#missing[row] = 0
  }

  #missingAt(row: number, now: Milliseconds): number {
    // A clock that steps back fills nothing, and the bucket goes back with it (H-142).
    if (now < this.#at[row]!) this.#at[row] = now
    return Math.max(0, this.#missing[row]! - (now - this.#at[row]!) * this.#perMs)
  }

  #put(row: number, missing: number, now: Milliseconds): void {
    this.#missing[row] = missing
    this.#at[row] = now
  }
}
