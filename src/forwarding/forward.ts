import { bytesBody, EARLY_LIMIT } from '../body.js'
import { asError, EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { Handler } from '../filter.js'
import { changeHeaders, type MutableHeaderMap } from '../http/header-map.js'
import { appendVia } from '../http/via.js'
import { emptyReply, type Reply } from '../reply.js'
import type { Lease } from '../upstream/lease.js'
import type { Pool } from '../upstream/pool.js'
import { bodyConsumed, reserialize } from './consumed-body.js'
import { checkForwardOptions, type ForwardOptions } from './forward-options.js'
import { upgradeTransport } from './http-proxy/upgrade.js'
import { Journey } from './journey.js'
import { localTransport } from './local-transport.js'
import { compileRewrite } from './path-rewrite.js'
import {
  compileRules,
  type HeaderChange,
  makePseudonym,
  type RequestHeaderOptions,
  requestHeaders,
} from './request-headers.js'
import { type AttemptTimeouts, ForwardAttempt, type Transport } from './transport.js'
import { toEdgeError } from './transport-errors.js'
import { undici } from './undici/transport.js'
import { handshakeRefusal } from './websocket.js'

const NO_BYTES = Object.freeze({ in: 0, out: 0 })
/** Methods that may be tried again when a connection died before the first byte of its reply (RFC 9110 §9.2.2). */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/**
 * Makes the handler that sends an exchange to an endpoint of a pool and streams the reply back.
 *
 * If nothing of a request has left (refused, connect timeout, TLS), it goes to another endpoint whatever its method. If a
 * connection died before the first byte of its reply, GET, HEAD, OPTIONS and TRACE without a body are tried once more.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function createForwarder(options: ForwardOptions): Handler {
  checkForwardOptions(options)
  const forwarder = new Forwarder(options)
  return (exchange) => forwarder.handle(exchange)
}

class Forwarder {
  readonly #pool: Pool
  readonly #transport: Transport
  readonly #timeouts: AttemptTimeouts
  readonly #totalMs: number
  readonly #tunnelIdleMs: number
  readonly #websocket: boolean
  readonly #changeOrigin: boolean
  readonly #trace: boolean
  readonly #reserialize: boolean
  readonly #rewrite: ReturnType<typeof compileRewrite>
  readonly #headers: RequestHeaderOptions
  readonly #replyRules: HeaderChange | null

  constructor(options: ForwardOptions) {
    this.#pool = options.pool
    this.#transport = options.transport ?? undici()
    this.#timeouts = {
      connectMs: options.connectTimeoutMs ?? 5_000,
      firstByteMs: options.firstByteTimeoutMs ?? 60_000,
      idleMs: options.idleTimeoutMs ?? 60_000,
    }
    this.#totalMs = options.totalTimeoutMs ?? 0
    this.#tunnelIdleMs = options.tunnelIdleTimeoutMs ?? 3_600_000
    this.#websocket = options.websocket ?? true
    this.#changeOrigin = options.changeOrigin ?? false
    this.#trace = options.trace ?? false
    this.#reserialize = options.reserializeBody ?? false
    this.#rewrite = compileRewrite('forward', options.pathRewrite)
    this.#headers = {
      via: options.via ?? makePseudonym(),
      forwarded: options.forwarded ?? 'x-forwarded',
      rules: compileRules('forward requestHeaders', options.requestHeaders),
    }
    this.#replyRules = compileRules('forward replyHeaders', options.replyHeaders)
  }

  async handle(exchange: Exchange): Promise<Reply> {
    const answer = this.#answerHere(exchange)
    if (answer !== null) return answer
    const given = exchange.body.kind === 'stream' ? await this.#readable(exchange) : exchange
    const headers = requestHeaders(given, this.#headers)
    const outgoing = given.with({ headers, wire: this.#rewrite === null ? given.wire : this.#rewrite(given) })
    this.#pool.retryBudget.deposit()
    const journey = new Journey(outgoing, this.#startDeadline(outgoing))
    while (true) {
      const leased = this.#acquire(journey)
      const lease = leased instanceof Promise ? await leased : leased
      if (this.#changeOrigin) headers['host'] = lease.endpoint.host
      const attempt = new ForwardAttempt(outgoing, lease.endpoint, this.#timeouts, journey.died)
      journey.begin(attempt, lease)
      try {
        return this.#passOn(journey, await this.#send(outgoing, attempt))
      } catch (error) {
        const failure = toEdgeError(asError(error), attempt)
        journey.end(attempt.outcome(null, failure, NO_BYTES))
        if (!this.#mayTryAgain(journey, attempt, failure)) throw journey.giveUp(failure)
        journey.failed(lease.endpoint, failure)
        if (this.#pool.events.has('retry')) {
          this.#pool.events.emit('retry', { pool: this.#pool.name, endpoint: lease.endpoint.name, why: failure.code })
        }
      }
    }
  }

  /** What is not forwarded: TRACE, a request that has no hops left, a malformed or unwanted handshake. */
  #answerHere(exchange: Exchange): Reply | null {
    const { method, headers, upgrade } = exchange
    if (method === 'TRACE' && !this.#trace)
      return emptyReply(405, { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' })
    if ((method === 'OPTIONS' || method === 'TRACE') && headers['max-forwards'] === '0') {
      return emptyReply(200, { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' })
    }
    return upgrade === null ? null : handshakeRefusal(exchange, this.#websocket)
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
    // Longer than what a body holds early, it can't be whole yet.
    if (body.length !== undefined && body.length > EARLY_LIMIT) return exchange
    body.prime()
    await null
    const whole = body.takeWhole()
    return whole === null
      ? exchange
      : exchange.with({ body: bytesBody(whole.length === 1 ? whole[0]! : Buffer.concat(whole)) })
  }

  #startDeadline(exchange: Exchange): NodeJS.Timeout | undefined {
    if (this.#totalMs === 0) return undefined
    return setTimeout(
      () => exchange.cancel.abort(new EdgeError('ERR_EDGE_TOTAL_TIMEOUT', `not done within ${this.#totalMs} ms`)),
      this.#totalMs,
    )
  }

  /** Reserves an endpoint that has not failed this request; the same one again only after a connection died and no other is left. */
  #acquire(journey: Journey): Lease | Promise<Lease> {
    const { exchange, tried } = journey
    if (exchange.cancel.reason !== null) throw journey.giveUp(exchange.cancel.reason)
    try {
      const lease = this.#pool.acquire(
        exchange,
        tried !== null && !(journey.died && !this.#pool.hasOther(tried)) ? tried : undefined,
      )
      return lease instanceof Promise ? lease.catch((error) => Promise.reject(journey.giveUp(error))) : lease
    } catch (error) {
      // When the endpoints run out, what the last one failed with says more.
      throw journey.giveUp(
        (error as EdgeError).code === 'ERR_EDGE_NO_ENDPOINT' && journey.last !== null ? journey.last : (error as Error),
      )
    }
  }

  #mayTryAgain({ exchange, died }: Journey, attempt: ForwardAttempt, failure: EdgeError): boolean {
    if (exchange.cancel.aborted) return false
    const { body } = exchange
    if (failure.retryable) return body.kind !== 'stream' || body.untouched
    if (died || failure.code !== 'ERR_EDGE_UPSTREAM_RESET' || attempt.phase === 'replying' || exchange.upgrade !== null)
      return false
    return SAFE.has(exchange.method) && body.kind === 'empty' && this.#pool.retryBudget.withdraw()
  }

  #send(exchange: Exchange, attempt: ForwardAttempt): Promise<Reply> {
    if (attempt.endpoint.protocol === 'local') return localTransport(exchange, attempt)
    return exchange.upgrade === null ? this.#transport(exchange, attempt) : upgradeTransport(exchange, attempt)
  }

  /** The reply with what this hop adds; the lease is given back when its body or tunnel has ended. */
  #passOn(journey: Journey, reply: Reply): Reply {
    const { status, body, tunnel } = reply
    // A transport's map is fresh; one from a handler in this process may be shared.
    const headers = journey.isLocal ? changeHeaders(reply.headers, {}) : (reply.headers as MutableHeaderMap)
    if (this.#headers.via !== false)
      headers['via'] = appendVia(headers['via'] as string | undefined, '1.1', this.#headers.via)
    this.#replyRules?.(headers)
    journey.arrive(status, body, tunnel)
    return {
      status,
      headers,
      body,
      trailers: reply.trailers,
      tunnel: tunnel && { ...tunnel, idleMs: this.#tunnelIdleMs },
    }
  }
}
