import type { Socket } from 'node:net'
import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { Milliseconds } from '../options.js'
import type { AttemptOutcome, AttemptTimes, OutcomeBuilder } from '../outcome.js'
import type { Endpoint } from '../upstream/endpoint.js'
import type { Lease } from '../upstream/lease.js'
import type { Pool } from '../upstream/pool.js'
import { checkTcpEndpoint, connectTo, isEndpointsFault } from './connect.js'

/** One connection to one endpoint, from its lease on. */
class TcpAttempt {
  readonly times: AttemptTimes
  readonly #exchange: Exchange
  readonly #lease: Lease

  constructor(exchange: Exchange, lease: Lease) {
    this.#exchange = exchange
    this.#lease = lease
    this.times = { startedAt: performance.now(), connectedAt: null, firstByteAt: null, lastByteAt: null }
  }

  /**
   * It is over: the lease goes back. Only a failure to connect counts against the endpoint. A reset does not: applications end good
   * connections so, and a client could bring it about with a few odd bytes.
   */
  end(error: EdgeError | null, bytes: AttemptOutcome['bytes']): void {
    this.times.lastByteAt = performance.now()
    const outcome = this.#outcome(error, bytes)
    this.#exchange.noteAttempt(outcome)
    this.#lease.release(outcome)
  }

  /** The connection is up: what is measured of an endpoint here, and all that a trial wants to know. */
  connected(): void {
    const now = performance.now()
    this.times.connectedAt = now
    this.times.firstByteAt = now
    if (this.#lease.onTrial) this.#lease.answered(this.#outcome(null, { in: 0, out: 0 }))
  }

  #outcome(error: EdgeError | null, bytes: AttemptOutcome['bytes']): AttemptOutcome {
    return {
      endpoint: this.#lease.endpoint.name,
      status: null,
      error,
      reusedConnection: false,
      times: this.times,
      bytes,
      countsAgainst: error !== null && isEndpointsFault(error),
    }
  }
}

/**
 * Takes an endpoint of the pool and connects to it; if that fails, to another, as no byte of the client's has left yet.
 *
 * @param outcome Told of the phases.
 * @returns A promise that rejects with an {@link EdgeError}: why the last attempt failed, or why there was none.
 */
export async function dial(
  pool: Pool,
  exchange: Exchange,
  outcome: OutcomeBuilder,
  options: { readonly connectTimeoutMs: Milliseconds; readonly maxConnectAttempts: number },
): Promise<{ readonly attempt: TcpAttempt; readonly socket: Socket }> {
  const tried = new Set<Endpoint>()
  let last: EdgeError | null = null
  while (true) {
    const lease = await acquire(pool, exchange, outcome, tried, last)
    outcome.phase = 'connect'
    const attempt = new TcpAttempt(exchange, lease)
    try {
      checkTcpEndpoint(lease.endpoint)
      const socket = await connectTo(lease.endpoint, options.connectTimeoutMs, exchange.cancel)
      attempt.connected()
      return { attempt, socket }
    } catch (error) {
      last = error as EdgeError
      attempt.end(last, { in: 0, out: 0 })
      tried.add(lease.endpoint)
      if (!last.retryable || tried.size >= options.maxConnectAttempts || exchange.cancel.aborted) throw last
      if (pool.events.has('retry'))
        pool.events.emit('retry', { pool: pool.name, endpoint: lease.endpoint.name, why: last.code })
    }
  }
}

async function acquire(
  pool: Pool,
  exchange: Exchange,
  outcome: OutcomeBuilder,
  tried: ReadonlySet<Endpoint>,
  last: EdgeError | null,
): Promise<Lease> {
  const before = outcome.phase
  outcome.phase = 'queue'
  try {
    return await pool.acquire(exchange, tried.size === 0 ? undefined : tried)
  } catch (error) {
    if (last === null || !(error instanceof EdgeError) || error.code !== 'ERR_EDGE_NO_ENDPOINT') throw error
    // When the endpoints run out, what the last one failed with says more.
    outcome.phase = before
    throw last
  }
}
