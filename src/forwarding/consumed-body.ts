import type { IncomingMessage, ServerResponse } from 'node:http'
import { bytesBody } from '../body.js'
import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { changeHeaders, fieldValue, type HeaderMap } from '../http/header-map.js'
import { isJson, type MediaType, readMediaType } from '../http/media-type.js'
import type { KeepsBody } from '../whole-body.js'

/** A request that a body parser has been at. */
interface ParsedRequest extends IncomingMessage, KeepsBody {
  body?: unknown
}

/**
 * Lets a body parser keep the bytes it parsed, so that they can be forwarded as they came.
 *
 * @example
 * ```ts
 * app.use(express.json({ verify: keepRawBody }))
 * app.use('/api', toExpress(forward('http://127.0.0.1:3000'), { base: '/api' }))
 * ```
 */
export function keepRawBody(req: IncomingMessage, _res: ServerResponse, bytes: Uint8Array): void {
  ;(req as ParsedRequest).rawBody = bytes
}

/** Fields that describe bytes which are not sent any more. */
const STALE = {
  'content-encoding': undefined,
  'content-md5': undefined,
  digest: undefined,
  'content-digest': undefined,
  'repr-digest': undefined,
}

/** Fields for the bytes that {@link keepRawBody} kept: parsers inflate a compressed body first, so that these are not what it was sent as. */
export function keptHeaders(headers: HeaderMap, length: number): HeaderMap {
  const stale = headers['content-encoding'] === undefined ? {} : STALE
  return changeHeaders(headers, { ...stale, 'content-length': String(length) })
}

/**
 * The same exchange with the parsed body written out again, for `reserializeBody`: JSON and urlencoded only, since nothing else
 * comes back as it was. `null` where even these can't be trusted to.
 */
export function reserialize(exchange: Exchange): Exchange | null {
  const parsed = (exchange.raw as ParsedRequest).body
  const type = readMediaType(fieldValue(exchange.headers, 'content-type'))
  const text = parsed === undefined || type === null ? null : bodyText(type, parsed)
  if (text === null) return null
  const body = bytesBody(text)
  return exchange.with({
    body,
    headers: changeHeaders(exchange.headers, { ...STALE, 'content-length': String(body.length) }),
  })
}

/** What a parser has made of a body, as text again; `null` where it can't be trusted to be the same. */
export function bodyText(type: MediaType, parsed: unknown): string | null {
  if (isJson(type)) return JSON.stringify(parsed) ?? null
  return type.essence === 'application/x-www-form-urlencoded' ? formText(parsed) : null
}

/** Only flat, single-valued forms: a repeated key has been merged by the parser in a way that can't be told any more. */
function formText(parsed: unknown): string | null {
  if (typeof parsed !== 'object' || parsed === null) return null
  const fields = Object.entries(parsed)
  return fields.every(([, value]) => typeof value === 'string')
    ? new URLSearchParams(fields as [string, string][]).toString()
    : null
}

/** What to tell whoever mounted a proxy behind a body parser. */
export function bodyConsumed(): EdgeError {
  return new EdgeError(
    'ERR_EDGE_BODY_CONSUMED',
    'the request body was read before it could be forwarded. Either mount Edgewise before the body parser, or let the parser keep the bytes: express.json({ verify: keepRawBody })',
  )
}
