import type { Balanced } from './balancer.js'

/**
 * Endpoints in order of a number each, the lowest first; among equals, the one whose number has stood longest.
 *
 * A binary heap in which each endpoint's place is known. Endpoints are named by their index; to move one, write `keys[index]` and
 * say `moved(index)`: no number is passed or returned, so that nothing is allocated. Endpoints that are not available lie behind
 * the heap in the same array, where no pick looks unless all others are refused.
 */
export class IndexedHeap<E extends Balanced> {
  readonly endpoints: readonly E[]
  /** By index. Counts from the next `moved` on. */
  readonly keys: Float64Array
  readonly #index: ReadonlyMap<E, number>
  /** The keys as they were when each endpoint was last put in its place. */
  readonly #placed: Float64Array
  /** When that was. */
  readonly #turn: Float64Array
  readonly #turns = new Float64Array(1)
  /** Indices by place, and places by index. */
  readonly #heap: Int32Array
  readonly #place: Int32Array
  #size = 0
  #found = -1

  /**
   * @param write Writes the first key of an index.
   * @param before The heap that this one replaces: whoever keeps its key keeps its turn; others queue behind their equals.
   */
  constructor(endpoints: readonly E[], write: (at: number, keys: Float64Array) => void, before: IndexedHeap<E> | null) {
    const count = endpoints.length
    this.endpoints = endpoints
    this.keys = new Float64Array(count)
    this.#placed = new Float64Array(count)
    this.#turn = new Float64Array(count)
    this.#heap = Int32Array.from({ length: count }, (_, at) => at)
    this.#place = this.#heap.slice()
    this.#index = new Map(endpoints.map((endpoint, at) => [endpoint, at]))
    if (before !== null) this.#turns[0] = before.#turns[0]!
    for (let at = 0; at < count; at++) {
      write(at, this.keys)
      const known = before?.indexOf(endpoints[at]!) ?? -1
      this.#placed[at] = this.keys[at]!
      const stays = known !== -1 && before!.#placed[known] === this.keys[at]
      this.#turn[at] = stays ? before!.#turn[known]! : ++this.#turns[0]!
    }
    for (let at = 0; at < count; at++)
      if (endpoints[at]!.available !== false) this.#swap(this.#place[at]!, this.#size++)
    for (let place = (this.#size >> 1) - 1; place >= 0; place--) this.#sink(place)
  }

  /** How many are available, as far as `moved` has told. */
  get size(): number {
    return this.#size
  }

  /** The index of the lowest; −1 if none is available. */
  get first(): number {
    return this.#size === 0 ? -1 : this.#heap[0]!
  }

  /** −1 for one that is not here. */
  indexOf(endpoint: E): number {
    return this.#index.get(endpoint) ?? -1
  }

  /** Whether it is among those that may be picked. */
  has(at: number): boolean {
    return this.#place[at]! < this.#size
  }

  /** Its key or its availability may have changed. */
  moved(at: number): void {
    const available = this.endpoints[at]!.available !== false
    if (this.keys[at] !== this.#placed[at] || available !== this.has(at)) this.requeue(at)
  }

  /** Puts it where its key says, behind its equals. */
  requeue(at: number): void {
    this.#placed[at] = this.keys[at]!
    this.#turn[at] = ++this.#turns[0]!
    const place = this.#place[at]!
    const inside = place < this.#size
    if (this.endpoints[at]!.available === false) {
      if (inside) this.#takeOut(place)
      return
    }
    if (!inside) this.#swap(place, this.#size++)
    this.#settle(this.#place[at]!)
  }

  /** The index of the lowest that `skip` does not refuse; −1 for none. Each one refused costs a step, and stays where it is. */
  best(skip: (endpoint: E) => boolean): number {
    this.#found = -1
    this.#search(0, skip)
    // A pool whose endpoints are all out may still try one: then `skip` lets it pass.
    if (this.#found === -1)
      for (let place = this.#size; place < this.#heap.length; place++) this.#consider(this.#heap[place]!, skip)
    return this.#found
  }

  #search(place: number, skip: (endpoint: E) => boolean): void {
    if (place >= this.#size || this.#consider(this.#heap[place]!, skip)) return
    this.#search(2 * place + 1, skip)
    this.#search(2 * place + 2, skip)
  }

  /** Whether nothing below it can be better than what is found by now. */
  #consider(at: number, skip: (endpoint: E) => boolean): boolean {
    if (this.#found !== -1 && !this.#before(at, this.#found)) return true
    if (skip(this.endpoints[at]!)) return false
    this.#found = at
    return true
  }

  #before(a: number, b: number): boolean {
    const first = this.#placed[a]!
    const second = this.#placed[b]!
    return first !== second ? first < second : this.#turn[a]! < this.#turn[b]!
  }

  #takeOut(place: number): void {
    this.#swap(place, --this.#size)
    if (place < this.#size) this.#settle(place)
  }

  #settle(from: number): void {
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#before(this.#heap[place]!, this.#heap[parent]!)) break
      this.#swap(place, parent)
      place = parent
    }
    if (place === from) this.#sink(place)
  }

  #sink(from: number): void {
    let place = from
    while (true) {
      let least = place
      const left = 2 * place + 1
      if (left < this.#size && this.#before(this.#heap[left]!, this.#heap[least]!)) least = left
      const right = left + 1
      if (right < this.#size && this.#before(this.#heap[right]!, this.#heap[least]!)) least = right
      if (least === place) return
      this.#swap(place, least)
      place = least
    }
  }

  #swap(a: number, b: number): void {
    const first = this.#heap[a]!
    const second = this.#heap[b]!
    this.#heap[a] = second
    this.#heap[b] = first
    this.#place[second] = a
    this.#place[first] = b
  }
}
