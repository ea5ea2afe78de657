import type { Milliseconds } from '../../options.js'
import { periodEnd } from '../calendar.js'
import { decided } from '../decided.js'
import type { LimitRule } from '../rule.js'
import type { Decision } from '../store.js'
import { type Cells, grown } from './cells.js'

/**
 * Of each key a count, and when it begins anew: a window after the key's first unit, or with the next period of the calendar. Around the
 * edge of two windows up to twice the limit may come at once (H-141).
 */
export class FixedWindowCells implements Cells {
  readonly #rule: LimitRule
  #endsAt = new Float64Array(0)
  #used = new Uint32Array(0)
  #periodEnd: Milliseconds = 0

  constructor(rule: LimitRule) {
    this.#rule = rule
  }

  grow(rows: number): void {
    this.#endsAt = grown(this.#endsAt, rows)
    this.#used = grown(this.#used, rows)
  }

  decide(row: number, cost: number, now: Milliseconds, spend: boolean): Decision {
    const { limit } = this.#rule
    const fresh = this.isFresh(row, now)
    const before = fresh ? 0 : this.#used[row]!
    const endsAt = fresh ? this.#nextEnd(now) : this.#endsAt[row]!
    const allowed = before + cost <= limit
    const after = allowed ? before + cost : before
    if (allowed && spend) {
      this.#used[row] = after
      this.#endsAt[row] = endsAt
    }
    const left = fresh && after === 0 ? 0 : endsAt - now
    return decided(allowed, limit, limit - after, left, left)
  }

  give(row: number, cost: number, now: Milliseconds): void {
    if (!this.isFresh(row, now)) this.#used[row] = Math.max(0, this.#used[row]! - cost)
  }

  isFresh(row: number, now: Milliseconds): boolean {
    const endsAt = this.#endsAt[row]!
    if (endsAt <= now) return true
    // A clock that has stepped back: what was used stays used, for one window of the new time and no longer (H-142).
    const latest = this.#nextEnd(now)
    if (endsAt > latest) this.#endsAt[row] = latest
    return false
  }

  clear(row: number): void {
    this.#endsAt[row] = 0
    this.#used[row] = 0
  }

  #nextEnd(now: Milliseconds): Milliseconds {
    const { period, windowMs } = this.#rule
    if (period === null) return now + windowMs
    // Asked anew only when the period is over, or the clock has stepped back by a whole one.
    if (now >= this.#periodEnd || now < this.#periodEnd - windowMs) this.#periodEnd = periodEnd(period, now)
    return this.#periodEnd
  }
}
