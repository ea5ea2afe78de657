/** Longest cycle that is laid out; 128 KiB. */
const LONGEST = 65_536

/**
 * NGINX's smooth weighted round robin as an endless sequence of indices: everybody gains its weight, the richest is next and pays the
 * total. One step of that is worked out at a time, until the cycle (Σ weight / greatest common divisor) is known; from then on it
 * is read.
 */
export class SmoothSequence {
  readonly #weights: Int32Array
  readonly #current: Int32Array
  readonly #cycle: Uint16Array
  #known = 0
  #next = 0

  private constructor(weights: readonly number[], total: number) {
    this.#weights = Int32Array.from(weights)
    this.#current = new Int32Array(weights.length)
    this.#cycle = new Uint16Array(total)
    if (total > weights.length) return
    // All are equal.
    for (let at = 0; at < total; at++) this.#cycle[at] = at
    this.#known = total
  }

  /** `null` if there is none or its cycle is too long. */
  static of(weights: readonly number[]): SmoothSequence | null {
    const common = weights.reduce(greatestCommonDivisor, 0)
    const turns = weights.map((weight) => weight / common)
    const total = turns.reduce((sum, each) => sum + each, 0)
    return total > 0 && total <= LONGEST && turns.every(Number.isInteger) ? new SmoothSequence(turns, total) : null
  }

  /** After so many turns it repeats. */
  get length(): number {
    return this.#cycle.length
  }

  next(): number {
    if (this.#next === this.#known) this.#cycle[this.#known++] = this.#step()
    const at = this.#cycle[this.#next]!
    this.#next = this.#next + 1 === this.#cycle.length ? 0 : this.#next + 1
    return at
  }

  /** Which one `next` will give after `ahead` others. */
  peek(ahead: number): number {
    const place = (this.#next + ahead) % this.#cycle.length
    while (this.#known <= place) this.#cycle[this.#known++] = this.#step()
    return this.#cycle[place]!
  }

  #step(): number {
    const weights = this.#weights
    const current = this.#current
    let best = 0
    let most = current[0]! + weights[0]!
    for (let at = 0; at < current.length; at++) {
      const now = current[at]! + weights[at]!
      current[at] = now
      if (now > most) {
        best = at
        most = now
      }
    }
    current[best]! -= this.#cycle.length
    return best
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
