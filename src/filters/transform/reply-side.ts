import { type Body, bytesBody, StreamBody } from '../../body.js'
import { recorded } from '../../body-tools.js'
import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { changeHeaders, fieldValue, type HeaderMap } from '../../http/header-map.js'
import { confirmed, isFixed, recoded, recodedTrailers } from '../../http/recoded.js'
import { discard, type Reply } from '../../reply.js'
import { decoded } from '../decompress/decoded.js'
import type { Decoder } from '../decompress/decoders.js'
import { type BodyChange, type FlowWork, Unreadable, type WholeWork } from './body-change.js'
import type { ReplyRules } from './body-filter.js'
import { judge } from './judging.js'
import { FLOW_LIMITS, wholeText } from './whole-text.js'

/** Statuses whose content is not the whole representation, or that have none (RFC 9110 §15; H-156). */
const NEVER: ReadonlySet<number> = new Set([204, 205, 206, 304])
/** A range of the upstream's bytes is none of what comes out, and what is encoded would have to be decoded first. */
const ASKED: HeaderMap = { 'accept-encoding': 'identity', range: undefined, 'if-range': undefined }

/** Changes the bodies of replies. */
export class ReplySide {
  readonly #filter: string
  readonly #change: BodyChange
  readonly #rules: ReplyRules

  constructor(filter: string, change: BodyChange, rules: ReplyRules) {
    this.#filter = filter
    this.#change = change
    this.#rules = rules
  }

  /** The request for an upstream whose reply can be changed. */
  asking(exchange: Exchange): Exchange {
    const { accepts, validators, wanted } = this.#rules
    if (wanted?.(exchange) === false) return exchange
    const { method, headers } = exchange
    const accept = fieldValue(headers, 'accept')
    const isRead = method === 'GET' || method === 'HEAD'
    return exchange.with({
      headers: changeHeaders(headers, {
        ...ASKED,
        ...(accept === undefined || accepts === undefined ? {} : { accept: `${accept}, ${accepts}` }),
        ...(validators === 'drop' && isRead ? { 'if-none-match': undefined, 'if-modified-since': undefined } : {}),
      }),
    })
  }

  /** The reply with its body changed. A client's `no-transform` is not heeded: it would undo what keeps things from it. */
  async apply(exchange: Exchange, reply: Reply): Promise<Reply> {
    const { status, headers, body } = reply
    if (status === 304) return { ...reply, headers: confirmed(exchange.headers, headers) ?? headers }
    if (status < 200 || NEVER.has(status) || reply.tunnel !== undefined) return reply
    if (headers['content-range'] !== undefined || isFixed(headers)) return reply
    // A body that has died already makes an error of the reply, as long as nobody begins to read it.
    if (body.kind === 'stream' && body.failure !== null) return reply
    const judged = judge(headers, this.#change)
    if (judged === null || !this.#isMeant(exchange, reply)) return reply
    const given = this.#rules.varied?.(reply) ?? reply
    if (this.#rules.wanted?.(exchange) === false) return given
    if (typeof judged === 'string') return this.#giveUp(given, this.#failure(judged))
    if (body.kind === 'empty') return exchange.method === 'HEAD' ? { ...given, headers: this.#fields(given) } : given
    const { work } = this.#change
    return work.kind === 'whole'
      ? this.#whole(exchange, given, work, judged)
      : this.#flow(exchange, given, work, judged)
  }

  #isMeant(exchange: Exchange, reply: Reply): boolean {
    try {
      return this.#rules.only?.(reply, exchange) !== false
    } catch (error) {
      discard(reply)
      throw error
    }
  }

  async #whole(exchange: Exchange, reply: Reply, work: WholeWork, decoders: readonly Decoder[]): Promise<Reply> {
    const held = await recorded(reply.body, work.maxBytes)
    if (held.kind === 'stream') {
      const why = `${this.#filter}: the reply is longer than ${work.maxBytes} bytes`
      return this.#giveUp({ ...reply, body: held }, new EdgeError('ERR_EDGE_REPLY_TOO_LARGE', why))
    }
    const original = { ...reply, body: behindTrailers(held, reply) }
    if (held.kind === 'empty') return original
    let text: string
    try {
      text = await wholeText(held, decoders, work.maxBytes, 'reply')
    } catch (error) {
      return this.#giveUp(original, error instanceof Unreadable ? this.#failure(error.message) : error)
    }
    if (text === '') return original
    try {
      const body = behindTrailers(bytesBody(await work.run(text, exchange)), reply)
      return { ...reply, headers: this.#fields(reply), body, trailers: recodedTrailers(reply.trailers) }
    } catch (error) {
      if (error instanceof Unreadable) return this.#giveUp(original, this.#failure(error.message))
      throw error
    }
  }

  async #flow(exchange: Exchange, reply: Reply, work: FlowWork, decoders: readonly Decoder[]): Promise<Reply> {
    const plain = decoded(reply.body, decoders, FLOW_LIMITS, 'reply') ?? reply.body
    const stream = work.run(plain, (why, cause) => this.#failure(why, cause), exchange)
    // What is wrong with the first bytes is an error, and with later ones breaks the reply off.
    const waits = work.mayFail || decoders.length > 0
    const body = waits ? await recorded(stream, 0) : stream
    return { ...reply, headers: this.#fields(reply), body, trailers: recodedTrailers(reply.trailers) }
  }

  #fields({ headers }: Reply): HeaderMap {
    const { contentType } = this.#change
    return changeHeaders(recoded(headers, undefined), {
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(this.#rules.validators === 'drop' ? { etag: undefined, 'last-modified': undefined } : {}),
    })
  }

  /** The reply as it came, or why it can't be another. */
  #giveUp(reply: Reply, error: unknown): Reply {
    if (this.#rules.unreadable === 'pass') return reply
    discard(reply)
    throw error
  }

  #failure(why: string, cause?: unknown): EdgeError {
    const message = `${this.#filter}: an upstream reply that can't be changed: ${why}`
    return new EdgeError('ERR_EDGE_BAD_REPLY', message, cause === undefined ? {} : { cause })
  }
}

/** A body that is there to its end, as a stream where trailers are to follow it: these only come behind one. */
function behindTrailers(body: Body, { trailers }: Reply): Body {
  const fields = trailers?.() ?? {}
  if (body.kind !== 'bytes' || Object.keys(fields).length === 0) return body
  const stream = new StreamBody({ pause() {}, resume() {}, cancel() {} }, undefined)
  stream.push(body.bytes)
  stream.end()
  return stream
}
