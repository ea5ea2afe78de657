import type { Balanced } from './balancer.js'
import { Chance } from './chance.js'

/** How often to draw again. With half of the endpoints refused, one pick in 65,536 needs more. */
const DRAWS = 16
/** How often to draw for another one; if there is none, the first is good enough. */
const OTHER_DRAWS = 8

/** Draws endpoints at random by weight. O(1) by an alias table (Vose 1991). */
export class WeightedDraw<E extends Balanced> {
  readonly #endpoints: readonly E[]
  readonly #chance: Chance
  readonly #share: Float64Array
  readonly #alias: Int32Array

  constructor(endpoints: readonly E[], random: (() => number) | undefined) {
    const count = endpoints.length
    const total = endpoints.reduce((sum, { weight }) => sum + weight, 0)
    const share = Float64Array.from(endpoints, ({ weight }) => (weight / total) * count)
    this.#alias = Int32Array.from(share.keys())
    const poor = [...share.keys()].filter((at) => share[at]! < 1)
    const rich = [...share.keys()].filter((at) => share[at]! >= 1)
    while (poor.length > 0 && rich.length > 0) {
      const low = poor.pop()!
      const high = rich.at(-1)!
      this.#alias[low] = high
      share[high]! -= 1 - share[low]!
      if (share[high]! < 1) poor.push(rich.pop()!)
    }
    this.#share = share
    this.#endpoints = endpoints
    this.#chance = new Chance(random)
  }

  /**
   * The index of one that `skip` does not refuse; −1 for none. Draws again a few times, which keeps the shares right among those that
   * are left; then any that is left will do. While one starts slowly, its draws count with the probability of its warmth.
   */
  next(skip: (endpoint: E) => boolean): number {
    if (this.#endpoints.length === 0) return -1
    let cold = -1
    for (let draw = 0; draw < DRAWS; draw++) {
      const at = this.#draw()
      if (skip(this.#endpoints[at]!)) continue
      if (this.#isWarm(at)) return at
      cold = at
    }
    return cold === -1 ? this.#any(skip) : cold
  }

  /** Another than `than`; −1 if a few draws found none. */
  other(than: number, skip: (endpoint: E) => boolean): number {
    for (let draw = 0; draw < OTHER_DRAWS; draw++) {
      const at = this.#draw()
      if (at !== than && !skip(this.#endpoints[at]!) && this.#isWarm(at)) return at
    }
    return -1
  }

  #isWarm(at: number): boolean {
    const { warmth = 1 } = this.#endpoints[at]!
    if (warmth >= 1) return true
    this.#chance.roll()
    return this.#chance.value[0]! < warmth
  }

  #any(skip: (endpoint: E) => boolean): number {
    const count = this.#endpoints.length
    this.#chance.roll()
    const from = Math.floor(this.#chance.value[0]! * count)
    for (let step = 0; step < count; step++) {
      const at = (from + step) % count
      if (!skip(this.#endpoints[at]!)) return at
    }
    return -1
  }

  #draw(): number {
    this.#chance.roll()
    const spin = this.#chance.value[0]! * this.#endpoints.length
    const at = Math.floor(spin)
    return spin - at < this.#share[at]! ? at : this.#alias[at]!
  }
}
