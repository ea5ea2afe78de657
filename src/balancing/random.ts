import type { Exchange } from '../exchange.js'
import { type Balanced, type Balancer, byChance, type Peek } from './balancer.js'
import { WeightedDraw } from './weighted-draw.js'
import { weighted } from './weights.js'

/**
 * Picks at random, in proportion to weight, in O(1). For many proxies in front of the same endpoints, which in turn would move in step.
 *
 * @param random Source of chance in [0, 1), for tests. @default a generator of its own
 * @example
 * ```ts
 * createPool({ name: 'users', endpoints, balancer: random() })
 * ```
 */
export function random<E extends Balanced = Balanced>(random?: () => number): Balancer<E> {
  return new Random<E>(random)
}

class Random<E extends Balanced> implements Balancer<E> {
  readonly name = 'random'
  readonly #random: (() => number) | undefined
  #endpoints: readonly E[] = []
  #draw: WeightedDraw<E>

  constructor(random: (() => number) | undefined) {
    this.#random = random
    this.#draw = new WeightedDraw([], random)
  }

  rebuild(endpoints: readonly E[]): void {
    this.#endpoints = weighted(this.name, endpoints)
    this.#draw = new WeightedDraw(this.#endpoints, this.#random)
  }

  pick(_exchange: Exchange | null, skip: (endpoint: E) => boolean): E | undefined {
    const at = this.#draw.next(skip)
    return at === -1 ? undefined : this.#endpoints[at]
  }

  peek(_exchange: Exchange | null, skip: (endpoint: E) => boolean): Peek<E> {
    return byChance(
      this.#endpoints.filter((endpoint) => !skip(endpoint)),
      'by chance, in proportion to weight',
    )
  }

  fork(): Balancer<E> {
    return new Random<E>(this.#random)
  }
}
