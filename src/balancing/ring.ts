import type { HashTable } from './hash-table.js'

/** Points on a circle of 2³² places. A key belongs to the owner of the first point at or after its hash. */
export class Ring implements HashTable {
  readonly owners: Uint32Array
  readonly #points: Uint32Array
  /** Where the points of each part of the circle start: one or two points a part, so that a look-up is O(1). */
  readonly #starts: Uint32Array
  readonly #shift: number
  readonly #hash: (key: string) => number

  /**
   * Of two points at the same place the first counts, as in NGINX.
   *
   * @param points Where the points are, in any order; the ring keeps the arrays.
   * @param hash 32 bits, signed or not.
   */
  constructor(points: Uint32Array, owners: Uint32Array, hash: (key: string) => number) {
    const sorted = sortPoints({ points, owners })
    const bits = Math.max(1, Math.floor(Math.log2(points.length)))
    this.owners = sorted.owners
    this.#points = sorted.points
    this.#shift = 32 - bits
    this.#starts = startsOf(sorted.points, bits)
    this.#hash = hash
    for (let at = 1; at < points.length; at++)
      if (this.#points[at] === this.#points[at - 1]) this.owners[at] = this.owners[at - 1]!
  }

  slotOf(key: string): number {
    const hash = this.#hash(key) >>> 0
    const points = this.#points
    let at = this.#starts[hash >>> this.#shift]!
    while (at < points.length && points[at]! < hash) at++
    return at === points.length ? 0 : at
  }
}

interface OwnedPoints {
  readonly points: Uint32Array
  readonly owners: Uint32Array
}

/** A radix sort by eleven bits at a time; stable. */
function sortPoints(given: OwnedPoints): OwnedPoints {
  const { length } = given.points
  let from = given
  let to: OwnedPoints = { points: new Uint32Array(length), owners: new Uint32Array(length) }
  for (let shift = 0; shift < 32; shift += 11) {
    const ends = new Uint32Array(2049)
    for (let at = 0; at < length; at++) ends[((from.points[at]! >>> shift) & 2047) + 1]!++
    for (let digit = 0; digit < 2048; digit++) ends[digit + 1]! += ends[digit]!
    for (let at = 0; at < length; at++) {
      const place = ends[(from.points[at]! >>> shift) & 2047]!++
      to.points[place] = from.points[at]!
      to.owners[place] = from.owners[at]!
    }
    ;[from, to] = [to, from]
  }
  return from
}

/** The first point of each of 2^bits equal parts, or of what comes after it. */
function startsOf(points: Uint32Array, bits: number): Uint32Array {
  const starts = new Uint32Array(2 ** bits)
  for (let part = 0, at = 0; part < starts.length; part++) {
    while (at < points.length && points[at]! >>> (32 - bits) < part) at++
    starts[part] = at
  }
  return starts
}
