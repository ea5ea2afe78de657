import type { Exchange } from '../exchange.js'
import type { Balanced, Balancer } from './balancer.js'

/**
 * Picks at random, in proportion to weight. O(1) by an alias table (Vose 1991).
 *
 * @param random Source of chance in [0, 1). @default Math.random
 */
export function random<E extends Balanced = Balanced>(random: () => number = Math.random): Balancer<E> {
  return new Random<E>(random)
}

class Random<E extends Balanced> implements Balancer<E> {
  readonly name = 'random'
  readonly #random: () => number
  #endpoints: E[] = []
  #share: number[] = []
  #alias: number[] = []

  constructor(random: () => number) {
    this.#random = random
  }

  rebuild(endpoints: readonly E[]): void {
    this.#endpoints = endpoints.filter((endpoint) => endpoint.weight > 0)
    const total = this.#endpoints.reduce((sum, endpoint) => sum + endpoint.weight, 0)
    this.#share = this.#endpoints.map((endpoint) => (endpoint.weight / total) * this.#endpoints.length)
    this.#alias = this.#share.map((_, at) => at)
    const poor = [...this.#share.keys()].filter((at) => this.#share[at]! < 1)
    const rich = [...this.#share.keys()].filter((at) => this.#share[at]! >= 1)
    const rest = [...this.#share]
    while (poor.length > 0 && rich.length > 0) {
      const low = poor.pop()!
      const high = rich.at(-1)!
      this.#alias[low] = high
      rest[high]! -= 1 - rest[low]!
      if (rest[high]! < 1) poor.push(rich.pop()!)
    }
    this.#share = rest
  }

  pick(_exchange: Exchange | null, skip: (endpoint: E) => boolean): E | undefined {
    const count = this.#endpoints.length
    if (count === 0) return undefined
    // A few draws keep the shares right among those that are left; then any that is left will do.
    for (let draw = 0; draw < 4; draw++) {
      const endpoint = this.#draw()
      if (!skip(endpoint)) return endpoint
    }
    const from = Math.floor(this.#random() * count)
    for (let step = 0; step < count; step++) {
      const endpoint = this.#endpoints[(from + step) % count]!
      if (!skip(endpoint)) return endpoint
    }
    return undefined
  }

  #draw(): E {
    const spin = this.#random() * this.#endpoints.length
    const at = Math.floor(spin)
    return this.#endpoints[spin - at < this.#share[at]! ? at : this.#alias[at]!]!
  }
}
