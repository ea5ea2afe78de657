import { setImmediate as turn } from 'node:timers/promises'
import { bytesBody, EARLY_LIMIT } from '../body.js'
import { recorded } from '../body-tools.js'
import { asError, EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { Handler } from '../filter.js'
import type { HeaderMap, MutableHeaderMap } from '../http/header-map.js'
import { mountedBare } from '../mounted-bare.js'
import { discard, type Reply } from '../reply.js'
import type { Rewrite } from '../routing/rewrite.js'
import type { Lease } from '../upstream/lease.js'
import type { Pool } from '../upstream/pool.js'
import { answerHere } from './answer-here.js'
import { tellAnswer } from './answered-by.js'
import { bodyConsumed, reserialize } from './consumed-body.js'
import { explainForward } from './explain.js'
import { checkForwardOptions, checkHttpEndpoint, type ForwardOptions } from './forward-options.js'
import { compileForward, type ForwardParts } from './forward-parts.js'
import type { Hedger } from './hedge.js'
import { upgradeTransport } from './http-proxy/upgrade.js'
import { Journey } from './journey.js'
import { withoutKeptCredentials } from './kept-credentials.js'
import { localTransport } from './local-transport.js'
import { pause, unlessAborted } from './pause.js'
import { type ReplyHeaderOptions, replyHeaders } from './reply-headers.js'
import { type RequestHeaderOptions, requestHeaders } from './request-headers.js'
import type { RetryPolicy } from './retry.js'
import { tellOfAttempt, tellOfRetry } from './telling.js'
import type { AttemptTimeouts, ForwardAttempt, Transport } from './transport.js'
import { toEdgeError } from './transport-errors.js'

/**
 * Makes the handler that sends an exchange to an endpoint of a pool and streams the reply back.
 *
 * If nothing of a request has left (refused, connect timeout, TLS), it goes to another endpoint whatever its method. If a
 * connection died before the first byte of its reply, GET, HEAD, OPTIONS and TRACE without a body are tried once more. More
 * only as the `retry` option says.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function createForwarder(options: ForwardOptions): Handler {
  checkForwardOptions(options)
  const parts = compileForward(options)
  const forwarder = new Forwarder(parts)
  const handler: Handler = (exchange: Exchange, second?: unknown, third?: unknown) =>
    second === undefined ? forwarder.handle(exchange) : mountedBare('forward()', second, third)
  return Object.assign(handler, { explain: (exchange: Exchange) => explainForward(parts, exchange) })
}

class Forwarder {
  readonly #parts: ForwardParts
  readonly #pool: Pool
  readonly #transport: Transport
  readonly #retry: RetryPolicy
  readonly #hedger: Hedger | null
  readonly #timeouts: AttemptTimeouts
  readonly #handshakeTimeouts: AttemptTimeouts
  readonly #totalMs: number
  readonly #tunnelIdleMs: number
  readonly #changeOrigin: boolean
  readonly #reserialize: boolean
  readonly #rewrite: Rewrite | null
  readonly #headers: RequestHeaderOptions
  readonly #replyHeaders: ReplyHeaderOptions

  constructor(parts: ForwardParts) {
    this.#parts = parts
    this.#pool = parts.pool
    this.#transport = parts.transport
    this.#retry = parts.retry
    this.#hedger = parts.hedger
    this.#timeouts = parts.timeouts
    this.#handshakeTimeouts = parts.handshakeTimeouts
    this.#totalMs = parts.totalMs
    this.#tunnelIdleMs = parts.tunnelIdleMs
    this.#changeOrigin = parts.changeOrigin
    this.#reserialize = parts.reserialize
    this.#rewrite = parts.rewrite
    this.#headers = parts.headers
    this.#replyHeaders = parts.replyHeaders
  }

  handle(exchange: Exchange): Promise<Reply> {
    return this.#totalMs === 0 ? this.#forward(exchange) : this.#forwardWithin(this.#totalMs, exchange)
  }

  /** Not `async`: one such function on the way of every request is enough. */
  #forward(exchange: Exchange): Promise<Reply> {
    try {
      const answer = answerHere(exchange, this.#parts)
      if (answer !== null) return Promise.resolve(answer)
      if (exchange.body.kind === 'stream') return this.#readable(exchange).then((given) => this.#setOut(given))
      return this.#setOut(exchange)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #setOut(given: Exchange): Promise<Reply> {
    const headers = requestHeaders(given, this.#headers)
    const outgoing = given.with({ headers, wire: this.#rewrite === null ? given.wire : this.#rewrite(given) })
    this.#pool.retryBudget.deposit()
    const journey = new Journey(given, outgoing)
    const hedgeAfter = this.#hedger === null ? null : this.#hedger.delayFor(outgoing)
    return hedgeAfter === null ? this.#run(journey) : this.#hedger!.race(journey, hedgeAfter, (each) => this.#run(each))
  }

  /** The same, with a limit on all of it, bodies included. */
  async #forwardWithin(totalMs: number, exchange: Exchange): Promise<Reply> {
    const expire = (): void =>
      exchange.cancel.abort(new EdgeError('ERR_EDGE_TOTAL_TIMEOUT', `not done within ${totalMs} ms`))
    const deadline = setTimeout(expire, totalMs)
    const done = (): void => clearTimeout(deadline)
    try {
      const reply = await this.#forward(exchange)
      if (reply.body.kind === 'stream') reply.body.onClose(done)
      else done()
      return reply
    } catch (error) {
      done()
      throw error
    }
  }

  /** Makes attempts until one has a reply to pass on, or nothing more may be tried. */
  async #run(journey: Journey): Promise<Reply> {
    const { exchange } = journey
    while (true) {
      const leased = this.#acquire(journey)
      const lease = leased instanceof Promise ? await journey.wait(leased) : leased
      if (this.#changeOrigin) (exchange.headers as MutableHeaderMap)['host'] = lease.endpoint.host
      const timeouts = exchange.upgrade === null ? this.#timeouts : this.#handshakeTimeouts
      const attempt = journey.begin(lease, timeouts, this.#retry.perTryTimeoutMs)
      tellOfAttempt(this.#pool, exchange, lease)
      let reply: Reply | null = null
      let wait: number | null
      let why: string | number
      try {
        reply = await this.#send(this.#asSeenBy(lease, exchange), attempt)
        wait = this.#retry.afterReply(journey, lease.endpoint, reply)
        why = reply.status
        if (wait !== null) {
          journey.passOver(attempt, reply.status)
          discard(reply)
        }
      } catch (error) {
        const replying = attempt.phase === 'replying'
        const failure = toEdgeError(asError(error), attempt)
        journey.fail(attempt, failure)
        wait = this.#retry.afterFailure(journey, failure, replying)
        if (wait === null) throw failure
        why = failure.code
      }
      // Out here, what a rule of the user's throws is not taken for a failure of the upstream's.
      if (wait === null) return this.#passOn(journey, reply!)
      tellOfRetry(this.#pool, lease.endpoint, why)
      if (wait > 0) await pause(wait, exchange.cancel)
    }
  }

  /** The exchange with a body that can be sent: one that came whole with its head becomes bytes, cheaper and fit for another try. */
  async #readable(exchange: Exchange): Promise<Exchange> {
    const { body } = exchange
    if (body.kind !== 'stream') return exchange
    if (body.failure?.name === 'EdgeError' && (body.failure as EdgeError).code === 'ERR_EDGE_BODY_CONSUMED') {
      const again = this.#reserialize ? reserialize(exchange) : null
      if (again === null) throw bodyConsumed()
      return again
    }
    const kept = this.#retry.keeps(exchange)
    if (kept > 0) return exchange.with({ body: await unlessAborted(exchange.cancel, recorded(body, kept)) })
    // Longer than what a body holds early, it can't be whole yet.
    if (body.length !== undefined && body.length > EARLY_LIMIT) return exchange
    body.prime()
    // In HTTP/2 a body that came with its head is told of behind it, in the same turn of the loop.
    await (exchange.httpVersion === '2.0' ? turn() : null)
    const whole = body.takeWhole()
    return whole === null
      ? exchange
      : exchange.with({ body: bytesBody(whole.length === 1 ? whole[0]! : Buffer.concat(whole)) })
  }

  /** Reserves an endpoint that has not failed this request; another time the same only where the policy lets it. */
  #acquire(journey: Journey): Lease | Promise<Lease> {
    const { asked, tried, stopped } = journey
    if (stopped !== null) throw stopped
    const elsewhere = tried !== null && (this.#retry.mustGoElsewhere(journey) || this.#pool.hasOther(tried))
    try {
      return this.#pool.acquire(asked, elsewhere ? tried : undefined)
    } catch (error) {
      // When the endpoints run out, what the last one failed with says more.
      throw (error as EdgeError).code === 'ERR_EDGE_NO_ENDPOINT' && journey.last !== null ? journey.last : error
    }
  }

  /** Who lends an endpoint in this pool's stead may be somebody else, whom credentials that were kept for it are none of the business of (H-135). */
  #asSeenBy(lease: Lease, exchange: Exchange): Exchange {
    return lease.pool === this.#pool.name ? exchange : withoutKeptCredentials(exchange)
  }

  #send(exchange: Exchange, attempt: ForwardAttempt): Promise<Reply> {
    if (attempt.endpoint.protocol === 'local') return localTransport(exchange, attempt)
    checkHttpEndpoint(attempt.endpoint)
    return exchange.upgrade === null ? this.#transport(exchange, attempt) : upgradeTransport(exchange, attempt)
  }

  /** The reply with what this hop adds; the lease is given back when its body or tunnel has ended. */
  #passOn(journey: Journey, reply: Reply): Reply {
    const { status, body, tunnel } = reply
    let headers: HeaderMap
    try {
      headers = replyHeaders(reply, journey.asked, journey.lease, this.#replyHeaders)
    } catch (error) {
      journey.arrive(status, body, tunnel)
      discard(reply)
      throw error
    }
    tellAnswer(journey.asked, journey.lease!.endpoint)
    const owner = journey.lease!.endpoint.tunnels
    journey.arrive(status, body, tunnel)
    return {
      status,
      headers,
      body,
      trailers: reply.trailers,
      tunnel: tunnel && { ...tunnel, idleMs: this.#tunnelIdleMs, owner },
    }
  }
}
