import type { Exchange } from '../exchange.js'
import type { AttemptOutcome } from '../outcome.js'
import type { Balanced, Balancer, Peek } from './balancer.js'
import type { Gauge } from './gauge.js'
import { IndexedHeap } from './indexed-heap.js'
import { weighted } from './weights.js'

/** Picks the lowest by a gauge, in O(log n) by an indexed heap; among equals, the one that has stood so longest. */
export class Least<E extends Balanced> implements Balancer<E> {
  readonly name: string
  readonly #make: () => Gauge<E>
  readonly #gauge: Gauge<E>
  #heap: IndexedHeap<E>

  constructor(name: string, make: () => Gauge<E>) {
    this.name = name
    this.#make = make
    this.#gauge = make()
    this.#heap = this.#order([], null)
  }

  rebuild(endpoints: readonly E[]): void {
    const members = weighted(this.name, endpoints)
    this.#gauge.rebuild(members, (endpoint) => this.#heap.indexOf(endpoint))
    this.#heap = this.#order(members, this.#heap)
  }

  pick(_exchange: Exchange | null, skip: (endpoint: E) => boolean): E | undefined {
    const heap = this.#heap
    const at = heap.best(skip)
    if (at === -1) return undefined
    this.#gauge.picked?.(at)
    this.#gauge.write(at, heap.keys)
    // Whether or not its key has changed, so that equals take turns for those who count nothing.
    heap.requeue(at)
    return heap.endpoints[at]
  }

  peek(_exchange: Exchange | null, skip: (endpoint: E) => boolean): Peek<E> {
    const at = this.#heap.best(skip)
    return { endpoint: at === -1 ? undefined : this.#heap.endpoints[at], why: this.#gauge.lowest }
  }

  changed(endpoint: E): void {
    const at = this.#heap.indexOf(endpoint)
    if (at === -1) return
    this.#gauge.changed?.(at)
    this.#moved(at)
  }

  settled(endpoint: E, outcome: AttemptOutcome): void {
    const at = this.#heap.indexOf(endpoint)
    if (at === -1) return
    this.#gauge.settled?.(at, outcome)
    this.#moved(at)
  }

  fork(): Balancer<E> {
    return new Least(this.name, this.#make)
  }

  #order(members: readonly E[], before: IndexedHeap<E> | null): IndexedHeap<E> {
    return new IndexedHeap(members, (at, keys) => this.#gauge.write(at, keys), before)
  }

  #moved(at: number): void {
    this.#gauge.write(at, this.#heap.keys)
    this.#heap.moved(at)
  }
}
