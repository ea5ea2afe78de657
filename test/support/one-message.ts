import { WireError } from '../../src/testing/wire/error.js'
import { type Head, valuesOf } from '../../src/testing/wire/head.js'
import { MessageReader } from '../../src/testing/wire/reader.js'
import { WireRequest } from '../../src/testing/wire/request.js'

export interface MessagesOptions {
  /** Requests to read; the rest is `leftover`, such as a tunnel's bytes after an upgrade. @default Infinity */
  readonly limit?: number | undefined
}

export interface Messages {
  /** In order; the last one has `complete: false` if its body was cut. */
  readonly messages: readonly WireRequest[]
  /** Bytes after the last message: an unfinished head, or what `limit` left. */
  readonly leftover: Buffer
  /** Whether the bytes end in the middle of a head or body. */
  readonly truncated: boolean
}

/**
 * Parses everything that a server got on one connection.
 *
 * @throws {@link WireError} on anything that is not strictly HTTP/1.1.
 */
export function messages(bytes: Buffer | string, options: MessagesOptions = {}): Messages {
  const reader = new MessageReader<WireRequest>({ create: strictRequest, limit: options.limit })
  reader.push(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  if (reader.error) throw reader.error
  return { messages: reader.messages, leftover: reader.leftover, truncated: !reader.between }
}

/**
 * Proves that a connection carried exactly one well-framed request, and returns it: the oracle of every request-smuggling test.
 * It accepts only what no two parsers can read differently: CRLF, no obs-fold, one Host, one canonical Content-Length or one
 * `Transfer-Encoding: chunked`, strict chunks.
 *
 * @throws {@link WireError} saying what is wrong, with the offending bytes.
 */
export function oneMessage(bytes: Buffer | string): WireRequest {
  const { messages: found, leftover, truncated } = messages(bytes, { limit: 1 })
  const [request] = found
  if (request === undefined) throw new WireError(leftover.length === 0 ? 'no request' : 'unfinished head', leftover)
  if (truncated) {
    throw new WireError(
      `body of ${request.method} ${request.target} cut after ${request.bodyLength} bytes`,
      request.body,
    )
  }
  if (leftover.length > 0) {
    throw new WireError(`${leftover.length} bytes left over after ${request.method} ${request.target}`, leftover)
  }
  return request
}

/** What a strict reader makes of bytes that may be anything. */
export interface StrictReading {
  /** Those that are whole. */
  readonly requests: readonly WireRequest[]
  /** Requests whose heads are in order, the last one perhaps without all of its body. */
  readonly begun: number
  /** How the bytes end: between two requests, within one, or in what is not HTTP/1.1. */
  readonly ends: 'clean' | 'cut' | 'malformed'
  readonly error: WireError | undefined
}

/**
 * Reads what a client sends as {@link oneMessage} reads what a proxy does, and tells how far it got. What has one reading only and a server
 * may take is taken: empty lines in front of a request line (RFC 9112 §2.2), blanks between its parts (§3), zeros in front of a length, trailers that
 * are to be dropped, any chunk extension.
 */
export function strictReading(bytes: Buffer): StrictReading {
  const create = (head: Head): WireRequest =>
    strictRequest({
      ...head,
      startLine: head.startLine.replace(/ +/g, ' '),
      headers: head.headers.map(([name, value]) =>
        /^content-length$/i.test(name) ? [name, value.replace(/^0+(?=[0-9])/, '')] : [name, value],
      ),
    })
  const reader = new MessageReader<WireRequest>({ create, emptyLines: 'skip', badTrailers: 'keep', extensions: 'any' })
  reader.push(bytes)
  const { messages: found, error } = reader
  return {
    requests: found.filter(({ complete }) => complete),
    begun: found.length,
    ends: error ? 'malformed' : reader.between ? 'clean' : 'cut',
    error,
  }
}

/** Understands a head as a request with one Host, or none in HTTP/1.0. */
export function strictRequest(...args: ConstructorParameters<typeof WireRequest>): WireRequest {
  const request = new WireRequest(...args)
  const [head] = args
  const hosts = valuesOf(head.headers, 'host').length
  if (hosts > 1) throw new WireError('more than one Host', head.bytes)
  if (hosts === 0 && request.version === '1.1') throw new WireError('no Host', head.bytes)
  return request
}
