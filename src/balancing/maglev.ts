import { checkOptions } from '../options.js'
import type { Balanced, Balancer } from './balancer.js'
import { HashBalancer } from './hash-balancer.js'
import { compileKeys } from './hash-key.js'
import { type HashOptions, hashChecks } from './hash-options.js'
import { maglevLayout } from './maglev-layout.js'

export interface MaglevOptions extends HashOptions {
  /** Slots of the table: a prime, at least a hundred times the number of endpoints to spread keys evenly. @default 65537 */
  readonly tableSize?: number | undefined
}

/** Envoy's largest. */
const LARGEST = 5_000_011

/**
 * Sends equal keys to the same endpoint by a Maglev table (Eisenbud et al., NSDI 2016): spreads keys more evenly than a ring and
 * takes less memory, but when an endpoint comes or goes some other keys move, too. While one is down, its keys alone move. O(1).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * createPool({ name: 'users', endpoints, balancer: maglev({ key: { header: 'x-tenant' }, balanceFactor: 125 }) })
 * ```
 */
export function maglev<E extends Balanced = Balanced>(options: MaglevOptions): Balancer<E> {
  checkOptions('maglev', options, {
    ...hashChecks,
    tableSize: (value) => (isPrime(value) ? undefined : `a prime up to ${LARGEST}, as 65537 or 655373`),
  })
  return new HashBalancer<E>({
    name: 'maglev',
    keyOf: compileKeys('maglev', options.key, options.fallbackKey),
    layout: maglevLayout(options.tableSize ?? 65_537),
    balanceFactor: options.balanceFactor ?? 0,
  })
}

function isPrime(value: unknown): boolean {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 2 || value > LARGEST) return false
  for (let factor = 2; factor * factor <= value; factor++) if (value % factor === 0) return false
  return true
}
