import type { Path } from './path.js'
import type { Position } from './problems.js'

/** A document's data, as far as it could be read, and what is wrong with it. */
export interface Parsed {
  /** Made of plain objects, arrays, texts, numbers, booleans and `null`; nobody else has it. */
  readonly data: unknown
  readonly faults: readonly { readonly path: Path; readonly message: string; readonly position: Position | null }[]
  positionOf(path: Path): Position | null
}

/** More values than any configuration has: a document whose aliases multiply (billion laughs) ends here. */
export const MOST_VALUES = 100_000
/** Objects and arrays within each other. */
export const DEEPEST = 64

/** Refuses a name that would change the object it is put on; `null` for any other. */
export function refusedName(name: string): string | null {
  return name === '__proto__' ? 'a name that objects of JavaScript have a use for' : null
}
