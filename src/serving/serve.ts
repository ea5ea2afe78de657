import { asError, EdgeError } from '../errors.js'
import type { Handler } from '../filter.js'
import type { ServedGateway } from '../gateway.js'
import { handOverFailure, isHandedOver, rememberExchange } from '../hand-over.js'
import type { NodeExchange } from '../node-exchange.js'
import { runTraced } from '../observing/tracing/trace.js'
import type { Check } from '../options.js'
import { OutcomeBuilder } from '../outcome.js'
import { discard, errorReply, notAReply, type Reply } from '../reply.js'
import type { NodeRequest, NodeResponse } from './codec.js'
import { codecOf } from './codecs.js'
import { endable } from './event-stream.js'
import { ifGone } from './if-gone.js'
import { type AdapterOptions, type Admitted, Ingress } from './ingress.js'
import { isLast, markLast } from './last-request.js'

/** Goes on with the framework: to its next handler, or to its error handling. */
export type Next = (error?: unknown) => void

/** Serves requests through a gateway: the whole of an adapter but for its framework's ways. */
export class Service {
  readonly ingress: Ingress
  readonly gateway: ServedGateway
  /** Whether the framework's parsers find a body that a filter has read, in `rawBody` of Node's request. */
  findsKept = false

  /**
   * @param more Checks of the options that only this adapter has.
   * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
   */
  constructor(
    adapter: string,
    subject: ServedGateway | Handler,
    options: AdapterOptions = {},
    fallThrough = true,
    more: Readonly<Record<string, Check>> = {},
  ) {
    this.ingress = new Ingress(adapter, subject, options, fallThrough, more)
    this.gateway = this.ingress.gateway
  }

  /**
   * Answers on Node's response, or calls `next`: the direct way, for frameworks of Node's own style.
   *
   * @param takeOver Told before anything is written, by frameworks that want to know.
   */
  handle(req: NodeRequest, res: NodeResponse, url: string, next: Next, takeOver?: () => void): void {
    const admission = this.ingress.admit(req, url)
    if (admission === null) return next()
    if (!('handler' in admission)) {
      this.retire(res)
      takeOver?.()
      return writeRefusal(res, admission)
    }
    const { exchange } = admission
    this.run(admission, res).then(
      (reply) => this.#deliver(exchange, reply, res, next, takeOver),
      (error) => this.#fail(exchange, error, res, next, takeOver),
    )
  }

  /** Runs the handler of an admitted exchange, bound to the life of its response. */
  run(admitted: Admitted, res: NodeResponse): Promise<Reply> {
    // Each waits for the one before it, so that a connection has one in flight.
    if (codecOf(res.req).isQueued(res)) return this.#waitFor(admitted, res)
    return this.#begin(admitted, res)
  }

  /** Writes a reply past the framework, where it has no way to say what must be said. */
  write(exchange: NodeExchange, reply: Reply, res: NodeResponse): void {
    this.#deliver(exchange, reply, res, () => {})
  }

  /** Lets a connection end behind its next reply, if the gateway is about to leave, or no other request may come. */
  retire(res: NodeResponse): void {
    if (this.gateway.traffic.leaving || isLast(res.req)) codecOf(res.req).retire(res)
  }

  /** What waits is on the books already: what it goes by must stay open (see {@link Gateway.reload}). */
  #waitFor(admitted: Admitted, res: NodeResponse): Promise<Reply> {
    const { origin } = admitted.exchange
    const { traffic } = this.gateway
    traffic.begin(origin)
    const arrived = ifGone(res.req.socket, () => {
      origin.settle(() => {}, false)
      traffic.end(origin)
    })
    return new Promise((resolve) =>
      res.once('socket', () => {
        arrived()
        resolve(this.#begin(admitted, res))
      }),
    )
  }

  #begin({ exchange, handler }: Admitted, res: NodeResponse): Promise<Reply> {
    const codec = codecOf(res.req)
    this.begin(exchange)
    exchange.origin.response = res
    exchange.origin.informer = codec.inform
    codec.onClose(res, () => this.#closed(exchange, res))
    if (codec.isGone(res)) {
      this.#closed(exchange, res)
      return Promise.reject(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'the client left'))
    }
    try {
      return handler(exchange)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Hands a reply to the client, or the request on to the framework. */
  #deliver(exchange: NodeExchange, reply: Reply, res: NodeResponse, next: Next, takeOver?: () => void): void {
    const wrong = notAReply(reply)
    if (wrong !== null) return this.#fail(exchange, wrong, res, next, takeOver)
    this.retire(res)
    if (isHandedOver(reply)) {
      const failure = handOverFailure(reply, this.findsKept)
      if (failure !== null) return this.#fail(exchange, failure, res, next, takeOver)
      handBack(exchange, reply, fieldsOf(res))
      return runTraced(exchange, next)
    }
    const codec = codecOf(res.req)
    if (codec.isGone(res) || res.headersSent) return discard(reply)
    takeOver?.()
    try {
      codec.write(res, endable(exchange, reply, this.gateway.traffic), exchange.origin.outcome)
    } catch (error) {
      discard(reply)
      // Whatever was copied onto the response belongs to a reply that will not come (H-092); the framework's own fields stay.
      codec.clear(res, reply.headers)
      this.#fail(
        exchange,
        error instanceof EdgeError
          ? error
          : new EdgeError('ERR_EDGE_BAD_VALUE', 'a reply that cannot be written', { cause: error }),
        res,
        next,
      )
    }
  }

  /** Answers a failure: an {@link EdgeError} by its status, anything else by the framework. */
  #fail(exchange: NodeExchange, thrown: unknown, res: NodeResponse, next: Next, takeOver?: () => void): void {
    const error = asError(thrown)
    exchange.noteFailure(error)
    const codec = codecOf(res.req)
    if (codec.isGone(res)) return
    if (res.headersSent) return codec.breakOff(res)
    this.retire(res)
    if (!(error instanceof EdgeError)) return next(error)
    takeOver?.()
    codec.write(res, errorReply(error), exchange.origin.outcome)
  }

  #closed(exchange: NodeExchange, res: NodeResponse): void {
    const { origin } = exchange
    const { outcome } = origin
    if (!codecOf(res.req).isSent(res)) {
      if (outcome.who === null) {
        outcome.who = 'client'
        outcome.error ??= new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'the client left')
      }
      if (res.headersSent) outcome.status ??= res.statusCode
      origin.cancel.abort(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'the client left'))
      // Attempts end by it, in promises that are under way: the outcome is to have them, and nothing that a framework writes meanwhile to who has gone.
      const { phase, status } = outcome
      setImmediate(() => {
        outcome.phase = phase
        outcome.status = status
        this.settle(exchange)
      })
      return
    } else {
      if (!outcome.broken) outcome.phase = 'done'
      outcome.status ??= res.statusCode
    }
    this.settle(exchange)
  }

  /** Begins an exchange: puts it on the gateway's books, and tells listeners. */
  begin(exchange: NodeExchange): void {
    const { events, traffic } = this.gateway
    traffic.begin(exchange.origin)
    if (events.has('exchangeStart')) events.emit('exchangeStart', { exchange })
  }

  /** Ends an exchange: tells listeners, and takes it off the gateway's books. */
  settle(exchange: NodeExchange): void {
    const { events, traffic } = this.gateway
    const { origin } = exchange
    const { body } = exchange
    if (exchange.upgrade === null) origin.outcome.bytesIn = body.kind === 'stream' ? body.received : body.length
    const heard = events.has('exchange')
    const outcome = origin.settle((error) => events.emit('fault', { where: 'onSettled', error }), heard)
    traffic.end(origin)
    if (heard && outcome !== null) events.emit('exchange', { exchange, outcome })
  }
}

/** Sets a field of a framework's own response, or adds to it. */
export type SetField = (name: string, value: string, append: boolean) => unknown

/** {@link SetField} of Node's response. */
export function fieldsOf(res: NodeResponse): SetField {
  return (name, value, append) => (append ? res.appendHeader(name, value) : res.setHeader(name, value))
}

/** Lets the framework answer: what filters set goes onto its response, what they found is kept for it. */
export function handBack(exchange: NodeExchange, reply: Reply, set: SetField): void {
  for (const name in reply.headers) {
    const values = [reply.headers[name] ?? []].flat()
    for (const [at, value] of values.entries()) set(name, value, at > 0 || addsUp(name, value))
  }
  rememberExchange(exchange)
}

/** What stands beside what is there already: cookies, and limits as draft-8 has them, each under its name. */
function addsUp(name: string, value: string): boolean {
  return name === 'set-cookie' || (name.startsWith('ratelimit') && value.startsWith('"'))
}

/** Whether a refusal ends its connection: what follows a request that could not be read can't be trusted, and a 503 is of a closing gateway. */
function endsConnection({ status }: Reply): boolean {
  return status === 400 || status === 431 || status === 501 || status === 503
}

/** Writes what was refused before there was an exchange; such a connection is not kept. */
export function writeRefusal(res: NodeResponse, reply: Reply): void {
  const codec = codecOf(res.req)
  if (res.req.headers['upgrade'] !== undefined) markLast(res.req)
  if (endsConnection(reply) || isLast(res.req)) codec.retire(res)
  const write = (): void => {
    if (!codec.isGone(res) && res.socket?.destroyed !== true)
      codec.write(res, reply, new OutcomeBuilder(performance.now()))
  }
  // Node refuses a transfer coding that it can't read only after it has announced the request, and would lose what is corked by then.
  if (res.req.headers['transfer-encoding'] === undefined) write()
  else process.nextTick(write)
}
