import type { EventHub } from '../../events.js'
import { type Cell, Counts } from './counts.js'
import type { FamilyOptions } from './family.js'

/** Metrics that belong together, and what they listen to. */
export interface Section {
  readonly families: readonly FamilyOptions[]
  /** @returns what unsubscribes. */
  listen?(hub: EventHub): readonly (() => void)[]
}

/** A counter of its own numbers. */
export interface Counter extends FamilyOptions {
  cell(...values: readonly string[]): Cell
}

/** Makes a counter of what is noted by hand. */
export function counter(name: string, help: string, labels: readonly string[], max: number): Counter {
  const counts = new Counts(labels, max)
  return {
    ...{ name, help, labels, type: 'counter' },
    cell: (...values) => counts.cell(...values),
    read: () => counts.samples(),
    reset: () => counts.clear(),
  }
}
