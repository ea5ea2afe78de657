import type { Milliseconds } from '../../options.js'

/** Moments in linked lists, all lists in the same three columns: 16 bytes each, and no object. Number 0 is none. */
export class Moments {
  #at = new Float64Array(64)
  #units = new Uint32Array(64)
  #next = new Uint32Array(64)
  #made = 1
  /** The first of those that were removed, linked alike. */
  #free = 0

  /** Adds one behind `last`, which may be none. */
  add(at: Milliseconds, units: number, last: number): number {
    const moment = this.#free === 0 ? this.#make() : this.#free
    if (moment === this.#free) this.#free = this.#next[moment]!
    this.#at[moment] = at
    this.#units[moment] = units
    this.#next[moment] = 0
    if (last !== 0) this.#next[last] = moment
    return moment
  }

  /** Removes the first of a list, and tells which is the first then. */
  remove(moment: number): number {
    const next = this.#next[moment]!
    this.#next[moment] = this.#free
    this.#free = moment
    return next
  }

  at(moment: number): Milliseconds {
    return this.#at[moment]!
  }

  units(moment: number): number {
    return this.#units[moment]!
  }

  lessen(moment: number, by: number): void {
    this.#units[moment] = this.#units[moment]! - by
  }

  /** Sets those of a list to `latest` that are later. */
  hold(first: number, latest: Milliseconds): void {
    for (let moment = first; moment !== 0; moment = this.#next[moment]!)
      this.#at[moment] = Math.min(this.#at[moment]!, latest)
  }

  next(moment: number): number {
    return this.#next[moment]!
  }

  #make(): number {
    if (this.#made === this.#at.length) {
      const twice = 2 * this.#made
      this.#at = grown(this.#at, twice)
      this.#units = grown(this.#units, twice)
      this.#next = grown(this.#next, twice)
    }
    return this.#made++
  }
}

function grown<T extends Float64Array | Uint32Array>(column: T, length: number): T {
  const longer = new (column.constructor as new (length: number) => T)(length)
  longer.set(column)
  return longer
}
