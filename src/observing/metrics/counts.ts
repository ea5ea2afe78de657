import type { Labels, Sample } from './family.js'
import { OTHER } from './labels.js'

/** One number that is counted up, with its labels. Whoever counts often keeps it, and adds to `value`. */
export interface Cell {
  readonly labels: Labels
  value: number
}

/** Numbers by the values of a few labels. Past `max` of them, whatever is new is counted as `other` in all labels (H-196). */
export class Counts {
  readonly #names: readonly string[]
  readonly #max: number
  readonly #cells = new Map<string, Cell>()

  constructor(names: readonly string[], max: number) {
    this.#names = names
    this.#max = max
    this.clear()
  }

  /** Not to be kept past `clear`. @param values Of the labels, in order. */
  cell(...values: readonly string[]): Cell {
    // What stands between them is in no name.
    const key = values.length === 1 ? values[0]! : values.join('\0')
    return this.#cells.get(key) ?? this.#make(key, values)
  }

  samples(): readonly Sample[] {
    // A registry with labels of its own adds them to what it gets.
    return Array.from(this.#cells.values(), ({ labels, value }) => ({ labels, value }))
  }

  clear(): void {
    this.#cells.clear()
    // Without labels there is one number, and it is there from the beginning.
    if (this.#names.length === 0) this.cell()
  }

  #make(key: string, values: readonly string[]): Cell {
    const full = this.#cells.size >= this.#max && values.some((value) => value !== OTHER)
    if (full) return this.cell(...values.map(() => OTHER))
    const cell: Cell = { labels: Object.fromEntries(this.#names.map((name, at) => [name, values[at]!])), value: 0 }
    this.#cells.set(key, cell)
    return cell
  }
}
