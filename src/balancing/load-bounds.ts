import { type Balanced, presentWeight } from './balancer.js'

/** Weights are summed up in these parts of one, so that a running sum stays exact while slow start moves it. */
const PARTS = 256

/**
 * How much of all requests in flight one endpoint may have ("Consistent Hashing with Bounded Loads", Mirrokni et al. 2016, with
 * weights as in HAProxy's `hash-balance-factor`).
 *
 * There are ⌈(in flight + 1) × factor / 100⌉ slots, shared among the available endpoints by present weight, rounded up. Sums are
 * kept by `changed`, so that everything is O(1).
 */
export class LoadBounds<E extends Balanced> {
  readonly #factor: number
  #endpoints: readonly E[] = []
  #places = new Map<E, number>()
  /** What each has put into the sums. */
  #counted: number[] = []
  #shares: number[] = []
  #inFlight = 0
  #weight = 0

  /** @param factor Percent of the mean. */
  constructor(factor: number) {
    this.#factor = factor
  }

  rebuild(endpoints: readonly E[]): void {
    this.#endpoints = endpoints
    this.#places = new Map(endpoints.map((endpoint, place) => [endpoint, place]))
    this.#counted = endpoints.map(() => 0)
    this.#shares = endpoints.map(() => 0)
    this.#inFlight = 0
    this.#weight = 0
    for (const endpoint of endpoints) this.changed(endpoint)
  }

  changed(endpoint: E): void {
    const place = this.#places.get(endpoint)
    if (place === undefined) return
    this.#inFlight += endpoint.inFlight - this.#counted[place]!
    this.#counted[place] = endpoint.inFlight
    const share = endpoint.available === false ? 0 : parts(endpoint)
    this.#weight += share - this.#shares[place]!
    this.#shares[place] = share
  }

  /** Whether the endpoint at that place may have one more. */
  admits(place: number): boolean {
    if (this.#weight === 0) return true
    const slots = Math.ceil(((this.#inFlight + 1) * this.#factor) / 100)
    const endpoint = this.#endpoints[place]!
    return endpoint.inFlight < Math.ceil((slots * parts(endpoint)) / this.#weight)
  }
}

function parts(endpoint: Balanced): number {
  return Math.ceil(presentWeight(endpoint) * PARTS)
}
