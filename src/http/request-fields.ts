import { EdgeError } from '../errors.js'
import { listHas, listMembers } from './field-list.js'
import { FieldKind, field, isProtected } from './fields.js'
import { emptyHeaders, type HeaderMap, type MutableHeaderMap } from './header-map.js'

/** What one pass over a request's raw fields finds. */
export interface RequestFields {
  /** End-to-end fields only: what belongs to this hop is gone, what an untrusted peer claims about others too. */
  readonly headers: HeaderMap
  /** Length of the body: 0 for none, `undefined` for a chunked one. */
  readonly length: number | undefined
  /** The Upgrade field, when Connection nominates it; the `:protocol` of an HTTP/2 request. */
  readonly upgrade: string | null
}

/** Far under Node's own limit of about 1,000, past which it drops fields without a word (H-022). */
const MAX_FIELDS = 200

/**
 * Builds a request's header map out of Node's `rawHeaders` in one pass.
 *
 * @param trusted Whether the peer may speak for others (`X-Forwarded-*` and the like).
 * @param dropUnderscored Whether names with `_` are taken away altogether, as NGINX does (H-062).
 * @param from Where the fields begin: behind the pseudo-fields of an HTTP/2 request.
 * @throws {@link EdgeError} 400 for a repeated singleton or ambiguous framing (RFC 9112 §6.3), 431 past 200 fields, 501 for
 * a transfer coding other than `chunked` (RFC 9112 §6.1).
 */
export function readRequestFields(
  raw: readonly string[],
  httpVersion: string,
  trusted: boolean,
  dropUnderscored = false,
  from = 0,
): RequestFields {
  if (raw.length - from > 2 * MAX_FIELDS)
    throw new EdgeError('ERR_EDGE_TOO_MANY_HEADERS', `more than ${MAX_FIELDS} header fields`)
  const headers = emptyHeaders()
  let length: number | undefined = 0
  let connection = ''
  let upgrade: string | null = null
  let chunked = false
  for (let index = from; index < raw.length; index += 2) {
    const { name, kind } = field(raw[index]!)
    const value = raw[index + 1]!
    switch (kind) {
      case undefined:
        append(headers, name, value, ', ')
        break
      case FieldKind.underscored:
        if (!dropUnderscored) append(headers, name, value, ', ')
        break
      case FieldKind.hop:
      case FieldKind.alias:
        break
      case FieldKind.singleton:
        if (headers[name] !== undefined) throw repeated(name)
        headers[name] = value
        break
      case FieldKind.forwarding:
        if (trusted) append(headers, name, value, ', ')
        break
      case FieldKind.cookie:
        append(headers, name, value, '; ')
        break
      case FieldKind.connection:
        connection = connection === '' ? value : `${connection}, ${value}`
        break
      case FieldKind.transferEncoding:
        if (chunked) throw repeated(name)
        if (value.toLowerCase() !== 'chunked')
          throw new EdgeError('ERR_EDGE_UNSUPPORTED_CODING', 'transfer coding other than chunked')
        chunked = true
        break
      case FieldKind.contentLength:
        if (headers[name] !== undefined) throw repeated(name)
        length = readLength(value)
        headers[name] = String(length)
        break
      case FieldKind.te:
        if (listHas(value, 'trailers')) headers[name] = 'trailers'
        break
      case FieldKind.upgrade:
        upgrade = upgrade === null ? value : `${upgrade}, ${value}`
        break
      default:
        append(headers, name, value, ', ')
    }
  }
  if (chunked) {
    if (headers['content-length'] !== undefined || httpVersion !== '1.1')
      throw new EdgeError('ERR_EDGE_BAD_REQUEST', 'ambiguous framing')
    length = undefined
  }
  if (connection !== '' && connection !== 'keep-alive' && connection !== 'close') {
    if (!dropNominated(headers, connection)) upgrade = null
  } else {
    upgrade = null
  }
  return { headers, length, upgrade }
}

function append(headers: MutableHeaderMap, name: string, value: string, separator: string): void {
  const before = headers[name]
  headers[name] = before === undefined ? value : `${before as string}${separator}${value}`
}

/** Takes away what Connection nominates (RFC 9110 §7.6.1); whether Upgrade was among it. */
export function dropNominated(headers: MutableHeaderMap, connection: string): boolean {
  let upgrade = false
  for (const member of listMembers(connection)) {
    const name = member.toLowerCase()
    if (name === 'upgrade') upgrade = true
    else if (!isProtected(name)) delete headers[name]
  }
  return upgrade
}

function readLength(value: string): number {
  const length = /^[0-9]{1,16}$/.test(value) ? Number(value) : Number.NaN
  if (!Number.isSafeInteger(length)) throw new EdgeError('ERR_EDGE_BAD_REQUEST', 'Content-Length is not a plain number')
  return length
}

function repeated(name: string): EdgeError {
  return new EdgeError('ERR_EDGE_BAD_REQUEST', `repeated ${name} field`)
}
