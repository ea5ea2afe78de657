import type { Exchange } from '../exchange.js'
import type { AttemptOutcome } from '../outcome.js'
import type { Endpoint } from './endpoint.js'

/** One reserved use of an endpoint. Give it back exactly once, when the reply has been read to the end; more are ignored. */
export interface Lease {
  readonly endpoint: Endpoint
  /** The head of a reply has come: an endpoint on trial may be asked again, however long this reply goes on. */
  answered(): void
  /** Value of a Set-Cookie field that brings the client back to this endpoint; `undefined` for none. */
  cookieFor(exchange: Exchange): string | undefined
  release(outcome: AttemptOutcome): void
}

/** Who takes leases back. */
export interface Lessor {
  answered(lease: PoolLease): void
  returned(lease: PoolLease, outcome: AttemptOutcome): void
}

/** The lease that pools give out; those of one endpoint are linked, which a Set of them would cost more for. */
export class PoolLease implements Lease {
  readonly endpoint: Endpoint
  readonly exchange: Exchange
  /** Whether it is the one attempt that an endpoint on trial may have. */
  trial: boolean
  newer: PoolLease | null = null
  older: PoolLease | null
  #lessor: Lessor | null

  constructor(endpoint: Endpoint, exchange: Exchange, lessor: Lessor) {
    this.endpoint = endpoint
    this.exchange = exchange
    this.trial = endpoint.onTrial
    this.#lessor = lessor
    this.older = endpoint.newest
    if (this.older !== null) this.older.newer = this
    endpoint.newest = this
  }

  answered(): void {
    if (this.trial) this.#lessor?.answered(this)
  }

  cookieFor(exchange: Exchange): string | undefined {
    return this.endpoint.level?.balancer.cookieFor?.(exchange, this.endpoint)
  }

  release(outcome: AttemptOutcome): void {
    const lessor = this.#lessor
    if (lessor === null) return
    this.#lessor = null
    if (this.newer === null) this.endpoint.newest = this.older
    else this.newer.older = this.older
    if (this.older !== null) this.older.newer = this.newer
    lessor.returned(this, outcome)
  }
}
