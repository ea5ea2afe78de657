import { type Body, bytesBody } from '../../body.js'
import { EdgeError } from '../../errors.js'
import { type EventHub, events as sharedEvents } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import type { Verdict } from '../../filter.js'
import { changeHeaders, type HeaderMap } from '../../http/header-map.js'
import { recoded } from '../../http/recoded.js'
import { problem } from '../../problem.js'
import type { Reply } from '../../reply.js'
import { decoded } from '../decompress/decoded.js'
import { DECODABLE, type Decoder } from '../decompress/decoders.js'
import { type BodyChange, type FlowWork, Unreadable, type WholeWork } from './body-change.js'
import { judge } from './judging.js'
import { FLOW_LIMITS, wholeText } from './whole-text.js'

/** Changes the bodies of requests. A `no-transform` does not help a client past what its body must go through. */
export class RequestSide {
  readonly #filter: string
  readonly #change: BodyChange
  readonly #refusesOthers: boolean
  readonly #hub: EventHub

  constructor(filter: string, change: BodyChange, refusesOthers: boolean, hub: EventHub = sharedEvents) {
    this.#filter = filter
    this.#change = change
    this.#refusesOthers = refusesOthers
    this.#hub = hub
  }

  explain({ body, headers }: Exchange): Verdict {
    const judged = body.kind === 'empty' ? null : judge(headers, this.#change)
    if (typeof judged === 'string') return { verdict: 'deny', why: judged }
    if (judged !== null) return { verdict: 'change', why: 'the request has a body of the type' }
    return body.kind !== 'empty' && this.#refusesOthers
      ? { verdict: 'deny', why: 'the body is of another type' }
      : { verdict: 'pass', why: 'the request has no body of the type' }
  }

  /** The exchange with its body changed, or why not: at once where nothing is to be waited for. */
  apply(exchange: Exchange): Exchange | Reply | Promise<Exchange | Reply> {
    const { body, headers } = exchange
    if (body.kind === 'empty') return exchange
    const judged = judge(headers, this.#change)
    if (judged === null)
      return this.#refusesOthers ? this.#deny(exchange, 415, 'the body is of another type') : exchange
    if (typeof judged === 'string') return this.#deny(exchange, 415, judged)
    const { work } = this.#change
    return work.kind === 'whole' ? this.#whole(exchange, work, judged) : this.#flow(exchange, work, judged)
  }

  async #whole(exchange: Exchange, work: WholeWork, decoders: readonly Decoder[]): Promise<Exchange | Reply> {
    let text: string
    try {
      text = await wholeText(exchange.body, decoders, work.maxBytes, 'request')
    } catch (error) {
      if (error instanceof EdgeError && (error.status === 400 || error.status === 413))
        return this.#deny(exchange, error.status, error.message)
      return this.#orThrow(exchange, error)
    }
    try {
      const body: Body = bytesBody(text === '' ? '' : await work.run(text, exchange))
      return exchange.with({ body, headers: this.#fields(exchange.headers, String(body.length)) })
    } catch (error) {
      return this.#orThrow(exchange, error)
    }
  }

  #orThrow(exchange: Exchange, error: unknown): Reply {
    if (error instanceof Unreadable) return this.#deny(exchange, 400, error.message)
    throw error
  }

  #flow(exchange: Exchange, work: FlowWork, decoders: readonly Decoder[]): Exchange {
    const plain = decoded(exchange.body, decoders, FLOW_LIMITS, 'request') ?? exchange.body
    const failure = (why: string, cause?: unknown): Error => new EdgeError('ERR_EDGE_BAD_REQUEST', why, { cause })
    const body = work.run(plain, failure, exchange)
    return exchange.with({ body, headers: this.#fields(exchange.headers, undefined) })
  }

  #fields(headers: HeaderMap, length: string | undefined): HeaderMap {
    const { contentType } = this.#change
    return changeHeaders(recoded(headers, undefined), {
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      'content-length': length,
    })
  }

  #deny(exchange: Exchange, status: number, why: string): Reply {
    if (this.#hub.has('denied')) this.#hub.emit('denied', { exchange, filter: this.#filter, status, why })
    // RFC 7694 §3: what a 415 that is about codings would have taken.
    return problem({ status, detail: why }, status === 415 ? { 'accept-encoding': DECODABLE } : {})
  }
}
