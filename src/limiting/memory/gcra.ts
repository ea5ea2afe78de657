import type { Milliseconds } from '../../options.js'
import { decided, SLACK } from '../decided.js'
import type { LimitRule } from '../rule.js'
import type { Decision } from '../store.js'
import { type Cells, grown } from './cells.js'

/**
 * The generic cell rate algorithm (ITU-T I.371): of each key the moment at which nothing counts against it any more, which each unit
 * puts off by `windowMs / limit`. In a stretch of f windows come no more than `burst + f × limit` units.
 */
export class GcraCells implements Cells {
  readonly #limit: number
  /** What a unit puts the moment off by. */
  readonly #unit: Milliseconds
  /** How far off it may be. */
  readonly #most: Milliseconds
  #clearAt = new Float64Array(0)

  constructor({ limit, windowMs, burst }: LimitRule) {
    this.#limit = limit
    this.#unit = windowMs / limit
    this.#most = burst * this.#unit
  }

  grow(rows: number): void {
    this.#clearAt = grown(this.#clearAt, rows)
  }

  decide(row: number, cost: number, now: Milliseconds, spend: boolean): Decision {
    const before = this.#backlog(row, now)
    const wanted = before + cost * this.#unit
    const allowed = wanted <= this.#most + SLACK * this.#unit
    const after = allowed ? wanted : before
    if (allowed && spend) this.#clearAt[row] = now + after
    return decided(allowed, this.#limit, (this.#most - after) / this.#unit, after, wanted - this.#most)
  }

  give(row: number, cost: number, now: Milliseconds): void {
    this.#clearAt[row] = now + Math.max(0, this.#backlog(row, now) - cost * this.#unit)
  }

  isFresh(row: number, now: Milliseconds): boolean {
    return this.#clearAt[row]! <= now
  }

  clear(row: number): void {
    this.#clearAt[row] = 0
  }

  #backlog(row: number, now: Milliseconds): Milliseconds {
    const backlog = Math.max(0, this.#clearAt[row]! - now)
    if (backlog <= this.#most) return backlog
    // Never more than there can be: a clock that steps back blocks nobody for longer (H-142).
    this.#clearAt[row] = now + this.#most
    return this.#most
  }
}
