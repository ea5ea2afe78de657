import type { Exchange } from '../../exchange.js'
import { fieldValue } from '../../http/header-map.js'
import { readMediaType } from '../../http/media-type.js'
import { isFixed } from '../../http/recoded.js'
import type { Bytes } from '../../options.js'
import type { Reply } from '../../reply.js'

/** What `filter` of `compress()` is asked. */
export interface CompressQuestion {
  readonly exchange: Exchange
  readonly reply: Reply
  /** Whether the reply's Content-Type is one that shrinks (as the package `compressible` says), which is the answer by default. */
  readonly compressible: boolean
}

export interface Eligibility {
  readonly threshold: Bytes
  readonly eventStreams: boolean
  /** Whether a media type is one that shrinks. */
  readonly shrinks: (type: string) => boolean
  readonly filter: ((question: CompressQuestion) => boolean) | null
}

/** Statuses whose content is not the whole representation, or that have none (RFC 9110 §15). */
const NEVER: ReadonlySet<number> = new Set([204, 205, 206, 304])

/**
 * Whether a reply would be compressed for some client, which is when it varies by Accept-Encoding (H-163, H-164). The answer to a HEAD is
 * what it would be to a GET, as far as its fields tell.
 */
export function isEligible(exchange: Exchange, reply: Reply, rules: Eligibility): boolean {
  const { status, headers, tunnel } = reply
  if (status < 200 || NEVER.has(status) || tunnel !== undefined) return false
  // Any Content-Encoding is a decision made already, `identity` included: it is how applications say "not this one" (H-162).
  if (headers['content-encoding'] !== undefined || headers['content-range'] !== undefined) return false
  const size = sizeOf(exchange, reply)
  if (size === 0 || (size !== undefined && size < rules.threshold)) return false
  if (isFixed(headers)) return false
  const type = readMediaType(fieldValue(headers, 'content-type'))?.essence
  // gRPC compresses its messages by itself, and its clients know no Content-Encoding.
  if (type?.startsWith('application/grpc') === true) return false
  if (type === 'text/event-stream' && !rules.eventStreams) return false
  const answer = type !== undefined && rules.shrinks(type)
  return rules.filter === null ? answer : rules.filter({ exchange, reply, compressible: answer })
}

/** How long the body is or, in the answer to a HEAD, would be; `undefined` where nobody knows yet. */
function sizeOf({ method }: Exchange, { body, headers }: Reply): number | undefined {
  if (method === 'HEAD') {
    const stated = fieldValue(headers, 'content-length')
    return stated === undefined ? undefined : Number(stated)
  }
  return body.kind === 'stream' && body.ended ? body.received : body.length
}
