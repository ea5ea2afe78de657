import { randomInt } from 'node:crypto'

const ROWS = 4
const WIDTH = 2 ** 16
const MOST = 2 ** 16 - 1

/**
 * Counts any number of keys in 512 KiB, never too few and as a rule hardly too many: a count-min sketch (Cormode and Muthukrishnan, 2005)
 * with conservative update (Estan and Varghese, 2002).
 */
export class Sketch {
  readonly #cells = new Uint16Array(ROWS * WIDTH)
  readonly #at = new Uint32Array(ROWS)
  // Nobody can choose keys that fall together without knowing these.
  readonly #seeds = [randomInt(2 ** 32), randomInt(2 ** 32)] as const

  /** Counts a key. @returns how often it has been, or more. */
  add(key: string): number {
    const [one, two] = this.#seeds
    const first = mixed(key, one)
    const step = mixed(key, two) | 1
    let least = MOST
    for (let row = 0; row < ROWS; row++) {
      const at = row * WIDTH + ((first + Math.imul(row, step)) >>> 16)
      this.#at[row] = at
      least = Math.min(least, this.#cells[at]!)
    }
    const count = Math.min(MOST, least + 1)
    for (const at of this.#at) if (this.#cells[at]! < count) this.#cells[at] = count
    return count
  }

  clear(): void {
    this.#cells.fill(0)
  }
}

/** Jenkins's one-at-a-time hash, begun with a seed. */
function mixed(key: string, seed: number): number {
  let hash = seed | 0
  for (let at = 0; at < key.length; at++) {
    hash = Math.imul(hash + key.charCodeAt(at), 1025)
    hash ^= hash >>> 6
  }
  hash = Math.imul(hash, 9)
  hash ^= hash >>> 11
  return Math.imul(hash, 32769) >>> 0
}
