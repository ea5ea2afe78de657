import type { Exchange } from '../exchange.js'
import type { Balanced, Balancer, Peek } from './balancer.js'
import type { KeyReader } from './hash-key.js'
import type { HashTable, TableLayout } from './hash-table.js'
import { LoadBounds } from './load-bounds.js'
import { roundRobin } from './round-robin.js'
import { weighted } from './weights.js'

/** What hash strategies are made of. */
export interface HashParts {
  readonly name: string
  readonly keyOf: KeyReader
  readonly layout: TableLayout
  /** Percent of the mean load that an endpoint may have; 0 for no bound. */
  readonly balanceFactor: number
}

/**
 * Sends equal keys to the same endpoint. The table holds the configured endpoints, whatever their health: a key whose owner is
 * skipped, or over its bound, walks on to the next, and everybody else's keys stay where they are.
 */
export class HashBalancer<E extends Balanced> implements Balancer<E> {
  readonly name: string
  readonly #parts: HashParts
  readonly #bounds: LoadBounds<E> | null
  /** Where requests without a key go. */
  readonly #keyless: Balancer<E> = roundRobin<E>()
  #endpoints: readonly E[] = []
  #table: HashTable | null = null
  /** The walk on which each endpoint was asked about last. */
  #askedOn = new Float64Array(0)
  #walks = 0

  constructor(parts: HashParts) {
    this.name = parts.name
    this.#parts = parts
    this.#bounds = parts.balanceFactor === 0 ? null : new LoadBounds(parts.balanceFactor)
  }

  rebuild(endpoints: readonly E[]): void {
    const { layout } = this.#parts
    const active = weighted(this.name, endpoints)
    if (layout.order === 'by name') active.sort(byName)
    this.#table = active.length === 0 ? null : layout.lay(active)
    this.#endpoints = active
    this.#askedOn = new Float64Array(active.length)
    this.#bounds?.rebuild(active)
    this.#keyless.rebuild(endpoints)
  }

  pick(exchange: Exchange | null, skip: (endpoint: E) => boolean): E | undefined {
    const table = this.#table
    if (table === null) return undefined
    const key = exchange === null ? undefined : this.#parts.keyOf(exchange)
    if (key === undefined) return this.#keyless.pick(exchange, skip)
    const slot = table.slotOf(key)
    const place = table.owners[slot]!
    const owner = this.#endpoints[place]!
    if ((this.#bounds === null || this.#bounds.admits(place)) && !skip(owner)) return owner
    return this.#walk(table.owners, slot, skip)
  }

  peek(exchange: Exchange | null, skip: (endpoint: E) => boolean): Peek<E> {
    const table = this.#table
    const key = exchange === null || table === null ? undefined : this.#parts.keyOf(exchange)
    if (key === undefined || table === null) {
      const { endpoint, why } = this.#keyless.peek!(exchange, skip)
      return { endpoint, why: `the request has no key, so it is ${why}` }
    }
    const endpoint = this.pick(exchange, skip)
    const owner = this.#endpoints[table.owners[table.slotOf(key)]!]!
    if (endpoint === owner) return { endpoint, why: 'the key of the request belongs to it' }
    const why = skip(owner) ? 'can take nothing' : 'has as much as it may have'
    return { endpoint, why: `the key of the request belongs to ${owner.name}, which ${why}; the next in the table` }
  }

  changed(endpoint: E): void {
    this.#bounds?.changed(endpoint)
    this.#keyless.changed?.(endpoint)
  }

  fork(): Balancer<E> {
    return new HashBalancer<E>(this.#parts)
  }

  /** Asks about endpoints in the order in which they own the slots from `slot` on. */
  #walk(owners: Uint32Array, slot: number, skip: (endpoint: E) => boolean): E | undefined {
    const walk = ++this.#walks
    let left = this.#endpoints.length
    let overBound: E | undefined
    for (let step = 0, at = slot; step < owners.length && left > 0; step++) {
      // The last few of many may be far away: before going there, see whether it is worth it.
      if (step === this.#endpoints.length && this.#unasked(walk, skip) === undefined) return overBound
      const place = owners[at]!
      if (++at === owners.length) at = 0
      if (this.#askedOn[place] === walk) continue
      this.#askedOn[place] = walk
      left--
      const endpoint = this.#endpoints[place]!
      if (skip(endpoint)) continue
      if (this.#bounds === null || this.#bounds.admits(place)) return endpoint
      overBound ??= endpoint
    }
    return overBound ?? this.#unasked(walk, skip)
  }

  /** One that the walk has not come to yet, or can't, as it has no slot. */
  #unasked(walk: number, skip: (endpoint: E) => boolean): E | undefined {
    for (let place = 0; place < this.#endpoints.length; place++) {
      const endpoint = this.#endpoints[place]!
      if (this.#askedOn[place] !== walk && !skip(endpoint)) return endpoint
    }
    return undefined
  }
}

function byName(a: Balanced, b: Balanced): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
