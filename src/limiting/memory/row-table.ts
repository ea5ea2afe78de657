import type { Milliseconds } from '../../options.js'
import type { Cells } from './cells.js'

/** Rows that keys share for which there was none left. */
const SHARED = 1024
/** How many rows are looked at for one that can go, when a key is added, and when there is no room for it. */
const GLANCES = 2
const LOOKS = 64

/**
 * Which row a key has. At most so many keys have one of their own, and a key loses it only when nothing counts against it any more: nobody
 * gets rid of what he used by showing up as many (H-145). While the table is full, new keys share rows by their hash: they may be
 * limited together, but never more than the limit.
 *
 * Rows that can go are found by a hand that moves on a little with every new key, as that of a clock. There are no timers.
 */
export class RowTable {
  readonly #cells: Cells
  readonly #most: number
  readonly #rows = new Map<string, number>()
  /** Of each row its key. Row 0 has none: it is always fresh. */
  readonly #keys: (string | undefined)[] = [undefined]
  readonly #free: number[] = []
  readonly #seed = Math.trunc(Math.random() * 2 ** 32)
  #room = 64
  #hand = 0
  #hasShared = false

  constructor(cells: Cells, most: number) {
    this.#cells = cells
    this.#most = most
    cells.grow(this.#room)
  }

  /** Keys that have a row of their own. */
  get size(): number {
    return this.#rows.size
  }

  /** The row that tells of a key: row 0, which is fresh, if nothing counts against it. */
  find(key: string, now: Milliseconds): number {
    return this.#rows.get(key) ?? this.#sharedRow(key, now) ?? 0
  }

  /** The row of a key, given to it if it has none. */
  claim(key: string, now: Milliseconds): number {
    const known = this.#rows.get(key)
    if (known !== undefined) return known
    // What it used while it shared a row is not forgotten for a row of its own.
    const shared = this.#sharedRow(key, now)
    if (shared !== undefined) return shared
    this.#sweep(GLANCES, now)
    const row = this.#free.pop() ?? this.#make() ?? this.#seek(now)
    if (row === undefined) return this.#share(key)
    this.#keys[row] = key
    this.#rows.set(key, row)
    return row
  }

  /** Forgets a key; not what it has in common with others. */
  drop(key: string): void {
    const row = this.#rows.get(key)
    if (row !== undefined) this.#release(row, key)
  }

  clear(): void {
    for (const [key, row] of this.#rows) this.#release(row, key)
  }

  #make(): number | undefined {
    const row = this.#keys.length
    if (row > this.#most) return undefined
    if (row === this.#room) {
      this.#room = Math.min(2 * this.#room, this.#most + 1)
      this.#cells.grow(this.#room)
    }
    this.#keys.push(undefined)
    return row
  }

  #sweep(looks: number, now: Milliseconds): void {
    for (let look = 0; look < looks; look++) {
      this.#hand = this.#hand + 1 < this.#keys.length ? this.#hand + 1 : 0
      const key = this.#keys[this.#hand]
      if (key !== undefined && this.#cells.isFresh(this.#hand, now)) this.#release(this.#hand, key)
    }
  }

  #seek(now: Milliseconds): number | undefined {
    for (let look = 0; look < LOOKS && this.#free.length === 0; look++) this.#sweep(1, now)
    return this.#free.pop()
  }

  #release(row: number, key: string): void {
    this.#rows.delete(key)
    this.#keys[row] = undefined
    this.#cells.clear(row)
    this.#free.push(row)
  }

  #share(key: string): number {
    if (!this.#hasShared) {
      this.#hasShared = true
      this.#cells.grow(this.#most + 1 + SHARED)
    }
    return this.#sharedBy(key)
  }

  /** The row that a key shares, while anything counts against that. */
  #sharedRow(key: string, now: Milliseconds): number | undefined {
    if (!this.#hasShared) return undefined
    const row = this.#sharedBy(key)
    return this.#cells.isFresh(row, now) ? undefined : row
  }

  /** By FNV-1a from a seed that nobody knows. */
  #sharedBy(key: string): number {
    let hash = this.#seed
    for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
    return this.#most + 1 + ((hash ^ (hash >>> 16)) & (SHARED - 1))
  }
}
