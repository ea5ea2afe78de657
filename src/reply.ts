import type { Duplex, Readable } from 'node:stream'
import { type Body, emptyBody } from './body.js'
import { toBody } from './body-tools.js'
import { EdgeError } from './errors.js'
import { emptyHeaders, type HeaderMap, toHeaders } from './http/header-map.js'
import type { TunnelOwner } from './tunnels.js'

/** What goes back to the client: a value, written by nobody until it reaches the adapter. */
export interface Reply {
  readonly status: number
  readonly headers: HeaderMap
  readonly body: Body
  /** Read once, after the body has ended. */
  readonly trailers?: (() => HeaderMap) | undefined
  /** Of a 101: the upstream's side of the connection; the adapter joins it to the client's. */
  readonly tunnel?: Tunnel | undefined
}

/** An upgraded connection to an upstream. */
export interface Tunnel {
  readonly socket: Duplex
  /** Bytes that came with the upstream's 101. */
  readonly head: Uint8Array
  /** How long both directions may be silent; 0 or absent is no limit. */
  readonly idleMs?: number | undefined
  /** Who counts it among its own, and may end it: the endpoint. */
  readonly owner?: TunnelOwner | undefined
}

/** A rest of at most this many bytes is read to its end, so that the connection behind it can be used again. */
const DRAIN_LIMIT = 64 * 1024

/**
 * Makes a reply.
 *
 * @example
 * ```ts
 * const teapot: Handler = async () => reply(418, 'short and stout', { 'content-type': 'text/plain' })
 * ```
 */
export function reply(
  status: number,
  body: Body | Readable | Uint8Array | string | null = null,
  headers: Readonly<Record<string, string | readonly string[] | number | undefined>> = {},
): Reply {
  const fields = toHeaders(headers)
  if (typeof body === 'string' && fields['content-type'] === undefined)
    fields['content-type'] = 'text/plain; charset=utf-8'
  return { status, headers: fields, body: toBody(body) }
}

/**
 * A reply without a body.
 *
 * @example
 * ```ts
 * const gone: Handler = async () => emptyReply(410, { 'cache-control': 'max-age=86400' })
 * ```
 */
export function emptyReply(status: number, headers: HeaderMap = emptyHeaders()): Reply {
  return { status, headers, body: emptyBody }
}

/** What is wrong with a value that a chain resolved with: a filter in JavaScript that forgot to `return next(exchange)` resolves with none. */
export function notAReply(value: Reply | undefined): TypeError | null {
  return typeof value?.status === 'number'
    ? null
    : new TypeError('a handler or filter resolved without a reply; did one forget to return next(exchange)?')
}

/**
 * Lets go of a reply that is not passed on: who keeps a reply back must call this, or the upstream connection and its lease
 * stay taken. A short rest is drained so that the connection can be used again; a long one is cut off.
 *
 * @example
 * ```ts
 * const hiding: Filter = async (exchange, next) => {
 *   const answer = await next(exchange)
 *   if (answer.status !== 403) return answer
 *   discard(answer)
 *   return emptyReply(404)
 * }
 * ```
 */
export function discard(unwanted: Reply): void {
  const { body, tunnel } = unwanted
  if (tunnel !== undefined) {
    tunnel.socket.on('error', () => {})
    tunnel.socket.destroy()
  }
  if (body.kind !== 'stream') return
  const reason = new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'reply discarded')
  if (!body.untouched || body.length === undefined || body.length - body.received > DRAIN_LIMIT)
    return body.cancel(reason)
  body.attach({ write: () => true, end: () => {}, fail: () => {} })
}

/** The reply that an {@link EdgeError} becomes: its status and a generic text, nothing of what lies behind (H-058). */
export function errorReply(error: EdgeError): Reply {
  return reply(error.status, `${error.status} ${error.code}\n`, { ...error.headers, 'cache-control': 'no-store' })
}
