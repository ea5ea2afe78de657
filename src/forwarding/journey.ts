import type { Body, EmptyBody } from '../body.js'
import { asError, EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { AttemptOutcome } from '../outcome.js'
import type { Tunnel } from '../reply.js'
import type { Endpoint } from '../upstream/endpoint.js'
import type { Lease } from '../upstream/lease.js'
import { type AttemptListener, type AttemptWatcher, watcherOf } from './attempt-watch.js'
import { type AttemptTimeouts, ForwardAttempt } from './transport.js'
import { toEdgeError } from './transport-errors.js'

const NO_BYTES = Object.freeze({ in: 0, out: 0 })

/** One exchange on its way through a pool: the attempt under way, and what has been tried. */
export class Journey {
  /** As it came to the forwarder: what balancers look at, before fields are set and taken away for the upstream. */
  readonly asked: Exchange
  /** As it is sent. */
  readonly exchange: Exchange
  /** Attempts made so far. */
  attempts = 0
  /** Endpoints that have failed this request; none yet is `null`. */
  tried: Set<Endpoint> | null = null
  /** Attempts that failed after something of them was sent. */
  deaths = 0
  last: EdgeError | null = null
  #attempt: ForwardAttempt | null = null
  #lease: Lease | null = null
  #status = 0
  #body: Body | null = null
  #timer: NodeJS.Timeout | undefined
  #abandoned: EdgeError | null = null
  readonly #onAbort = (reason: Error): void => this.#attempt?.abort(reason)
  readonly #watcher: AttemptWatcher | undefined
  #listener: AttemptListener | null = null
  /** Attempts of it and its twin: counted by the one that began first. */
  #sent = 0
  readonly #first: Journey
  #waitedMs = 0

  /** @param first The one beside which this one is a hedge. */
  constructor(asked: Exchange, exchange: Exchange, first?: Journey) {
    this.asked = asked
    this.exchange = exchange
    this.#first = first ?? this
    this.#watcher = watcherOf(exchange)
  }

  get lease(): Lease | null {
    return this.#lease
  }

  /** What ended it before its time: the client left, a deadline passed, or another journey was faster. */
  get stopped(): Error | null {
    return this.#abandoned ?? this.exchange.cancel.reason
  }

  /** Waits in the queue of the pool. */
  async wait(lease: Promise<Lease>): Promise<Lease> {
    const since = performance.now()
    const given = await lease
    this.#waitedMs = performance.now() - since
    return given
  }

  /** An attempt starts; it ends with the exchange, at the latest. */
  begin(lease: Lease, timeouts: AttemptTimeouts, perTryMs: number): ForwardAttempt {
    // A connection that had gone stale says nothing of a fresh one.
    const attempt = new ForwardAttempt(this.exchange, lease.endpoint, timeouts, this.deaths > 0)
    this.attempts++
    const resends = this.#first.#sent++
    this.#attempt = attempt
    this.#lease = lease
    this.exchange.cancel.add(this.#onAbort)
    // It may have waited for an endpoint while the other one won.
    if (this.#abandoned !== null) attempt.abort(this.#abandoned)
    if (perTryMs > 0) {
      const late = (): void =>
        attempt.abort(new EdgeError('ERR_EDGE_FIRST_BYTE_TIMEOUT', `no reply to this try within ${perTryMs} ms`))
      // Sockets are read before it is said to be late: the event loop may have stood still.
      const timer = setTimeout(() => setImmediate(() => this.#timer === timer && late()), perTryMs)
      this.#timer = timer
    }
    if (this.#watcher !== undefined) this.#listener = this.#watcher.begin(this.exchange, lease, resends, this.#waitedMs)
    return attempt
  }

  /** The attempt under way has failed, for a reason that is told. */
  fail(attempt: ForwardAttempt, failure: EdgeError): void {
    this.#end(attempt.outcome(null, failure, carried(attempt, this.exchange.body, 0)))
    this.hasTried(attempt.endpoint)
    this.last = failure
    if (!failure.retryable || failure.code === 'ERR_EDGE_STREAM_REFUSED') this.deaths++
  }

  /** A reply has come: the attempt ends with its body or its tunnel. */
  arrive(status: number, body: Body, tunnel: Tunnel | undefined): void {
    this.#stopTimer()
    this.#status = status
    this.#body = body
    if (this.#lease?.onTrial === true) this.#lease.answered(this.#attempt!.outcome(status, null, NO_BYTES))
    if (tunnel !== undefined) tunnel.socket.once('close', () => this.#done(null))
    else if (body.kind === 'stream') body.onClose(this.#done)
    else this.#done(null)
  }

  /** The attempt under way has a reply that is not passed on. */
  passOver(attempt: ForwardAttempt, status: number): void {
    this.#end(attempt.outcome(status, null, carried(attempt, this.exchange.body, 0)))
  }

  /** Another journey of the same exchange was faster. */
  abandon(reason: EdgeError): void {
    this.#abandoned = reason
    this.#attempt?.abort(reason)
  }

  /** This endpoint has had its turn. */
  hasTried(endpoint: Endpoint): void {
    this.tried ??= new Set()
    this.tried.add(endpoint)
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #end(outcome: AttemptOutcome): void {
    this.#stopTimer()
    this.exchange.cancel.remove(this.#onAbort)
    this.exchange.noteAttempt(outcome)
    this.#lease?.release(outcome)
    this.#attempt = null
    this.#lease = null
    this.#listener?.end(outcome)
    this.#waitedMs = 0
  }

  readonly #done = (error: Error | null): void => {
    const attempt = this.#attempt
    if (attempt === null) return
    const body = this.#body!
    const failure = error === null ? null : toEdgeError(asError(error), attempt)
    const received = body.kind === 'stream' ? body.received : body.length
    this.#end(attempt.outcome(this.#status, failure, carried(attempt, this.exchange.body, received)))
  }
}

/** What an attempt has carried of both bodies; of a request's stream, what came of it while it was under way. */
function carried({ phase }: ForwardAttempt, body: Body, received: number): AttemptOutcome['bytes'] {
  const sent = body.kind === 'empty' || phase === 'queued' || phase === 'connecting' ? 0 : sizeOf(body)
  return sent === 0 && received === 0 ? NO_BYTES : { in: received, out: sent }
}

function sizeOf(body: Exclude<Body, EmptyBody>): number {
  return body.kind === 'bytes' ? body.length : body.received
}
