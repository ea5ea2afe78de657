import { EdgeError } from '../errors.js'
import { FieldKind, field } from './fields.js'
import type { MutableHeaderMap } from './header-map.js'
import { type RequestFields, readRequestFields } from './request-fields.js'

/** What an HTTP/2 request says in place of a request line. */
export interface PseudoFields {
  readonly method: string
  readonly authority: string | null
  /** Of an extended CONNECT (RFC 8441), as `websocket`. */
  readonly protocol: string | null
  /** Where the ordinary fields begin. */
  readonly end: number
}

const COLON = 58
const NAMES: ReadonlySet<string> = new Set([':method', ':scheme', ':path', ':authority', ':protocol'])
const METHOD = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,32}$/

/**
 * Reads the pseudo-fields of an HTTP/2 request out of Node's `rawHeaders`, and checks the names behind them (RFC 9113 §8.2, §8.3).
 * nghttp2 resets most such requests before anybody sees them; what a gateway turns into HTTP/1.1 does not rest on that (H-070).
 *
 * @throws {@link EdgeError} 400 for pseudo-fields that are unknown, repeated, missing or behind ordinary ones, for names that are empty or
 * not lower case, and for fields that belong to a connection.
 */
export function readPseudoFields(raw: readonly string[]): PseudoFields {
  const pseudo: Record<string, string | undefined> = {}
  let end = 0
  while (end < raw.length && raw[end]!.charCodeAt(0) === COLON) {
    const name = raw[end]!
    if (!NAMES.has(name) || pseudo[name] !== undefined) throw malformed('unknown or repeated pseudo-field')
    pseudo[name] = raw[end + 1]!
    end += 2
  }
  for (let at = end; at < raw.length; at += 2) checkField(raw[at]!, raw[at + 1]!)
  const {
    ':method': method = '',
    ':scheme': scheme,
    ':path': path,
    ':authority': authority = null,
    ':protocol': protocol = null,
  } = pseudo
  if (!METHOD.test(method)) throw malformed(':method is missing or not a token')
  if (scheme !== 'http' && scheme !== 'https') throw malformed(':scheme is neither http nor https')
  if (path === undefined || !(path.startsWith('/') || (path === '*' && method === 'OPTIONS')))
    throw malformed(':path is missing or not a path')
  if ((protocol === null) === (method === 'CONNECT')) throw malformed(':protocol goes with CONNECT, and only with it')
  return { method, authority, protocol, end }
}

/**
 * Builds the header map of an HTTP/2 request: as {@link readRequestFields}, with `:authority` for Host. The length is `undefined` where
 * no Content-Length states it: whether there is a body at all, the stream tells.
 *
 * @throws {@link EdgeError} also 400 where `:authority` and Host name two places (RFC 9113 §8.3.1).
 */
export function readHttp2Fields(raw: readonly string[], trusted: boolean, dropUnderscored = false): RequestFields {
  const { authority, protocol, end } = readPseudoFields(raw)
  const { headers, length } = readRequestFields(raw, '2.0', trusted, dropUnderscored, end)
  const host = headers['host'] as string | undefined
  if (authority !== null) {
    if (host !== undefined && host.toLowerCase() !== authority.toLowerCase())
      throw malformed(':authority and Host differ')
    ;(headers as MutableHeaderMap)['host'] = authority
  }
  return { headers, length: headers['content-length'] === undefined ? undefined : length, upgrade: protocol }
}

function checkField(raw: string, value: string): void {
  const { name, kind } = field(raw)
  if (name !== raw || name === '' || name.charCodeAt(0) === COLON)
    throw malformed('a field name is empty, not lower case, or that of a misplaced pseudo-field')
  switch (kind) {
    case FieldKind.connection:
    case FieldKind.transferEncoding:
    case FieldKind.upgrade:
      throw malformed(`${name} belongs to a connection`)
    case FieldKind.te:
      if (value.toLowerCase() !== 'trailers') throw malformed('te other than trailers')
      break
    case FieldKind.hop:
      if (name === 'keep-alive' || name === 'proxy-connection') throw malformed(`${name} belongs to a connection`)
  }
}

function malformed(reason: string): EdgeError {
  return new EdgeError('ERR_EDGE_BAD_REQUEST', `malformed HTTP/2 request: ${reason}`)
}
