import type { AttemptOutcome } from '../outcome.js'
import type { Endpoint } from './endpoint.js'

/** One reserved use of an endpoint. Give it back exactly once, when the reply has been read to the end; more are ignored. */
export interface Lease {
  readonly endpoint: Endpoint
  release(outcome: AttemptOutcome): void
}

/** Who takes leases back. */
export interface Lessor {
  returned(endpoint: Endpoint, outcome: AttemptOutcome): void
}

/** The lease that pools give out. */
export class PoolLease implements Lease {
  readonly endpoint: Endpoint
  #lessor: Lessor | null

  constructor(endpoint: Endpoint, lessor: Lessor) {
    this.endpoint = endpoint
    this.#lessor = lessor
  }

  release(outcome: AttemptOutcome): void {
    const lessor = this.#lessor
    this.#lessor = null
    lessor?.returned(this.endpoint, outcome)
  }
}
