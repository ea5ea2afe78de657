import type { Balanced } from './balancer.js'
import { IndexedHeap } from './indexed-heap.js'
import { divisor } from './weights.js'

/** How many turns may be lost at a pick before the rest are looked at without losing theirs. */
const MISSES = 16

/**
 * Weighted turns by earliest deadline first, as Envoy's EDF scheduler: each turn puts the next one off by 1 / weight, in a time that
 * goes on from deadline to deadline. O(log n), with any weights, also while they move.
 */
export class DeadlineOrder<E extends Balanced> {
  readonly #heap: IndexedHeap<E>
  /** The weights that the deadlines rest on. */
  readonly #weights: Float64Array
  readonly #now = new Float64Array(1)

  /** @param before The order that this one replaces: what was left until an endpoint's next turn is left still. */
  constructor(endpoints: readonly E[], before: DeadlineOrder<E> | null) {
    const weights = Float64Array.from(endpoints, divisor)
    const write = (at: number, deadlines: Float64Array): void => {
      const known = before === null ? -1 : before.indexOf(endpoints[at]!)
      deadlines[at] = (known === -1 ? 1 : before!.#wait(known)) / weights[at]!
    }
    this.#weights = weights
    this.#heap = new IndexedHeap(endpoints, write, before === null ? null : before.#heap)
  }

  indexOf(endpoint: E): number {
    return this.#heap.indexOf(endpoint)
  }

  /** The index of the next one that `skip` does not refuse; −1 for none. Those refused lose their turn. */
  next(skip: (endpoint: E) => boolean): number {
    const heap = this.#heap
    const misses = Math.min(MISSES, heap.size)
    for (let miss = 0; miss < misses; miss++) {
      const at = heap.first
      this.#take(at)
      if (!skip(heap.endpoints[at]!)) return at
    }
    const at = heap.best(skip)
    if (at !== -1) this.#take(at)
    return at
  }

  /** What `next` would say. Whoever is refused loses a turn, which changes nothing for the others. */
  peek(skip: (endpoint: E) => boolean): number {
    return this.#heap.best(skip)
  }

  /** The weight or availability of one has moved. */
  changed(at: number): void {
    const { keys, endpoints } = this.#heap
    const endpoint = endpoints[at]!
    const weight = divisor(endpoint)
    const wait = this.#wait(at)
    // One that comes back after its turn went by starts anew, not with a burst.
    const left = wait > 0 ? wait : endpoint.available !== false && !this.#heap.has(at) ? 1 : 0
    if (weight !== this.#weights[at] || left !== wait) keys[at] = this.#now[0]! + left / weight
    this.#weights[at] = weight
    this.#heap.moved(at)
  }

  /** What is left until its turn, as a share of the time between two of its turns. */
  #wait(at: number): number {
    return Math.max(0, this.#heap.keys[at]! - this.#now[0]!) * this.#weights[at]!
  }

  #take(at: number): void {
    const { keys } = this.#heap
    this.#now[0] = Math.max(this.#now[0]!, keys[at]!)
    keys[at] = this.#now[0]! + 1 / this.#weights[at]!
    this.#heap.moved(at)
  }
}
