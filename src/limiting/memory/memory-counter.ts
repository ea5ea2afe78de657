import type { Milliseconds } from '../../options.js'
import { never } from '../decided.js'
import type { Decision, LimitCounter } from '../store.js'
import type { Cells } from './cells.js'
import { RowTable } from './row-table.js'

/** Counts one rule's keys in this process. Every answer is there at once. */
export class MemoryCounter implements LimitCounter {
  readonly #cells: Cells
  readonly #table: RowTable
  readonly #most: number
  readonly #now: () => Milliseconds

  /**
   * @param most Units that may come at once.
   * @param maxKeys Keys that are counted on their own.
   */
  constructor(cells: Cells, most: number, maxKeys: number, now: () => Milliseconds) {
    this.#cells = cells
    this.#table = new RowTable(cells, maxKeys)
    this.#most = most
    this.#now = now
  }

  take(key: string, cost: number): Decision {
    if (cost === 0 || cost > this.#most) return this.peek(key, cost)
    const now = this.#now()
    return this.#cells.decide(this.#table.claim(key, now), cost, now, true)
  }

  peek(key: string, cost: number): Decision {
    const now = this.#now()
    const row = this.#table.find(key, now)
    if (cost <= this.#most) return this.#cells.decide(row, cost, now, false)
    return never(this.#cells.decide(row, 0, now, false))
  }

  give(key: string, cost: number): void {
    const now = this.#now()
    const row = this.#table.find(key, now)
    if (row !== 0) this.#cells.give(row, cost, now)
  }

  reset(key: string): void {
    this.#table.drop(key)
  }

  clear(): void {
    this.#table.clear()
  }
}
