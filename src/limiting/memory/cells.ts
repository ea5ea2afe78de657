import type { Milliseconds } from '../../options.js'
import type { Decision } from '../store.js'

/**
 * What one algorithm knows of each key, as columns of numbers: a key is a row of them. A row of zeros is a key that nothing counts
 * against.
 */
export interface Cells {
  /** Makes room for that many rows. */
  grow(rows: number): void
  /**
   * Whether `cost` units are there, and if so and `spend`, takes them.
   *
   * @param cost At most the rule's burst.
   */
  decide(row: number, cost: number, now: Milliseconds, spend: boolean): Decision
  give(row: number, cost: number, now: Milliseconds): void
  /** Whether nothing counts against the row any more, so that forgetting it gives nothing away. */
  isFresh(row: number, now: Milliseconds): boolean
  clear(row: number): void
}

/** A longer copy of a column. */
export function grown<T extends Float64Array | Uint32Array>(column: T, rows: number): T {
  const longer = new (column.constructor as new (length: number) => T)(rows)
  longer.set(column)
  return longer
}
