import type { Milliseconds } from '../../options.js'
import type { Decision } from '../store.js'

/**
 * What an algorithm does with the few numbers that it knows of a key. They stand side by side, from `at` on, in an array of all keys';
 * zeros are a key that nothing counts against.
 */
export interface Algorithm {
  /** How many numbers a key has. */
  readonly width: number
  /**
   * Whether `cost` units are there, and if so and `spend`, takes them.
   *
   * @param cost At most the rule's burst.
   */
  decide(cells: Float64Array, at: number, cost: number, now: Milliseconds, spend: boolean): Decision
  give(cells: Float64Array, at: number, cost: number, now: Milliseconds): void
  /** Whether nothing counts against the key any more, so that forgetting it gives nothing away. */
  isFresh(cells: Float64Array, at: number, now: Milliseconds): boolean
  /** Lets go of what the numbers stand for elsewhere. */
  release?(cells: Float64Array, at: number): void
}
