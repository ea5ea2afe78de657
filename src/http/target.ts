import { EdgeError } from '../errors.js'
import { isUtf8 } from './percent.js'

/** A request target in its one canonical form, below the base. Matching, limits, cache keys, logs and the wire see these bytes. */
export interface Target {
  /** Canonical path: starts with `/`, or is `*` for `OPTIONS *`. */
  readonly path: string
  /** The query as it came, with its `?`; empty if there is none. */
  readonly query: string
  /** `path + query`. */
  readonly href: string
}

/** What to do with parts of a path that upstreams read in different ways. */
export interface TargetPolicy {
  /** `%2f` and `%5c`: many upstreams decode them into a separator after the path was matched (CVE-2021-29492). @default 'reject' */
  readonly encodedSlashes?: 'reject' | 'keep' | undefined
  /** `;v=1` after a segment: Tomcat and others drop it after the path was matched. @default 'reject' */
  readonly pathParameters?: 'reject' | 'keep' | 'strip' | undefined
  /** Longest canonical path; a longer one is a 414. Bounds what a glob can cost (H-150). @default 2048 */
  readonly maxPathLength?: number | undefined
}

/** A target that cannot be made canonical; `prefix` is how far it could be read, which tells whose prefix it is under. */
export interface BadTarget {
  readonly error: EdgeError
  readonly prefix: string
}

/** 1 for every byte that is canonical wherever it stands in a path; what is 0 goes to the careful scan. */
const PLAIN = new Uint8Array(256)
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~!$&'()*+,=:@") {
  PLAIN[char.charCodeAt(0)] = 1
}

const UNRESERVED = /^[A-Za-z0-9\-._~]$/
/** What client libraries percent-encode in a path before it leaves (WHATWG path percent-encode set, plus `^`, `|`, `[` and `]`). */
const ENCODED = new Set('"<>^`{}|[]')
const HEX_PAIR = /^[0-9A-Fa-f]{2}$/
const SLASH = 47
const DOT = 46
const QUESTION = 63

/**
 * Reads a raw request target (RFC 9112 §3.2) into its canonical form, or says why that can't be done.
 *
 * Unreserved characters are decoded, everything a client library would encode is encoded, `//` is merged. Dot segments,
 * backslashes, control bytes, `#`, bad or non-UTF-8 escapes and, unless the policy keeps them, encoded slashes and path
 * parameters are refused: each of them has been a way past somebody's access rule.
 *
 * @param authority The Host field; an absolute-form target must name the same (RFC 9112 §3.2.2).
 */
export function parseTarget(
  raw: string,
  method: string,
  authority: string | null,
  policy: TargetPolicy = {},
): Target | BadTarget {
  const maxLength = policy.maxPathLength ?? 2048
  const end = fastScan(raw)
  if (end > 0 && end <= maxLength && (end === raw.length || !hasBadQueryByte(raw, end))) {
    return end === raw.length
      ? { path: raw, query: '', href: raw }
      : { path: raw.slice(0, end), query: raw.slice(end), href: raw }
  }
  if (raw === '*')
    return method === 'OPTIONS' ? { path: '*', query: '', href: '*' } : bad('`*` is for OPTIONS only', '')
  let rest = raw
  if (raw.charCodeAt(0) !== SLASH) {
    const absolute = /^(https?):\/\/([^/?#]*)(.*)$/is.exec(raw)
    if (absolute === null) return bad('not a path', '')
    const [, , named = '', tail = ''] = absolute
    if (authority === null || named.toLowerCase() !== authority.toLowerCase())
      return bad('absolute form names another host', '')
    rest = tail.startsWith('/') ? tail : `/${tail}`
  }
  const mark = rest.indexOf('?')
  const query = mark === -1 ? '' : rest.slice(mark)
  const path = canonicalPath(mark === -1 ? rest : rest.slice(0, mark), policy)
  if (typeof path !== 'string') return path
  if (hasBadQueryByte(query, 0)) return bad('control byte, `#` or non-ASCII in the query', path)
  if (path.length > maxLength)
    return { error: new EdgeError('ERR_EDGE_TARGET_TOO_LONG', `path longer than ${maxLength} bytes`), prefix: path }
  return { path, query, href: path + query }
}

/**
 * Makes a target out of what a rewrite returned: held to the same rules as one from a client, so that a rewrite
 * can't smuggle (H-153). An empty path becomes `/`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_BAD_VALUE` if it can't be made canonical.
 */
export function rewriteTarget(href: string, policy: TargetPolicy = {}): Target {
  const target = parseTarget(href.startsWith('/') ? href : `/${href}`, 'GET', null, {
    encodedSlashes: 'keep',
    pathParameters: 'keep',
    ...policy,
  })
  if ('error' in target)
    throw new EdgeError(
      'ERR_EDGE_BAD_VALUE',
      `a rewrite returned a target that cannot be sent: ${target.error.message}`,
    )
  return target
}

/** Takes `base` off a canonical path on a segment boundary; `undefined` if the path is not under it. */
export function belowBase(target: Target, base: string): Target | undefined {
  if (base === '/') return target
  const { path, query } = target
  if (!isUnder(path, base)) return undefined
  const rest = path.slice(base.length) || '/'
  return { path: rest, query, href: rest + query }
}

/** Whether a canonical path is `base` or lies below it. */
export function isUnder(path: string, base: string): boolean {
  return (
    base === '/' || (path.startsWith(base) && (path.length === base.length || path.charCodeAt(base.length) === SLASH))
  )
}

/** Index of the end of a path that is canonical as it stands, or -1 when it needs the careful scan. */
function fastScan(raw: string): number {
  if (raw.charCodeAt(0) !== SLASH) return -1
  let previous = SLASH
  for (let index = 1; index < raw.length; index++) {
    const code = raw.charCodeAt(index)
    if (code === SLASH || code === DOT) {
      if (previous === SLASH) return -1
    } else if (code === QUESTION) {
      return index
    } else if (PLAIN[code] !== 1) {
      return -1
    }
    previous = code
  }
  return raw.length
}

function hasBadQueryByte(text: string, from: number): boolean {
  for (let index = from; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code <= 32 || code >= 127 || code === 35) return true
  }
  return false
}

function canonicalPath(raw: string, policy: TargetPolicy): string | BadTarget {
  const slashes = policy.encodedSlashes ?? 'reject'
  const parameters = policy.pathParameters ?? 'reject'
  let out = ''
  let escapes = ''
  for (let index = 0; index < raw.length; index++) {
    const char = raw[index]!
    const code = raw.charCodeAt(index)
    let unit = char
    if (char === '%') {
      const hex = raw.slice(index + 1, index + 3)
      if (!HEX_PAIR.test(hex)) return bad('bad percent-escape', out)
      index += 2
      const byte = Number.parseInt(hex, 16)
      if (byte < 32 || byte === 127) return bad('encoded control byte', out)
      if ((byte === 0x2f || byte === 0x5c) && slashes === 'reject')
        return bad('encoded slash (option encodedSlashes)', out)
      const decoded = String.fromCharCode(byte)
      unit = UNRESERVED.test(decoded) ? decoded : `%${hex.toUpperCase()}`
      if (byte >= 0x80) {
        escapes += unit
        continue
      }
    } else if (code > 255 || code <= 32 || code === 127 || char === '\\' || char === '#') {
      return bad('control byte, space, backslash or `#` in the path', out)
    } else if (code >= 0x80) {
      escapes += `%${code.toString(16).toUpperCase()}`
      continue
    } else if (ENCODED.has(char)) {
      unit = `%${code.toString(16).toUpperCase()}`
    }
    if (escapes !== '') {
      if (!isUtf8(escapes)) return bad('escapes are not UTF-8', out)
      out += escapes
      escapes = ''
    }
    if (unit === '/' && out.endsWith('/')) continue
    if ((unit === '/' || unit === '%2F' || unit === '%5C') && isDotSegment(out)) return bad('dot segment', out)
    if (unit === ';') {
      if (isDotSegment(out)) return bad('dot segment', out)
      if (parameters === 'reject') return bad('path parameter (option pathParameters)', out)
      if (parameters === 'strip') {
        while (index + 1 < raw.length && raw[index + 1] !== '/') index++
        continue
      }
    }
    out += unit
  }
  if (escapes !== '') {
    if (!isUtf8(escapes)) return bad('escapes are not UTF-8', out)
    out += escapes
  }
  return isDotSegment(out) ? bad('dot segment', out) : out
}

/** Kept encoded slashes bound a dot segment, too: `..%2f` means one thing only to whoever decodes it. */
function isDotSegment(path: string): boolean {
  return /(?:\/|%2F|%5C)\.{1,2}$/.test(path.slice(-5))
}

function bad(reason: string, prefix: string): BadTarget {
  return {
    error: new EdgeError('ERR_EDGE_BAD_TARGET', `request target refused: ${reason}`),
    prefix: prefix.replace(/\/\.{0,2}$/, '') || '/',
  }
}
