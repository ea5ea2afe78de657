/** Chance, as mutations want it. */
export interface Draw {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number
  of<T>(values: readonly T[]): T
}

export function drawOf(random: () => number): Draw {
  const below = (limit: number): number => Math.floor(random() * limit)
  return { below, of: (values) => values[below(values.length)]! }
}

/** Makes another request of one; both as latin1. */
export type Mutation = (bytes: string, draw: Draw) => string

/** Puts `text` in place of the `count` characters at `at`. */
export function spliced(bytes: string, at: number, count: number, text: string): string {
  return bytes.slice(0, at) + text + bytes.slice(at + count)
}

/** A place in the bytes, in the first head more often than not: that is where most of what matters is said. */
export function place(bytes: string, draw: Draw): number {
  const head = bytes.indexOf('\r\n\r\n')
  return draw.below(head > 0 && draw.below(4) > 0 ? head + 4 : bytes.length + 1)
}
