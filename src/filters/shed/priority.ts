/** Who is shed first: `low`, then `normal`, and `high` last. */
export type Priority = 'low' | 'normal' | 'high'

/** A priority as a number, for tables: 0 is shed first. */
export type Rank = 0 | 1 | 2

export const RANKS: ReadonlyMap<Priority, Rank> = new Map([
  ['low', 0],
  ['normal', 1],
  ['high', 2],
])

/** The rank of whatever has no priority. */
export const NORMAL: Rank = 1

/** The share of a limit at which each rank is shed. */
export const THRESHOLDS = [0.8, 0.95, 1] as const
