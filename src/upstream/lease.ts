import type { Exchange } from '../exchange.js'
import type { AttemptOutcome } from '../outcome.js'
import type { Endpoint } from './endpoint.js'

/** One reserved use of an endpoint. Give it back exactly once, when the reply has been read to the end; more are ignored. */
export interface Lease {
  /** Who is to be asked. */
  readonly endpoint: Endpoint
  /** Name of the pool that lends it: the one that was asked, or its `fallback`. */
  readonly pool: string
  /** Whether it tries an endpoint out that comes back from an ejection. */
  readonly onTrial: boolean
  /** Of one on trial: what the head of its reply tells. The endpoint may be asked again, however long this reply goes on. */
  answered(outcome: AttemptOutcome): void
  /** Value of a Set-Cookie field that brings the client back to this endpoint; `undefined` for none. */
  cookieFor(exchange: Exchange): string | undefined
  /** Gives it back, with what came of the attempt: that is what health, metrics and balancers go by. */
  release(outcome: AttemptOutcome): void
}

/** Who takes leases back. */
export interface Lessor {
  readonly pool: string
  answered(lease: PoolLease, outcome: AttemptOutcome): void
  returned(lease: PoolLease, outcome: AttemptOutcome): void
}

/** The lease that pools give out; those of one endpoint are linked, which a Set of them would cost more for. */
export class PoolLease implements Lease {
  readonly endpoint: Endpoint
  readonly pool: string
  readonly exchange: Exchange
  readonly onTrial: boolean
  /** Whether health has heard of it already. */
  judged = false
  newer: PoolLease | null = null
  older: PoolLease | null
  #lessor: Lessor | null

  constructor(endpoint: Endpoint, exchange: Exchange, lessor: Lessor) {
    this.endpoint = endpoint
    this.pool = lessor.pool
    this.exchange = exchange
    this.onTrial = endpoint.onTrial
    this.#lessor = lessor
    this.older = endpoint.newest
    if (this.older !== null) this.older.newer = this
    endpoint.newest = this
  }

  answered(outcome: AttemptOutcome): void {
    if (!this.onTrial || this.judged) return
    this.judged = true
    this.#lessor?.answered(this, outcome)
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
