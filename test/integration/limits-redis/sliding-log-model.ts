import type { Decision } from 'edgewise'

/** What a sliding log in Redis has to say, told by one that keeps a list and looks at all of it. */
export class SlidingLogModel {
  readonly #limit: number
  readonly #windowMs: number
  #moments: { readonly at: number; units: number }[] = []

  constructor(limit: number, windowMs: number) {
    this.#limit = limit
    this.#windowMs = windowMs
  }

  /** Until when it must not be forgotten. */
  get endsAt(): number {
    return this.#moments.length === 0 ? 0 : this.#moments.at(-1)!.at + this.#windowMs
  }

  get length(): number {
    return this.#moments.length
  }

  take(now: number, cost: number): Decision {
    const at = this.#heldAt(now)
    const decision = this.peek(now, cost)
    if (this.#counting(at).length === 0) this.#moments = []
    if (decision.allowed && cost > 0) {
      this.#moments = this.#counting(at)
      const last = this.#moments.at(-1)
      if (last?.at === at) last.units += cost
      else this.#moments.push({ at, units: cost })
    }
    return decision
  }

  peek(now: number, cost: number): Decision {
    const at = this.#heldAt(now)
    const counting = this.#counting(at)
    const used = sum(counting)
    const allowed = used + cost <= this.#limit
    const newest = allowed && cost > 0 ? at : (counting.at(-1)?.at ?? now - this.#windowMs)
    const retry = (): number => {
      if (cost > this.#limit) return Number.POSITIVE_INFINITY
      const enough = counting.findIndex((_, index) => used - sum(counting.slice(0, index + 1)) + cost <= this.#limit)
      return counting[enough]!.at + this.#windowMs - now
    }
    return {
      allowed,
      limit: this.#limit,
      remaining: Math.max(0, this.#limit - used - (allowed ? cost : 0)),
      resetMs: newest + this.#windowMs - now,
      retryAfterMs: allowed ? 0 : retry(),
    }
  }

  give(now: number, cost: number): undefined {
    this.#moments = this.#counting(this.#heldAt(now))
    for (let left = cost; left > 0 && this.#moments.length > 0; ) {
      const oldest = this.#moments[0]!
      const gone = Math.min(left, oldest.units)
      oldest.units -= gone
      left -= gone
      if (oldest.units === 0) this.#moments.shift()
    }
  }

  /** A clock that was set back by no more than a window stands still until it is there again. */
  #heldAt(now: number): number {
    const newest = this.#moments.at(-1)?.at ?? now
    return newest > now && newest - now <= this.#windowMs ? newest : now
  }

  #counting(at: number): { at: number; units: number }[] {
    if ((this.#moments.at(-1)?.at ?? 0) > at) return []
    return this.#moments.filter((moment) => moment.at > at - this.#windowMs)
  }
}

function sum(moments: readonly { readonly units: number }[]): number {
  return moments.reduce((before, { units }) => before + units, 0)
}
