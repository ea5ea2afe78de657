import { LRUCache } from 'lru-cache'
import type { Cancel } from '../../cancel.js'
import type { Awaited } from './collect.js'
import type { Facts } from './facts.js'

/** How a flight ends for who waits for it. */
export type Landing =
  /** There is a reply that others may use, too; `stale` says that it stands in for an error. */
  | { readonly kind: 'landed'; readonly facts: Facts; readonly stale: boolean }
  /** The leader has failed: this one goes in its stead, and the others wait for it. */
  | { readonly kind: 'lead' }
  /** No reply to share, or the wait is over: each for itself. */
  | { readonly kind: 'alone' }

type Wake = (landing: Landing) => void

const ALONE: Landing = { kind: 'alone' }

/** How long requests whose like had nothing to share are not made to wait for each other. */
const LONE_MS = 10_000

/** One request under way to the upstream, and those that wait for its reply (H-181). */
export class Flight implements Awaited {
  /** Set by whoever can make the leader's reply come faster than its client reads it. */
  hurry: (() => void) | null = null
  readonly #waiting = new Set<Wake>()
  readonly #ended: (shared: boolean) => void

  constructor(ended: (shared: boolean) => void) {
    this.#ended = ended
  }

  get isAwaited(): boolean {
    return this.#waiting.size > 0
  }

  /**
   * Waits for the flight's end, at most `waitMs`.
   *
   * @throws why the one who waits was given up: its client left.
   */
  wait(cancel: Cancel, waitMs: number): Promise<Landing> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer)
        cancel.remove(left)
        this.#waiting.delete(wake)
      }
      const left = (reason: Error): void => {
        stop()
        reject(reason)
      }
      const wake: Wake = (landing) => {
        stop()
        resolve(landing)
      }
      const timer = setTimeout(() => {
        // A leader this slow is nobody to wait for: who comes now begins anew.
        this.#ended(true)
        wake(ALONE)
      }, waitMs)
      this.#waiting.add(wake)
      cancel.add(left)
      this.hurry?.()
    })
  }

  /** The leader's reply is there, whole. */
  land(facts: Facts, stale = false): void {
    this.#end({ kind: 'landed', facts, stale })
  }

  /** The leader's reply is for its client only. */
  disband(): void {
    this.#end(ALONE)
  }

  /** The leader failed, which says nothing about the others: the next one leads. */
  fail(): void {
    const [next] = this.#waiting
    if (next === undefined) this.#ended(true)
    else next({ kind: 'lead' })
  }

  #end(landing: Landing): void {
    this.#ended(landing !== ALONE)
    for (const wake of this.#waiting) wake(landing)
  }
}

/** The flights of one cache, one for each question. */
export class Flights {
  readonly #flights = new Map<string, Flight>()
  /** Questions whose replies were not to be shared, and until when that is remembered. Bounded in count and bytes (H-202). */
  readonly #lone = new LRUCache<string, number>({
    max: 1_000,
    maxSize: 256 * 1024,
    sizeCalculation: (_until, question) => question.length + 1,
  })
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** Whether each is to go for itself. */
  isLone(question: string): boolean {
    return this.#holds(this.#lone.get(question))
  }

  /** Whether one is under way that others would wait for; asked without a trace. */
  isAwaitable(question: string): boolean {
    return this.#flights.has(question) && !this.#holds(this.#lone.peek(question))
  }

  #holds(until: number | undefined): boolean {
    return until !== undefined && Math.abs(until - this.#now()) <= LONE_MS && until > this.#now()
  }

  get(question: string): Flight | undefined {
    return this.#flights.get(question)
  }

  begin(question: string): Flight {
    const flight = new Flight((shared) => {
      if (this.#flights.get(question) === flight) this.#flights.delete(question)
      if (shared) this.#lone.delete(question)
      else this.#lone.set(question, this.#now() + LONE_MS)
    })
    this.#flights.set(question, flight)
    return flight
  }

  /** Lets everybody go on alone. */
  close(): void {
    for (const flight of [...this.#flights.values()]) flight.disband()
  }
}
