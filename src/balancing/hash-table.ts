import type { Balanced } from './balancer.js'

/** A mapping of keys to endpoints, laid out once per change of membership or weight. */
export interface HashTable {
  /** Who has each slot, as a place in the list that the table was made of. */
  readonly owners: Uint32Array
  /** The slot of a key; whoever skips its owner walks on from there. */
  slotOf(key: string): number
}

/** How a strategy lays its table out, and in which order it wants its endpoints. */
export interface TableLayout {
  /** By name, so that the mapping does not depend on the order of configuration; or as configured. */
  readonly order: 'by name' | 'as configured'
  lay(endpoints: readonly Balanced[]): HashTable
}
