import { type Body, bytesBody, type StreamBody } from '../../body.js'
import { through } from '../../body-through.js'
import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type PlainHandler, type Verdict } from '../../filter.js'
import { type ContentCoding, preferredCoding } from '../../http/accept-encoding.js'
import { listHas } from '../../http/field-list.js'
import { changeHeaders, fieldValue } from '../../http/header-map.js'
import { readMediaType } from '../../http/media-type.js'
import { confirmed, isFixed, recoded, recodedTrailers, variedByEncoding } from '../../http/recoded.js'
import type { Milliseconds } from '../../options.js'
import type { Reply } from '../../reply.js'
import { type BreachGuard, mayLeak } from './breach.js'
import { type CompressOptions, readCompressOptions } from './compress-options.js'
import { type Eligibility, isEligible } from './eligible.js'
import { type Encoder, makeEncoders } from './encoders.js'
import { flushWhenIdle } from './idle-flush.js'

/** Up to here a body that is there already is compressed on the spot: at most 0.2 ms, where a stream of zlib's costs 0.15 ms whatever it does. */
const AT_ONCE = 16 * 1024

/**
 * Compresses replies for clients that take it: zstd, brotli, gzip or deflate, whichever the client likes best, as a stream.
 *
 * What is encoded already, partial, `no-transform`, short, or not of a type that shrinks passes as it came. Strong ETags become weak
 * ones, Vary names Accept-Encoding, and what spoke of the exact bytes is taken off (RFC 9110 §8.8.1, §12.5.5). See `docs/compression.md`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; `ERR_EDGE_HAND_OVER` from `compose` in front of `handOver()`.
 * @example
 * ```ts
 * const gateway = createGateway({
 *   filters: [compress()],
 *   routes: [{ path: '/**', handler: forward('http://127.0.0.1:3000') }],
 * })
 * ```
 */
export function compress(options: CompressOptions = {}): Filter {
  const compressor = new Compressor(options)
  return defineFilter(
    {
      filterName: 'compress',
      stage: 'shape',
      needsReplyBody: true,
      explain: (exchange) => compressor.explain(exchange),
    },
    (exchange, next) => (exchange.upgrade === null ? compressor.run(exchange, next) : next(exchange)),
  )
}

class Compressor {
  readonly #encodings: readonly ContentCoding[]
  readonly #encoders: Readonly<Record<ContentCoding, Encoder>>
  readonly #eligibility: Eligibility
  readonly #breachGuard: BreachGuard
  readonly #flushAfterMs: Milliseconds
  readonly #maxEncoders: number
  readonly #offload: boolean
  /** Streams that are being compressed now. */
  #busy = 0

  constructor(given: CompressOptions) {
    const options = readCompressOptions(given)
    this.#encodings = options.encodings
    this.#encoders = makeEncoders(options)
    this.#eligibility = options
    this.#breachGuard = options.breachGuard
    this.#flushAfterMs = options.flushAfterMs
    this.#maxEncoders = options.maxEncoders
    this.#offload = options.offload
  }

  explain(exchange: Exchange): Verdict {
    if (exchange.upgrade !== null) return { verdict: 'pass', why: 'an upgrade has no body' }
    const coding = this.#codingFor(exchange)
    const onward = this.#offload ? offloaded : undefined
    return coding === null
      ? { verdict: 'pass', why: 'the client takes no coding that is offered', onward }
      : {
          verdict: 'depends',
          about: 'reply',
          onward,
          why: `${coding}, for a reply of a type that shrinks and ${this.#eligibility.threshold} bytes or more`,
        }
  }

  async run(exchange: Exchange, next: PlainHandler): Promise<Reply> {
    const reply = await next(this.#offload ? offloaded(exchange) : exchange)
    if (reply.status === 304) {
      const headers = confirmed(exchange.headers, reply.headers)
      return headers === null ? reply : { ...reply, headers: variedByEncoding(headers) }
    }
    // A body that has died already makes an error of the reply, as long as nobody begins to read it.
    const dead = reply.body.kind === 'stream' && reply.body.failure !== null
    if (dead || !isEligible(exchange, reply, this.#eligibility)) return reply
    const plain = { ...reply, headers: variedByEncoding(reply.headers) }
    const coding = this.#codingFor(exchange)
    if (coding === null || isFixed(exchange.headers) || mayLeak(exchange, reply, this.#breachGuard)) return plain
    if (exchange.method === 'HEAD') return { ...plain, headers: recoded(plain.headers, coding) }
    const encoder = this.#encoders[coding]
    const whole = takeShort(reply)
    const body = whole === null ? this.#stream(reply, encoder) : smaller(encoder, whole)
    if (body === null) return whole === null ? plain : { ...plain, body: bytesBody(whole) }
    return { ...plain, headers: recoded(plain.headers, coding), body, trailers: recodedTrailers(reply.trailers) }
  }

  #codingFor(exchange: Exchange): ContentCoding | null {
    return preferredCoding(fieldValue(exchange.headers, 'accept-encoding'), this.#encodings)
  }

  /** The body through an encoder of its own; `null` when too many are at work already. */
  #stream({ body, headers }: Reply, encoder: Encoder): StreamBody | null {
    if (this.#busy >= this.#maxEncoders) return null
    const eachWrite = this.#flushAfterMs === 0 || isImmediate(headers)
    const stream = encoder.stream(eachWrite)
    this.#busy++
    stream.once('close', () => {
      this.#busy--
    })
    const idle = !eachWrite && body.kind === 'stream' && this.#flushAfterMs !== Infinity
    return through(body, stream, {
      wrote: idle ? flushWhenIdle(stream, encoder.flushKind, this.#flushAfterMs) : undefined,
    })
  }
}

/** The request for an upstream that is not to compress. */
function offloaded(exchange: Exchange): Exchange {
  return exchange.with({ headers: changeHeaders(exchange.headers, { 'accept-encoding': 'identity' }) })
}

/** A short body that is all there, read; `null` for any other. Trailers need a stream to come behind. */
function takeShort({ body, trailers }: Reply): Uint8Array | null {
  if (body.kind === 'empty') return null
  if (body.kind === 'bytes') return body.length <= AT_ONCE ? body.bytes : null
  if (body.received > AT_ONCE || (body.length === undefined && trailers !== undefined && !isEmpty(trailers())))
    return null
  const chunks = body.takeWhole()
  return chunks === null ? null : chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

function isEmpty(fields: object): boolean {
  for (const _ in fields) return false
  return true
}

/** A short body compressed, if that made it shorter. */
function smaller(encoder: Encoder, whole: Uint8Array): Body | null {
  const bytes = encoder.whole(whole)
  return bytes.byteLength < whole.byteLength ? bytesBody(bytes) : null
}

/** Whether each write is to be seen at once: events (H-167), and what says so the way NGINX's upstreams do. */
function isImmediate(headers: Reply['headers']): boolean {
  if (readMediaType(fieldValue(headers, 'content-type'))?.essence === 'text/event-stream') return true
  const buffering = fieldValue(headers, 'x-accel-buffering')
  return buffering !== undefined && listHas(buffering, 'no')
}
