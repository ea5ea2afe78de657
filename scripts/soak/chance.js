/** Draws, the same ones for the same seed. */
export class Chance {
  #random

  /** @param {() => number} random in [0, 1) */
  constructor(random) {
    this.#random = random
  }

  whole(from, to) {
    return from + Math.floor(this.#random() * (to - from + 1))
  }

  /** @template T @param {readonly T[]} all @returns {T} */
  of(all) {
    return all[this.whole(0, all.length - 1)]
  }

  happens(share) {
    return this.#random() < share
  }
}
