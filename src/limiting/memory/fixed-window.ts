import type { Milliseconds } from '../../options.js'
import { periodEnd } from '../calendar.js'
import { decided } from '../decided.js'
import type { LimitRule } from '../rule.js'
import type { Decision } from '../store.js'
import type { Algorithm } from './algorithm.js'

const USED = 0
const ENDS_AT = 1

/**
 * Of each key a count, and when it begins anew: a window after the key's first unit, or with the next period of the calendar. Around the
 * edge of two windows up to twice the limit may come at once (H-141).
 */
export class FixedWindow implements Algorithm {
  readonly width = 2
  readonly #rule: LimitRule
  #periodEnd: Milliseconds = 0

  constructor(rule: LimitRule) {
    this.#rule = rule
  }

  decide(cells: Float64Array, at: number, cost: number, now: Milliseconds, spend: boolean): Decision {
    const { limit } = this.#rule
    const fresh = this.isFresh(cells, at, now)
    const before = fresh ? 0 : cells[at + USED]!
    const endsAt = fresh ? this.#nextEnd(now) : cells[at + ENDS_AT]!
    const allowed = before + cost <= limit
    const after = allowed ? before + cost : before
    if (allowed && spend) {
      cells[at + USED] = after
      cells[at + ENDS_AT] = endsAt
    }
    const left = fresh && after === 0 ? 0 : endsAt - now
    return decided(allowed, limit, limit - after, left, left)
  }

  give(cells: Float64Array, at: number, cost: number, now: Milliseconds): void {
    if (!this.isFresh(cells, at, now)) cells[at + USED] = Math.max(0, cells[at + USED]! - cost)
  }

  isFresh(cells: Float64Array, at: number, now: Milliseconds): boolean {
    const endsAt = cells[at + ENDS_AT]!
    if (endsAt <= now) return true
    // A clock that has stepped back: what was used stays used, for one window of the new time and no longer (H-142).
    const latest = this.#nextEnd(now)
    if (endsAt > latest) cells[at + ENDS_AT] = latest
    return false
  }

  #nextEnd(now: Milliseconds): Milliseconds {
    const { period, windowMs } = this.#rule
    if (period === null) return now + windowMs
    // Asked anew only when the period is over, or the clock has stepped back by a whole one.
    if (now >= this.#periodEnd || now < this.#periodEnd - windowMs) this.#periodEnd = periodEnd(period, now)
    return this.#periodEnd
  }
}
