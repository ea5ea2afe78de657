import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { Endpoint } from './endpoint.js'
import type { Lease } from './lease.js'

/** How many requests may wait for an endpoint, for how long, and in which order. */
export interface QueueOptions {
  /** Requests that may wait at a time; more get a 503. @default 1024 (Envoy's `max_pending_requests`) */
  readonly limit?: number | undefined
  /** Longest wait, in milliseconds; a 503 then. @default 5000 (HAProxy's customary `timeout queue`) */
  readonly timeoutMs?: number | undefined
  /**
   * Class of a request, 0 to 15: a lower one is served first, and within a class who came first (HAProxy's
   * `set-priority-class`). Asked only when a request has to wait. @default all are of class 0
   */
  readonly priority?: ((exchange: Exchange) => number) | undefined
}

/** Priority classes are 0 to 15. */
const CLASSES = 16
/** How many who can't use what came free are passed over, so that a free place costs the same however many wait. */
const PASSED_OVER = 16

/** One free place for one request, if there is any that it may have. */
type Grant = (exchange: Exchange, exclude: ReadonlySet<Endpoint> | undefined) => Lease | null

/** A bounded line by priority class, and within a class first come first served, for requests that found every endpoint full. */
export class Queue {
  readonly limit: number
  readonly #timeoutMs: number
  readonly #priority: ((exchange: Exchange) => number) | undefined
  readonly #onFault: (error: unknown) => void
  /** By class: those who take any place, and those who were elsewhere before and don't want to go back there. */
  readonly #easy: readonly Line[] = Array.from({ length: CLASSES }, () => new Line())
  readonly #picky: readonly Line[] = Array.from({ length: CLASSES }, () => new Line())
  #size = 0
  #easySize = 0
  #arrivals = 0

  /** @param onFault Told when `priority` throws, or returns what is no number. */
  constructor(options: QueueOptions = {}, onFault: (error: unknown) => void = () => {}) {
    this.limit = options.limit ?? 1024
    this.#timeoutMs = options.timeoutMs ?? 5_000
    this.#priority = options.priority
    this.#onFault = onFault
  }

  get size(): number {
    return this.#size
  }

  /** How many of those who wait would take any place: while there are some, none is free. */
  get easySize(): number {
    return this.#easySize
  }

  /** Waits for a lease; rejects when the line is full, when the wait is over, or when the client leaves. */
  wait(exchange: Exchange, exclude: ReadonlySet<Endpoint> | undefined): Promise<Lease> {
    const headers = { 'retry-after': '1' }
    if (this.#size >= this.limit)
      return Promise.reject(new EdgeError('ERR_EDGE_QUEUE_FULL', `${this.limit} requests wait already`, { headers }))
    return new Promise((resolve, reject) => {
      const line = (exclude === undefined ? this.#easy : this.#picky)[this.#classOf(exchange)]!
      const waiter = new Waiter(exchange, exclude, this.#arrivals++, line, (result) => {
        this.#count(waiter, -1)
        clearTimeout(timer)
        exchange.cancel.remove(onAbort)
        if (result instanceof Error) reject(result)
        else resolve(result)
      })
      const onAbort = (reason: Error): void => waiter.settle(reason as EdgeError)
      const timer = setTimeout(() => {
        waiter.settle(
          new EdgeError('ERR_EDGE_QUEUE_TIMEOUT', `no endpoint came free within ${this.#timeoutMs} ms`, { headers }),
        )
      }, this.#timeoutMs)
      this.#count(waiter, 1)
      exchange.cancel.add(onAbort)
    })
  }

  /** Serves those who wait, in order, while `grant` has something for them; O(1) for each. */
  pump(grant: Grant): void {
    while (this.#size > 0 && this.#serve(grant));
  }

  /** Sends everybody away. */
  reject(error: EdgeError): void {
    for (const line of [...this.#easy, ...this.#picky]) while (line.first !== null) line.first.settle(error)
  }

  #serve(grant: Grant): boolean {
    for (let at = 0; at < CLASSES; at++) {
      const easy = this.#easy[at]!.first
      let picky = this.#picky[at]!.first
      for (let passed = 0; picky !== null && passed < PASSED_OVER; passed++, picky = picky.next) {
        if (easy !== null && easy.arrival < picky.arrival) break
        if (serve(picky, grant)) return true
      }
      // If one who takes any place finds none, then nobody does.
      if (easy !== null) return serve(easy, grant)
    }
    return false
  }

  #classOf(exchange: Exchange): number {
    if (this.#priority === undefined) return 0
    try {
      const given = this.#priority(exchange)
      if (typeof given === 'number' && !Number.isNaN(given))
        return Math.min(CLASSES - 1, Math.max(0, Math.floor(given)))
      throw new TypeError(`queue.priority returned ${String(given)}; allowed: a number from 0 to ${CLASSES - 1}`)
    } catch (error) {
      // Whoever can't be ranked waits behind the others: no reason to lose a request.
      this.#onFault(error)
      return CLASSES - 1
    }
  }

  #count(waiter: Waiter, by: 1 | -1): void {
    this.#size += by
    if (waiter.exclude === undefined) this.#easySize += by
  }
}

function serve(waiter: Waiter, grant: Grant): boolean {
  const lease = grant(waiter.exchange, waiter.exclude)
  if (lease === null) return false
  waiter.settle(lease)
  return true
}

/** One request in the line, linked so that it leaves from anywhere at no cost. */
class Waiter {
  readonly exchange: Exchange
  readonly exclude: ReadonlySet<Endpoint> | undefined
  readonly arrival: number
  previous: Waiter | null
  next: Waiter | null = null
  readonly #line: Line
  readonly #done: (result: Lease | EdgeError) => void

  constructor(
    exchange: Exchange,
    exclude: ReadonlySet<Endpoint> | undefined,
    arrival: number,
    line: Line,
    done: (result: Lease | EdgeError) => void,
  ) {
    this.exchange = exchange
    this.exclude = exclude
    this.arrival = arrival
    this.#line = line
    this.#done = done
    this.previous = line.last
    if (line.last === null) line.first = this
    else line.last.next = this
    line.last = this
  }

  settle(result: Lease | EdgeError): void {
    if (this.previous === null) this.#line.first = this.next
    else this.previous.next = this.next
    if (this.next === null) this.#line.last = this.previous
    else this.next.previous = this.previous
    this.#done(result)
  }
}

class Line {
  first: Waiter | null = null
  last: Waiter | null = null
}
