import { Cancel } from '../cancel.js'
import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { HeaderMap } from '../http/header-map.js'
import type { Milliseconds } from '../options.js'
import type { AttemptOutcome, AttemptTimes } from '../outcome.js'
import type { Reply } from '../reply.js'
import type { Endpoint } from '../upstream/endpoint.js'

/** Carries one attempt to one endpoint. `exchange` is what to send: its headers are complete, its wire target has no prefix yet. */
export type Transport = (exchange: Exchange, attempt: Attempt) => Promise<Reply>

/** How long each phase of an attempt may take; 0 is no limit. */
export interface AttemptTimeouts {
  /** Until a connection is up, TLS included. */
  readonly connectMs: Milliseconds
  /** From the last byte sent to the first of the reply. */
  readonly firstByteMs: Milliseconds
  /** Between two bytes of the reply. */
  readonly idleMs: Milliseconds
}

/** How far an attempt has come; what decides whether it may be made again. */
export interface AttemptProgress {
  phase: 'queued' | 'connecting' | 'sent-head' | 'sent-body' | 'replying'
  reusedConnection: boolean
  readonly times: AttemptTimes
}

/** One try at one endpoint. */
export interface Attempt {
  /** Where it goes. */
  readonly endpoint: Endpoint
  /** Client gone, deadline, or the loser of a hedge. Made when first read. */
  readonly signal: AbortSignal
  readonly timeouts: AttemptTimeouts
  readonly progress: AttemptProgress
  /** Asks for a connection that no request has used yet. */
  readonly freshConnection: boolean
  /** The same as `signal`, for a listener that should cost nothing; runs at once if it is over already. */
  onAbort(listener: (reason: Error) => void): void
  /** Passes a 1xx on, capped: an endless run of them is an attack (H-067). A 100 that nobody asked for goes no further (RFC 9110 §15.2.1). */
  inform(status: number, headers: HeaderMap): void
}

/** More 1xx than any honest upstream sends. */
const MAX_INTERIM = 100

/** What a kept connection fails with when its upstream has left it. */
const STALE: ReadonlySet<string> = new Set(['ERR_EDGE_UPSTREAM_RESET', 'ERR_EDGE_STREAM_REFUSED'])

/** The attempt that the forwarder makes. */
export class ForwardAttempt extends Cancel implements Attempt, AttemptProgress {
  readonly endpoint: Endpoint
  readonly timeouts: AttemptTimeouts
  readonly freshConnection: boolean
  phase: AttemptProgress['phase'] = 'queued'
  reusedConnection = false
  readonly times: AttemptTimes
  readonly #exchange: Exchange
  #interim = 0

  constructor(exchange: Exchange, endpoint: Endpoint, timeouts: AttemptTimeouts, freshConnection: boolean) {
    super()
    this.#exchange = exchange
    this.endpoint = endpoint
    this.timeouts = timeouts
    this.freshConnection = freshConnection
    this.times = { startedAt: performance.now(), connectedAt: null, firstByteAt: null, lastByteAt: null }
  }

  get progress(): AttemptProgress {
    return this
  }

  onAbort(listener: (reason: Error) => void): void {
    this.add(listener)
  }

  inform(status: number, headers: HeaderMap): void {
    if (++this.#interim > MAX_INTERIM) {
      throw new EdgeError('ERR_EDGE_BAD_REPLY', `more than ${MAX_INTERIM} interim replies`)
    }
    if (status !== 100) this.#exchange.inform(status, headers)
  }

  outcome(status: number | null, error: EdgeError | null, bytes: AttemptOutcome['bytes']): AttemptOutcome {
    const { reusedConnection, times } = this
    return {
      endpoint: this.endpoint.name,
      status,
      error,
      reusedConnection,
      times,
      bytes,
      countsAgainst: this.#countsAgainst(status, error),
    }
  }

  /** A 4xx, a client's abort and a connection that had gone stale are not the endpoint's fault (H-109). */
  #countsAgainst(status: number | null, error: EdgeError | null): boolean {
    if (error === null) return status !== null && status >= 500
    return error.source === 'upstream' && !(this.reusedConnection && STALE.has(error.code))
  }
}
