import type { Exchange } from '../exchange.js'
import type { Balanced, Balancer, Peek } from './balancer.js'
import { weighted } from './weights.js'

/**
 * Fills endpoints one after the other, as HAProxy's `first`: in the order configured, the first that has room (`maxConnections`).
 * Those at the end stay idle and can be switched off. Of weights, only 0 counts.
 *
 * @example
 * ```ts
 * createPool({ name: 'workers', endpoints, maxConnections: 50, balancer: firstAvailable() })
 * ```
 */
export function firstAvailable<E extends Balanced = Balanced>(): Balancer<E> {
  return new FirstAvailable<E>()
}

class FirstAvailable<E extends Balanced> implements Balancer<E> {
  readonly name = 'firstAvailable'
  #endpoints: readonly E[] = []

  rebuild(endpoints: readonly E[]): void {
    this.#endpoints = weighted(this.name, endpoints)
  }

  pick(_exchange: Exchange | null, skip: (endpoint: E) => boolean): E | undefined {
    for (const endpoint of this.#endpoints) if (!skip(endpoint)) return endpoint
    return undefined
  }

  peek(exchange: Exchange | null, skip: (endpoint: E) => boolean): Peek<E> {
    return { endpoint: this.pick(exchange, skip), why: 'first in the list that has room' }
  }

  fork(): Balancer<E> {
    return new FirstAvailable<E>()
  }
}
