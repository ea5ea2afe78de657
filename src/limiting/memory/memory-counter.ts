import type { Milliseconds } from '../../options.js'
import { never } from '../decided.js'
import type { Decision, LimitCounter } from '../store.js'
import type { Algorithm } from './algorithm.js'
import { RowTable } from './row-table.js'

/** Counts one rule's keys in this process. Every answer is there at once. */
export class MemoryCounter implements LimitCounter {
  readonly #algorithm: Algorithm
  readonly #table: RowTable
  readonly #most: number
  readonly #now: () => Milliseconds

  /**
   * @param most Units that may come at once.
   * @param maxKeys Keys that are counted on their own.
   */
  constructor(algorithm: Algorithm, most: number, maxKeys: number, now: () => Milliseconds) {
    this.#algorithm = algorithm
    this.#table = new RowTable(algorithm, maxKeys)
    this.#most = most
    this.#now = now
  }

  take(key: string, cost: number): Decision {
    if (cost === 0 || cost > this.#most) return this.peek(key, cost)
    const now = this.#now()
    return this.#decide(this.#table.claim(key, now), cost, now, true)
  }

  peek(key: string, cost: number): Decision {
    const now = this.#now()
    const row = this.#table.find(key, now)
    return cost <= this.#most ? this.#decide(row, cost, now, false) : never(this.#decide(row, 0, now, false))
  }

  give(key: string, cost: number): void {
    const now = this.#now()
    const row = this.#table.find(key, now)
    if (row !== 0) this.#algorithm.give(this.#table.cells, this.#table.at(row), cost, now)
  }

  reset(key: string): void {
    this.#table.drop(key)
  }

  clear(): void {
    this.#table.clear()
  }

  #decide(row: number, cost: number, now: Milliseconds, spend: boolean): Decision {
    return this.#algorithm.decide(this.#table.cells, this.#table.at(row), cost, now, spend)
  }
}
