/** Eight buckets per doubling: a quantile is right to 9 %. */
const PER_DOUBLING = 8
const BUCKETS = 32 * PER_DOUBLING
/** Counts are halved at this many records, so that what is long ago fades. */
const HALVE_AT = 4096

/** Times, kept as counts in logarithmic buckets: a record is O(1) and allocates nothing. */
export class LatencyDigest {
  readonly #counts = new Float64Array(BUCKETS)
  #count = 0

  get count(): number {
    return this.#count
  }

  record(ms: number): void {
    const at = ms <= 0 ? 0 : Math.round(Math.log2(ms * 1024) * PER_DOUBLING)
    this.#counts[Math.min(BUCKETS - 1, Math.max(0, at))]! += 1
    this.#count += 1
    if (this.#count >= HALVE_AT) this.#halve()
  }

  /** `undefined` while nothing is known. */
  quantile(q: number): number | undefined {
    if (this.#count === 0) return undefined
    let left = q * this.#count
    for (let at = 0; at < BUCKETS; at++) {
      left -= this.#counts[at]!
      if (left <= 0 && this.#counts[at]! > 0) return 2 ** (at / PER_DOUBLING) / 1024
    }
    return undefined
  }

  #halve(): void {
    for (let at = 0; at < BUCKETS; at++) this.#counts[at]! /= 2
    this.#count /= 2
  }
}
