import { type Body, bytesBody, StreamBody } from '../../body.js'
import { recorded } from '../../body-tools.js'
import { asError, EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { changeHeaders, fieldValue, type HeaderMap } from '../../http/header-map.js'
import { confirmed, isFixed, recoded, recodedTrailers } from '../../http/recoded.js'
import { discard, type Reply } from '../../reply.js'
import { decoded } from '../decompress/decoded.js'
import type { Decoder } from '../decompress/decoders.js'
import { type BodyChange, type FlowWork, Unreadable, type WholeWork } from './body-change.js'
import type { ReplyRules } from './body-filter.js'
import { judge } from './judging.js'
import { MAX_RATIO, wholeText } from './whole-text.js'

/** Statuses whose content is not the whole representation, or that have none (RFC 9110 §15; H-156). */
const NEVER: ReadonlySet<number> = new Set([204, 205, 206, 304])
const MAX_FLOW: number = Number.MAX_SAFE_INTEGER

/** Changes the bodies of replies. */
export class ReplySide {
  readonly #filter: string
  readonly #change: BodyChange
  readonly #rules: ReplyRules
  readonly #asks: HeaderMap

  constructor(filter: string, change: BodyChange, rules: ReplyRules) {
    this.#filter = filter
    this.#change = change
    this.#rules = rules
    // A range of the upstream's bytes is none of what comes out, and what is encoded would have to be decoded first.
    this.#asks = {
      'accept-encoding': 'identity',
      range: undefined,
      'if-range': undefined,
      ...(rules.validators === 'drop' ? { 'if-none-match': undefined, 'if-modified-since': undefined } : {}),
    }
  }

  /** The request for an upstream whose reply can be changed. */
  asking(exchange: Exchange): Exchange {
    const { accepts } = this.#rules
    const accept = fieldValue(exchange.headers, 'accept')
    const more = accept === undefined || accepts === undefined ? {} : { accept: `${accept}, ${accepts}` }
    return exchange.with({ headers: changeHeaders(exchange.headers, { ...this.#asks, ...more }) })
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
    if (typeof judged === 'string') return this.#unreadable(given, judged)
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
    if (held.kind === 'stream') return this.#unreadable({ ...reply, body: held }, TOO_LONG)
    const original = { ...reply, body: behindTrailers(held, reply) }
    if (held.kind === 'empty') return original
    let out: string
    try {
      const text = await wholeText(held, decoders, work.maxBytes, 'reply')
      if (text === '') return original
      out = await work.run(text, exchange)
    } catch (error) {
      const isOurs = error instanceof Unreadable || (error instanceof EdgeError && error.source === 'upstream')
      if (!isOurs) throw error
      return this.#unreadable(original, error.message, error)
    }
    const body = behindTrailers(bytesBody(out), reply)
    return { ...reply, headers: this.#fields(reply), body, trailers: recodedTrailers(reply.trailers) }
  }

  async #flow(exchange: Exchange, reply: Reply, work: FlowWork, decoders: readonly Decoder[]): Promise<Reply> {
    const limits = { maxBytes: MAX_FLOW, maxRatio: MAX_RATIO }
    const plain = decoded(reply.body, decoders, limits, 'reply') ?? reply.body
    const failure = (why: string, cause?: unknown): Error => this.#failure(why, cause)
    const stream = work.run(plain, failure, exchange)
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

  #unreadable(reply: Reply, why: string, cause?: unknown): Reply {
    if (this.#rules.unreadable === 'pass') return reply
    discard(reply)
    throw why === TOO_LONG ? new EdgeError('ERR_EDGE_REPLY_TOO_LARGE', why) : this.#failure(why, cause)
  }

  #failure(why: string, cause?: unknown): Error {
    const options = cause === undefined ? {} : { cause: asError(cause) }
    return new EdgeError(
      'ERR_EDGE_BAD_REPLY',
      `${this.#filter}: an upstream reply that can't be changed: ${why}`,
      options,
    )
  }
}

const TOO_LONG = 'the reply is longer than maxBytes'

/** A body that is there to its end, as a stream where trailers are to follow it: these only come behind one. */
function behindTrailers(body: Body, { trailers }: Reply): Body {
  const fields = trailers?.() ?? {}
  if (body.kind !== 'bytes' || Object.keys(fields).length === 0) return body
  const stream = new StreamBody({ pause() {}, resume() {}, cancel() {} }, undefined)
  stream.push(body.bytes)
  stream.end()
  return stream
}
