import type { Exchange } from '../exchange.js'
import type { Balanced, Balancer } from './balancer.js'

/** Longest sequence that is laid out; past it weights are scaled to fit, with an error of at most 1/65536 of the traffic. */
const LONGEST = 65_536

/**
 * Takes turns by weight, smoothly: 5:1:1 gives `a a b a c a a`, NGINX's own sequence, not five in a row.
 *
 * The sequence is laid out once per change of membership or weight, so that a pick is O(1) with any number of endpoints. An
 * endpoint that is skipped yields its turn to the next in the sequence.
 *
 * @example
 * ```ts
 * createPool({ name: 'users', endpoints, balancer: roundRobin() })
 * ```
 */
export function roundRobin<E extends Balanced = Balanced>(): Balancer<E> {
  return new RoundRobin<E>()
}

class RoundRobin<E extends Balanced> implements Balancer<E> {
  readonly name = 'roundRobin'
  #sequence: E[] = []
  #next = 0

  rebuild(endpoints: readonly E[]): void {
    const active = endpoints.filter((endpoint) => endpoint.weight > 0)
    this.#sequence = smoothSequence(active, turns(active.map((endpoint) => endpoint.weight)))
    this.#next = 0
  }

  pick(_exchange: Exchange | null, skip: (endpoint: E) => boolean): E | undefined {
    const sequence = this.#sequence
    for (let tried = 0; tried < sequence.length; tried++) {
      const endpoint = sequence[this.#next]!
      this.#next = this.#next + 1 === sequence.length ? 0 : this.#next + 1
      if (!skip(endpoint)) return endpoint
    }
    return undefined
  }
}

/** How often each comes round: its weight, less what all weights have in common. */
function turns(weights: readonly number[]): number[] {
  const common = weights.reduce((a, b) => greatestCommonDivisor(a, b), 0) || 1
  const total = weights.reduce((sum, weight) => sum + weight / common, 0)
  const scale = total > LONGEST ? LONGEST / total : 1
  return weights.map((weight) => Math.max(1, Math.round((weight / common) * scale)))
}

/** NGINX's smooth weighted round robin: everybody gains its weight, the richest is picked and pays the total. */
function smoothSequence<E>(endpoints: readonly E[], weights: readonly number[]): E[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (weights.every((weight) => weight === 1)) return [...endpoints]
  const current = weights.map(() => 0)
  const sequence: E[] = []
  for (let turn = 0; turn < total; turn++) {
    let best = 0
    for (let at = 0; at < current.length; at++) {
      current[at]! += weights[at]!
      if (current[at]! > current[best]!) best = at
    }
    current[best]! -= total
    sequence.push(endpoints[best]!)
  }
  return sequence
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
