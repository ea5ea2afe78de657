import type { Milliseconds } from '../../options.js'
import type { Algorithm } from './algorithm.js'
import { keyHasher } from './key-hash.js'

/** Rows that keys share for which there was none left. */
const SHARED = 1024
/** How many rows are looked at for one that can go, when a key is added, and when there is no room for it. */
const GLANCES = 2
const LOOKS = 64

/**
 * Rows of numbers by key, in one array: a key's hash, and what the algorithm knows of it. At most so many keys have a row of their own,
 * and a key loses it only when nothing counts against it any more: nobody gets rid of what he used by showing up as many (H-145). While
 * there is no row left, new keys share some by their hash: they may be limited together, but never more than the limit.
 *
 * Rows that can go are found by a hand that moves on a little with every new key, as that of a clock. There are no timers.
 */
export class RowTable {
  /** All rows. Another array after a `claim`. */
  cells: Float64Array
  readonly #algorithm: Algorithm
  readonly #most: number
  readonly #stride: number
  readonly #hashOf = keyHasher()
  readonly #free: number[] = []
  /** By hash, as far as its bits go and then on to the next place that is empty: numbers of rows. */
  #index = new Uint32Array(256)
  /** Row 0 has no key: it is always fresh. */
  #made = 1
  #room = 64
  #hand = 0
  #hasShared = false

  constructor(algorithm: Algorithm, most: number) {
    this.#algorithm = algorithm
    this.#most = most
    this.#stride = 1 + algorithm.width
    this.cells = new Float64Array(this.#room * this.#stride)
  }

  /** Where a row's numbers begin. */
  at(row: number): number {
    return row * this.#stride + 1
  }

  /** The row that tells of a key: row 0, which is fresh, if nothing counts against it. */
  find(key: string, now: Milliseconds): number {
    const hash = this.#hashOf(key)
    return this.#look(hash) || this.#sharedRow(hash, now)
  }

  /** The row of a key, given to it if it has none. */
  claim(key: string, now: Milliseconds): number {
    const hash = this.#hashOf(key)
    // What it used while it shared a row is not forgotten for a row of its own.
    const known = this.#look(hash) || this.#sharedRow(hash, now)
    if (known !== 0) return known
    this.#sweep(GLANCES, now)
    const row = this.#free.pop() ?? this.#make() ?? this.#seek(now)
    if (row === undefined) return this.#share(hash)
    this.cells[row * this.#stride] = hash
    this.#enter(hash, row)
    return row
  }

  /** Forgets a key; not what it has in common with others. */
  drop(key: string): void {
    const row = this.#look(this.#hashOf(key))
    if (row !== 0) this.#release(row)
  }

  clear(): void {
    for (let row = 1; row < this.#made; row++) if (this.cells[row * this.#stride] !== 0) this.#release(row)
  }

  #look(hash: number): number {
    const index = this.#index
    const mask = index.length - 1
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const row = index[place]!
      if (row === 0 || this.cells[row * this.#stride] === hash) return row
    }
  }

  #enter(hash: number, row: number): void {
    const mask = this.#index.length - 1
    let place = hash & mask
    while (this.#index[place] !== 0) place = (place + 1) & mask
    this.#index[place] = row
  }

  /** Takes a row out of the index, and moves up those behind it that could not stand nearer to their place. */
  #leave(row: number): void {
    const index = this.#index
    const mask = index.length - 1
    const homeOf = (other: number): number => this.cells[other * this.#stride]! & mask
    let hole = homeOf(row)
    while (index[hole] !== row) hole = (hole + 1) & mask
    for (let place = (hole + 1) & mask; index[place] !== 0; place = (place + 1) & mask) {
      if (((place - homeOf(index[place]!)) & mask) < ((place - hole) & mask)) continue
      index[hole] = index[place]!
      hole = place
    }
    index[hole] = 0
  }

  #make(): number | undefined {
    if (this.#made > this.#most) return undefined
    if (this.#made === this.#room) this.#grow(Math.min(2 * this.#room, this.#most + 1))
    return this.#made++
  }

  /** At most half of the index is in use, so that ways are short. */
  #grow(rows: number): void {
    this.#room = rows
    this.#stretch(rows)
    if (this.#index.length >= 2 * rows) return
    this.#index = new Uint32Array(2 * this.#index.length)
    for (let row = 1; row < this.#made; row++) {
      const hash = this.cells[row * this.#stride]!
      if (hash !== 0) this.#enter(hash, row)
    }
  }

  #stretch(rows: number): void {
    const longer = new Float64Array(rows * this.#stride)
    longer.set(this.cells)
    this.cells = longer
  }

  #sweep(looks: number, now: Milliseconds): void {
    for (let look = 0; look < looks; look++) {
      this.#hand = this.#hand + 1 < this.#made ? this.#hand + 1 : 0
      const start = this.#hand * this.#stride
      if (this.cells[start] !== 0 && this.#algorithm.isFresh(this.cells, start + 1, now)) this.#release(this.#hand)
    }
  }

  #seek(now: Milliseconds): number | undefined {
    for (let look = 0; look < LOOKS && this.#free.length === 0; look++) this.#sweep(1, now)
    return this.#free.pop()
  }

  #release(row: number): void {
    this.#leave(row)
    this.#algorithm.release?.(this.cells, this.at(row))
    this.cells.fill(0, row * this.#stride, (row + 1) * this.#stride)
    this.#free.push(row)
  }

  #share(hash: number): number {
    if (!this.#hasShared) this.#stretch(this.#most + 1 + SHARED)
    this.#hasShared = true
    return this.#sharedBy(hash)
  }

  /** The row that a key shares, while anything counts against that; else row 0. */
  #sharedRow(hash: number, now: Milliseconds): number {
    if (!this.#hasShared) return 0
    const row = this.#sharedBy(hash)
    return this.#algorithm.isFresh(this.cells, this.at(row), now) ? 0 : row
  }

  /** By bits that the index does not look at. */
  #sharedBy(hash: number): number {
    return this.#most + 1 + (Math.floor(hash / 2 ** 32) % SHARED)
  }
}
