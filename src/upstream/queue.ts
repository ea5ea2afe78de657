import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { Endpoint } from './endpoint.js'
import type { Lease } from './lease.js'

/** How many requests may wait for an endpoint, and for how long. */
export interface QueueOptions {
  /** @default 1024 (Envoy's `max_pending_requests`) */
  readonly limit?: number | undefined
  /** @default 5000 (HAProxy's customary `timeout queue`) */
  readonly timeoutMs?: number | undefined
}

interface Waiter {
  readonly exchange: Exchange
  readonly exclude: ReadonlySet<Endpoint> | undefined
  settle(lease: Lease | EdgeError): void
}

/** A bounded line, first come first served, for requests that found every endpoint full. */
export class Queue {
  readonly limit: number
  readonly #timeoutMs: number
  readonly #waiters = new Set<Waiter>()

  constructor(options: QueueOptions = {}) {
    this.limit = options.limit ?? 1024
    this.#timeoutMs = options.timeoutMs ?? 5_000
  }

  get size(): number {
    return this.#waiters.size
  }

  /** Waits for a lease; rejects when the line is full, when the wait is over, or when the client leaves. */
  wait(exchange: Exchange, exclude: ReadonlySet<Endpoint> | undefined): Promise<Lease> {
    if (this.#waiters.size >= this.limit) {
      return Promise.reject(
        new EdgeError('ERR_EDGE_QUEUE_FULL', `${this.limit} requests wait already`, {
          headers: { 'retry-after': '1' },
        }),
      )
    }
    return new Promise((resolve, reject) => {
      const onAbort = (reason: Error): void => waiter.settle(reason as EdgeError)
      const waiter: Waiter = {
        exchange,
        exclude,
        settle: (result) => {
          this.#waiters.delete(waiter)
          clearTimeout(timer)
          exchange.cancel.remove(onAbort)
          if (result instanceof Error) reject(result)
          else resolve(result)
        },
      }
      const timer = setTimeout(() => {
        waiter.settle(
          new EdgeError('ERR_EDGE_QUEUE_TIMEOUT', `no endpoint came free within ${this.#timeoutMs} ms`, {
            headers: { 'retry-after': '1' },
          }),
        )
      }, this.#timeoutMs)
      this.#waiters.add(waiter)
      exchange.cancel.add(onAbort)
    })
  }

  /** Serves those who wait, in order, while `grant` has something for them. */
  pump(grant: (exchange: Exchange, exclude: ReadonlySet<Endpoint> | undefined) => Lease | null): void {
    for (const waiter of this.#waiters) {
      const lease = grant(waiter.exchange, waiter.exclude)
      if (lease !== null) waiter.settle(lease)
      // One that was elsewhere before may be unable to take what has come free; those behind it are not.
      else if (waiter.exclude === undefined) return
    }
  }

  /** Sends everybody away. */
  reject(error: EdgeError): void {
    for (const waiter of this.#waiters) waiter.settle(error)
  }
}
