import type { Milliseconds } from '../../options.js'
import { decided, SLACK } from '../decided.js'
import type { LimitRule } from '../rule.js'
import type { Decision } from '../store.js'
import type { Algorithm } from './algorithm.js'

/**
 * The generic cell rate algorithm (ITU-T I.371): of each key the moment at which nothing counts against it any more, which each unit
 * puts off by `windowMs / limit`. In a stretch of f windows come no more than `burst + f × limit` units.
 */
export class Gcra implements Algorithm {
  readonly width = 1
  readonly #limit: number
  /** What a unit puts the moment off by. */
  readonly #unit: Milliseconds
  /** How far off it may be. */
  readonly #most: Milliseconds

  constructor({ limit, windowMs, burst }: LimitRule) {
    this.#limit = limit
    this.#unit = windowMs / limit
    this.#most = burst * this.#unit
  }

  decide(cells: Float64Array, at: number, cost: number, now: Milliseconds, spend: boolean): Decision {
    const before = this.#backlog(cells, at, now)
    const wanted = before + cost * this.#unit
    const allowed = wanted <= this.#most + SLACK * this.#unit
    const after = allowed ? wanted : before
    if (allowed && spend) cells[at] = now + after
    return decided(allowed, this.#limit, (this.#most - after) / this.#unit, after, wanted - this.#most)
  }

  give(cells: Float64Array, at: number, cost: number, now: Milliseconds): void {
    cells[at] = now + Math.max(0, this.#backlog(cells, at, now) - cost * this.#unit)
  }

  isFresh(cells: Float64Array, at: number, now: Milliseconds): boolean {
    return cells[at]! <= now
  }

  #backlog(cells: Float64Array, at: number, now: Milliseconds): Milliseconds {
    const backlog = Math.max(0, cells[at]! - now)
    if (backlog <= this.#most) return backlog
    // Never more than there can be: a clock that steps back blocks nobody for longer (H-142).
    cells[at] = now + this.#most
    return this.#most
  }
}
