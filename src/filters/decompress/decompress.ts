import { recorded } from '../../body-tools.js'
import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type PlainHandler, type Verdict } from '../../filter.js'
import { acceptsCoding, codingName } from '../../http/accept-encoding.js'
import { listMembers } from '../../http/field-list.js'
import { changeHeaders, fieldValue } from '../../http/header-map.js'
import { readMediaType } from '../../http/media-type.js'
import { confirmed, isFixed, recoded, recodedTrailers, variedByEncoding } from '../../http/recoded.js'
import { type Bytes, check, checkOptions } from '../../options.js'
import { discard, type Reply, reply } from '../../reply.js'
import { decoded } from './decoded.js'
import { DECODABLE, type Decoder, decodersFor } from './decoders.js'

export interface DecompressOptions {
  /** Whether replies are decompressed. @default true */
  readonly replies?: boolean | undefined
  /** Whether requests are. @default false */
  readonly requests?: boolean | undefined
  /**
   * Which replies: `always`, for filters that read them; `unaccepted`, only for clients that did not say they take the coding.
   * @default 'always'
   */
  readonly when?: 'always' | 'unaccepted' | undefined
  /** Past it a reply is a 502, or breaks off when it has begun, and a request a 413. @default 67108864 (64 MiB) */
  readonly maxBytes?: Bytes | undefined
  /** How many times its size a body may become, once it has become 1 MiB; Apache's `DeflateInflateRatioLimit`. @default 200 */
  readonly maxRatio?: number | undefined
  /** Codings on top of each other, 1 to 4; more count as unknown (CVE-2026-22036). @default 2 */
  readonly maxCodings?: number | undefined
  /**
   * What becomes of a coding that is not known: `refuse` answers 415 to a request and 502 for a reply; `pass` leaves it encoded, so that
   * filters behind this one read what they can't understand. @default 'refuse'
   */
  readonly unknown?: 'refuse' | 'pass' | undefined
}

/**
 * Decompresses bodies that a filter further out must read (replies), or one further in (requests): gzip, deflate, brotli and zstd,
 * as streams. What is not in its coding is a 502, or for a request a 400.
 *
 * Partial replies pass as they are, and so do replies with `no-transform`, which RFC 9110 §7.7 lets nobody change.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const handler = compose(decompress({ requests: true }), validateJson({ body: schema }), forward('http://127.0.0.1:3000'))
 * ```
 */
export function decompress(options: DecompressOptions = {}): Filter {
  checkOptions('decompress', options, {
    replies: check.boolean,
    requests: check.boolean,
    when: check.oneOf('always', 'unaccepted'),
    maxBytes: check.whole(1, Number.MAX_SAFE_INTEGER),
    maxRatio: check.whole(1, 1_000_000),
    maxCodings: check.whole(1, 4),
    unknown: check.oneOf('refuse', 'pass'),
  })
  const decompressor = new Decompressor(options)
  return defineFilter(
    {
      filterName: 'decompress',
      stage: 'shape',
      needsReplyBody: options.replies ?? true,
      explain: (exchange) => decompressor.explain(exchange),
    },
    (exchange, next) => (exchange.upgrade === null ? decompressor.run(exchange, next) : next(exchange)),
  )
}

class Decompressor {
  readonly #replies: boolean
  readonly #requests: boolean
  readonly #always: boolean
  readonly #maxCodings: number
  readonly #refuses: boolean
  readonly #limits: { readonly maxBytes: Bytes; readonly maxRatio: number }

  constructor(options: DecompressOptions) {
    this.#replies = options.replies ?? true
    this.#requests = options.requests ?? false
    this.#always = options.when !== 'unaccepted'
    this.#maxCodings = options.maxCodings ?? 2
    this.#refuses = options.unknown !== 'pass'
    this.#limits = { maxBytes: options.maxBytes ?? 64 * 1024 * 1024, maxRatio: options.maxRatio ?? 200 }
  }

  explain({ headers, body, upgrade }: Exchange): Verdict {
    if (upgrade !== null) return { verdict: 'pass', why: 'an upgrade has no body' }
    const encoding = this.#requests && body.kind !== 'empty' ? fieldValue(headers, 'content-encoding') : undefined
    const decoders = encoding === undefined ? [] : decodersFor(encoding, this.#maxCodings)
    if (decoders === null && this.#refuses)
      return { verdict: 'deny', why: 'the request is in a content coding that is not known', status: 415 }
    if (decoders !== null && decoders.length > 0) {
      const onward = (copy: Exchange): Exchange => copy.with({ headers: recoded(copy.headers, undefined) })
      return { verdict: 'change', why: `the request is in ${encoding}`, onward }
    }
    return this.#replies
      ? { verdict: 'depends', about: 'reply', why: 'on the coding of the reply' }
      : { verdict: 'pass', why: 'nothing to undo' }
  }

  run(exchange: Exchange, next: PlainHandler): Promise<Reply> {
    const asked = this.#requests ? this.#request(exchange) : exchange
    if ('status' in asked) return Promise.resolve(asked)
    return this.#replies ? this.#reply(exchange, next(asked)) : next(asked)
  }

  /** The request decoded, or a 415. `no-transform` does not help a client past whoever is to read its body. */
  #request(exchange: Exchange): Exchange | Reply {
    const { headers } = exchange
    const encoding = fieldValue(headers, 'content-encoding')
    if (encoding === undefined || exchange.body.kind === 'empty') return exchange
    const decoders = decodersFor(encoding, this.#maxCodings)
    if (decoders === null && this.#refuses)
      return reply(415, 'unsupported content coding\n', { 'accept-encoding': DECODABLE })
    const body = decoders && decoded(exchange.body, decoders, this.#limits, 'request')
    return body === null ? exchange : exchange.with({ body, headers: recoded(headers, undefined) })
  }

  async #reply(exchange: Exchange, coming: Promise<Reply>): Promise<Reply> {
    const answer = await coming
    const { status, headers } = answer
    if (status === 304) return { ...answer, headers: confirmed(exchange.headers, headers) ?? headers }
    const encoding = fieldValue(headers, 'content-encoding')
    if (encoding === undefined || status === 206 || isFixed(headers)) return answer
    const given = this.#always ? answer : { ...answer, headers: variedByEncoding(headers) }
    if (!this.#always && acceptsAll(exchange, encoding)) return given
    const decoders = decodersFor(encoding, this.#maxCodings)
    if (decoders !== null) return this.#decode(exchange, given, decoders)
    if (!this.#refuses) return given
    discard(answer)
    throw new EdgeError(
      'ERR_EDGE_BAD_REPLY',
      'upstream reply refused: content coding that is not known, or too many of them',
    )
  }

  async #decode(exchange: Exchange, answer: Reply, decoders: readonly Decoder[]): Promise<Reply> {
    if (decoders.length === 0) return answer
    const headers = recoded(answer.headers, undefined)
    const isHead = exchange.method === 'HEAD'
    if (answer.body.kind === 'empty') {
      return { ...answer, headers: isHead ? headers : changeHeaders(headers, { 'content-length': '0' }) }
    }
    const stream = decoded(answer.body, decoders, this.#limits, 'reply')!
    const isEvents = readMediaType(fieldValue(headers, 'content-type'))?.essence === 'text/event-stream'
    // What is wrong with the first bytes is an error, and with later ones breaks the reply off; events must not wait for any.
    const body = isEvents ? stream : await recorded(stream, 0)
    return { ...answer, headers, body, trailers: recodedTrailers(answer.trailers) }
  }
}

function acceptsAll(exchange: Exchange, encoding: string): boolean {
  const accepted = fieldValue(exchange.headers, 'accept-encoding')
  return listMembers(encoding).every(
    (coding) => acceptsCoding(accepted, codingName(coding)) || codingName(coding) === 'identity',
  )
}
