import type { Body } from '../body.js'
import { asError, type EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { AttemptOutcome } from '../outcome.js'
import type { Tunnel } from '../reply.js'
import type { Endpoint } from '../upstream/endpoint.js'
import type { Lease } from '../upstream/lease.js'
import type { ForwardAttempt } from './transport.js'
import { toEdgeError } from './transport-errors.js'

/** One exchange on its way through a pool: the attempt under way, and what has been tried. */
export class Journey {
  readonly exchange: Exchange
  /** Endpoints that have failed this request; none yet is `null`. */
  tried: Set<Endpoint> | null = null
  /** Whether a connection died after something was sent: that is tried again once only. */
  died = false
  last: EdgeError | null = null
  readonly #deadline: NodeJS.Timeout | undefined
  #attempt: ForwardAttempt | null = null
  #lease: Lease | null = null
  #status = 0
  #body: Body | null = null
  readonly #onAbort = (reason: Error): void => this.#attempt?.abort(reason)

  constructor(exchange: Exchange, deadline: NodeJS.Timeout | undefined) {
    this.exchange = exchange
    this.#deadline = deadline
  }

  get isLocal(): boolean {
    return this.#lease?.endpoint.protocol === 'local'
  }

  /** An attempt starts; it ends with the exchange, at the latest. */
  begin(attempt: ForwardAttempt, lease: Lease): void {
    this.#attempt = attempt
    this.#lease = lease
    this.exchange.cancel.add(this.#onAbort)
  }

  /** The attempt under way has ended: its lease goes back. */
  end(outcome: AttemptOutcome): void {
    this.exchange.cancel.remove(this.#onAbort)
    this.exchange.noteAttempt(outcome)
    this.#lease?.release(outcome)
    this.#attempt = null
    this.#lease = null
  }

  /** A reply has come: the attempt ends with its body or its tunnel. */
  arrive(status: number, body: Body, tunnel: Tunnel | undefined): void {
    this.#status = status
    this.#body = body
    this.#lease?.answered()
    if (tunnel !== undefined) tunnel.socket.once('close', () => this.#done(null))
    else if (body.kind === 'stream') body.onClose(this.#done)
    else this.#done(null)
  }

  /** An endpoint failed, and another may be tried. */
  failed(endpoint: Endpoint, failure: EdgeError): void {
    this.tried ??= new Set()
    this.tried.add(endpoint)
    this.last = failure
    this.died ||= !failure.retryable
  }

  /** Nothing more is tried. */
  giveUp(error: Error): Error {
    clearTimeout(this.#deadline)
    return error
  }

  readonly #done = (error: Error | null): void => {
    clearTimeout(this.#deadline)
    const attempt = this.#attempt
    if (attempt === null) return
    const body = this.#body!
    const failure = error === null ? null : toEdgeError(asError(error), attempt)
    this.end(
      attempt.outcome(this.#status, failure, { in: body.kind === 'stream' ? body.received : body.length, out: 0 }),
    )
  }
}
