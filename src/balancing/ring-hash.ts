import { check, checkOptions, optionError } from '../options.js'
import type { Balanced, Balancer } from './balancer.js'
import { HashBalancer } from './hash-balancer.js'
import { compileKeys } from './hash-key.js'
import { type HashOptions, hashChecks } from './hash-options.js'
import { nginxLayout } from './nginx-layout.js'
import { ringLayout } from './ring-layout.js'

export interface RingHashOptions extends HashOptions {
  /** Points on the ring for each unit of weight: more spread keys more evenly and take more memory. @default 512 */
  readonly points?: number | undefined
  /**
   * `'nginx'`: the mapping of NGINX's `hash … consistent`, for endpoints whose names are what its `server` lines say, in the same
   * order and with the same weights. A URL counts without scheme and path: `http://10.0.0.1:3000` is `server 10.0.0.1:3000`.
   *
   * @default a mapping of our own
   */
  readonly compatibleWith?: 'nginx' | undefined
}

/**
 * Sends equal keys to the same endpoint by consistent hashing on a ring (ketama). When an endpoint comes or goes, its keys move and
 * no others; while it is down, its keys alone go to the next on the ring. O(1).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * createPool({ name: 'users', endpoints, balancer: ringHash({ key: { cookie: 'sid' }, fallbackKey: 'client' }) })
 * ```
 */
export function ringHash<E extends Balanced = Balanced>(options: RingHashOptions): Balancer<E> {
  checkOptions('ringHash', options, {
    ...hashChecks,
    points: check.whole(1, 65_536),
    compatibleWith: check.oneOf('nginx'),
  })
  const { points, compatibleWith } = options
  if (compatibleWith !== undefined && points !== undefined)
    throw optionError('ringHash', 'points', points, 'nothing beside compatibleWith, which has its own')
  return new HashBalancer<E>({
    name: 'ringHash',
    keyOf: compileKeys('ringHash', options.key, options.fallbackKey),
    layout: compatibleWith === undefined ? ringLayout(points ?? 512) : nginxLayout,
    balanceFactor: options.balanceFactor ?? 0,
  })
}
