import type { Rank } from './priority.js'

/** A rank of which more than this share was shed goes short. */
const SHORT = 0.05

/**
 * How much of each rank is let in while there is too much of all: where a rank goes short, those below get half of what they had, and a
 * twentieth more in each interval in which nobody above does.
 */
export class PriorityShares {
  /** What is let in of all, whatever its rank. */
  #pace = 1
  readonly #share = [1, 1, 1]
  readonly #credit = [0, 0, 0]
  readonly #offered = [0, 0, 0]
  readonly #shed = [0, 0, 0]

  /** One in so many, evenly. */
  admits(rank: Rank): boolean {
    const share = this.#share[rank]! * this.#pace
    if (share === 1) return true
    this.#credit[rank]! += share
    if (this.#credit[rank]! < 1) return false
    this.#credit[rank]!--
    return true
  }

  count(rank: Rank, admitted: boolean): void {
    this.#offered[rank]!++
    if (!admitted) this.#shed[rank]!++
  }

  /** Ends an interval. @param starved Whether others wait behind all that are let in. */
  adapt(starved: boolean): void {
    this.#pace = starved ? this.#pace * 0.7 : Math.min(1, this.#pace + 0.05)
    let above = false
    for (let rank = 2; rank >= 0; rank--) {
      const share = this.#share[rank]!
      this.#share[rank] = above ? share / 2 : Math.min(1, share + 0.05)
      above ||= this.#shed[rank]! > this.#offered[rank]! * SHORT
      this.#offered[rank] = 0
      this.#shed[rank] = 0
    }
  }

  reset(): void {
    this.#share.fill(1)
    this.#pace = 1
  }
}
