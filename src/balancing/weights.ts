import { optionError } from '../options.js'
import { type Balanced, presentWeight } from './balancer.js'

/** Least share of its weight that slow start leaves, so that it can be divided by. */
const COLDEST = 0.001

/**
 * The endpoints that take part: those of a weight above zero.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` for a weight that is no finite number from 0 (H-111).
 */
export function weighted<E extends Balanced>(balancer: string, endpoints: readonly E[]): E[] {
  for (const { weight } of endpoints)
    if (!(weight >= 0 && weight < Infinity)) throw optionError(balancer, 'weight', weight, 'a finite number from 0')
  return endpoints.filter(({ weight }) => weight > 0)
}

/** What an endpoint takes at present, never zero. */
export function divisor(endpoint: Balanced): number {
  return Math.max(presentWeight(endpoint), endpoint.weight * COLDEST)
}
