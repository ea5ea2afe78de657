import { EdgeError } from '../errors.js'

/** A Host field, taken apart. */
export interface Authority {
  /** Lower case, without port or trailing dot; an IPv6 address keeps its brackets. */
  readonly host: string
  readonly port: number | null
}

/** RFC 952/1123 names and RFC 3986 IPv4, plus `_`, which real host names carry. */
const NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/
const IPV6 = /^\[[0-9a-f:.]{2,45}\]$/
const PORT = /^[0-9]{1,5}$/

/** Clients repeat the same few Host values; a bounded memo keeps the regular expressions off the hot path. */
const memo = new Map<string, Authority | null>()
const MEMO_LIMIT = 512

/** Reads a Host field (RFC 9110 §7.2); `null` if it is not a valid authority without user information (H-013). */
export function parseAuthority(field: string): Authority | null {
  const known = memo.get(field)
  if (known !== undefined) return known
  const authority = readAuthority(field)
  if (field.length <= 260) {
    if (memo.size >= MEMO_LIMIT) memo.clear()
    memo.set(field, authority)
  }
  return authority
}

/**
 * Reads a request's Host; `null` where HTTP/1.0 has none.
 *
 * @throws {@link EdgeError} `ERR_EDGE_BAD_REQUEST` for one that is missing or malformed (RFC 9112 §3.2).
 */
export function readHost(host: string | undefined, httpVersion: string): Authority | null {
  if (host === undefined && httpVersion === '1.0') return null
  const named = host === undefined ? null : parseAuthority(host)
  if (named === null) throw new EdgeError('ERR_EDGE_BAD_REQUEST', 'Host is missing or malformed')
  return named
}

function readAuthority(field: string): Authority | null {
  const text = field.toLowerCase()
  const colon = text.startsWith('[') ? text.indexOf(':', text.indexOf(']') + 1) : text.indexOf(':')
  const name = colon === -1 ? text : text.slice(0, colon)
  const portText = colon === -1 ? null : text.slice(colon + 1)
  if (portText !== null && (!PORT.test(portText) || Number(portText) > 65_535)) return null
  const host = name.endsWith('.') ? name.slice(0, -1) : name
  if (!NAME.test(host) && !(IPV6.test(host) && host === name)) return null
  return { host, port: portText === null ? null : Number(portText) }
}
