import { type Check, check } from '../options.js'
import type { Pool } from '../upstream/pool.js'

/** Pools to look at; a function where they come and go, as with a configuration that is read again. */
export type PoolSource = readonly Pool[] | (() => readonly Pool[])

/** The pools that there are now. */
export function poolsOf(source: PoolSource): readonly Pool[] {
  return typeof source === 'function' ? source() : source
}

export const checkPools: Check = check.either(
  (value) =>
    Array.isArray(value) && value.every((each) => typeof each?.snapshot === 'function')
      ? undefined
      : 'an array of pools',
  check.function,
)
