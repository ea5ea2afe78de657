import type { Exchange } from '../exchange.js'
import type { Balanced, Balancer, Peek } from './balancer.js'
import { DeadlineOrder } from './deadline-order.js'
import { SmoothSequence } from './smooth-sequence.js'
import { weighted } from './weights.js'

/** How many turns of the sequence may be lost at a pick; where so many are down, the order by deadline knows who is left. */
const MISSES = 16
const NEXT = 'next in turn'

/**
 * Takes turns by weight, smoothly: 5:1:1 gives `a a b a c a a`, NGINX's own sequence, not five in a row. For requests of like cost.
 *
 * The sequence is exact, and a pick O(1), while Σ weight / greatest common divisor is at most 65,536. Above that, and while an
 * endpoint starts slowly, turns go by earliest deadline, with the same shares in the long run, in O(log n). An endpoint that is
 * skipped loses its turn.
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
  #endpoints: readonly E[] = []
  #sequence: SmoothSequence | null = null
  #deadlines = new DeadlineOrder<E>([], null)
  /** Which of them start slowly now, and how many. */
  #cold = new Uint8Array()
  #colds = 0

  rebuild(endpoints: readonly E[]): void {
    this.#endpoints = weighted(this.name, endpoints)
    this.#sequence = SmoothSequence.of(this.#endpoints.map(({ weight }) => weight))
    this.#deadlines = new DeadlineOrder(this.#endpoints, this.#deadlines)
    this.#cold = Uint8Array.from(this.#endpoints, isCold)
    this.#colds = this.#cold.reduce((sum, each) => sum + each, 0)
  }

  pick(_exchange: Exchange | null, skip: (endpoint: E) => boolean): E | undefined {
    const sequence = this.#sequence
    if (sequence !== null && this.#colds === 0) {
      const misses = Math.min(MISSES, sequence.length)
      for (let miss = 0; miss < misses; miss++) {
        const endpoint = this.#endpoints[sequence.next()]!
        if (!skip(endpoint)) return endpoint
      }
    }
    const at = this.#deadlines.next(skip)
    return at === -1 ? undefined : this.#endpoints[at]
  }

  peek(_exchange: Exchange | null, skip: (endpoint: E) => boolean): Peek<E> {
    const sequence = this.#sequence
    if (sequence !== null && this.#colds === 0) {
      for (let ahead = 0; ahead < Math.min(MISSES, sequence.length); ahead++) {
        const endpoint = this.#endpoints[sequence.peek(ahead)]!
        if (!skip(endpoint)) return { endpoint, why: ahead === 0 ? NEXT : `${NEXT}, ${ahead} passed over` }
      }
    }
    const at = this.#deadlines.peek(skip)
    return { endpoint: at === -1 ? undefined : this.#endpoints[at], why: NEXT }
  }

  changed(endpoint: E): void {
    const at = this.#deadlines.indexOf(endpoint)
    if (at === -1) return
    this.#deadlines.changed(at)
    const cold = isCold(endpoint)
    this.#colds += cold - this.#cold[at]!
    this.#cold[at] = cold
  }

  fork(): Balancer<E> {
    return new RoundRobin<E>()
  }
}

function isCold({ warmth = 1 }: Balanced): 0 | 1 {
  return warmth < 1 ? 1 : 0
}
