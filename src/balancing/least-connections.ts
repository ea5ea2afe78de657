import type { Exchange } from '../exchange.js'
import type { Balanced, Balancer } from './balancer.js'

/**
 * Picks the endpoint with the fewest requests in flight for its weight; among equals the one that has waited longest.
 *
 * O(log n) by an indexed heap that `changed` keeps in order; endpoints that must be skipped cost one step each.
 */
export function leastConnections<E extends Balanced = Balanced>(): Balancer<E> {
  return new LeastConnections<E>()
}

class LeastConnections<E extends Balanced> implements Balancer<E> {
  readonly name = 'leastConnections'
  #heap: E[] = []
  #place = new Map<E, number>()
  /** When each was last picked: breaks ties, so that equals take turns. */
  #turn = new Map<E, number>()
  #turns = 0

  rebuild(endpoints: readonly E[]): void {
    this.#heap = endpoints.filter((endpoint) => endpoint.weight > 0)
    this.#turn = new Map(this.#heap.map((endpoint) => [endpoint, this.#turn.get(endpoint) ?? 0]))
    this.#place = new Map(this.#heap.map((endpoint, at) => [endpoint, at]))
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(at)
  }

  pick(_exchange: Exchange | null, skip: (endpoint: E) => boolean): E | undefined {
    const at = this.#best(0, skip)
    if (at === -1) return undefined
    const endpoint = this.#heap[at]!
    this.#turn.set(endpoint, ++this.#turns)
    this.#sink(at)
    return endpoint
  }

  changed(endpoint: E): void {
    const at = this.#place.get(endpoint)
    if (at !== undefined && !this.#rise(at)) this.#sink(at)
  }

  /** The best place at or below `at` that need not be skipped; below one that serves nothing is better. */
  #best(at: number, skip: (endpoint: E) => boolean): number {
    if (at >= this.#heap.length) return -1
    if (!skip(this.#heap[at]!)) return at
    const left = this.#best(2 * at + 1, skip)
    const right = this.#best(2 * at + 2, skip)
    if (left === -1 || right === -1) return Math.max(left, right)
    return this.#before(this.#heap[right]!, this.#heap[left]!) ? right : left
  }

  #before(a: E, b: E): boolean {
    const order = a.inFlight * b.weight - b.inFlight * a.weight
    return order !== 0 ? order < 0 : this.#turn.get(a)! < this.#turn.get(b)!
  }

  #rise(from: number): boolean {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(this.#heap[at]!, this.#heap[parent]!)) break
      this.#swap(at, parent)
      at = parent
    }
    return at !== from
  }

  #sink(from: number): void {
    let at = from
    while (true) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#heap.length && this.#before(this.#heap[child]!, this.#heap[least]!)) least = child
      }
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a]!, this.#heap[b]!]
    this.#heap[a] = second
    this.#heap[b] = first
    this.#place.set(second, a)
    this.#place.set(first, b)
  }
}
