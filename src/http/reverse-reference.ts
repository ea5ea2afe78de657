import { parseAuthority } from './authority.js'
import { isUnder } from './target.js'

/** A name by which an upstream may call itself in a reply. */
export interface UpstreamName {
  /** As {@link originOf} writes it. */
  readonly origin: string
  /** Path in front of all it serves; empty or `/like/this`. */
  readonly prefix: string
}

/** Path of the upstream, path of the client: both empty or `/like/this`. */
export type PathPair = readonly [upstream: string, client: string]

/** Where a client is, seen from its upstream. */
export interface Reverse {
  readonly names: readonly UpstreamName[]
  /** The client's `protocol` and Host; of a client without a Host, `null`: it is told paths only. */
  readonly protocol: 'http' | 'https'
  readonly authority: string | null
  /** What the client is sent to in place of the upstream's origin, as `https://example.com`; empty for a path alone. */
  readonly origin: string
  /** The adapter's base. */
  readonly base: string
  /** Longest upstream path first. */
  readonly paths: readonly PathPair[]
}

/** An origin with its port, to compare by; `null` for what is none. */
export function originOf(scheme: string, authority: string): string | null {
  const parsed = parseAuthority(authority)
  if (parsed === null) return null
  return `${scheme}://${parsed.host}:${parsed.port ?? (scheme === 'https' ? 443 : 80)}`
}

/**
 * Turns a URL of an upstream's, as in Location, into the one by which the client gets there; what does not lead to the upstream comes
 * back as it came, byte for byte (H-045).
 *
 * - The upstream's own origin, exactly, becomes the client's.
 * - The client's Host with `http:` where the client came by `https:` is an upstream behind TLS that does not know better.
 * - A path loses the endpoint's prefix, is mapped, and goes below the base, unless it is there already: an upstream may heed
 *   `X-Forwarded-Prefix`.
 * - A path relative to the request (`../x`) stays.
 */
export function reverseReference(reference: string, there: Reverse): string {
  const absolute = /^(?:(https?):)?\/\/([^/?#\\]*)((?:[/?#].*)?)$/is.exec(reference)
  if (absolute === null)
    return /^\/(?![/\\\t])/.test(reference) ? (reversePath(reference, there) ?? reference) : reference
  const [, scheme, authority = '', rest = ''] = absolute
  const schemes = scheme === undefined ? ['http', 'https'] : [scheme.toLowerCase()]
  const origins = schemes.map((each) => originOf(each, authority))
  const named = there.names.filter(({ origin }) => origins.includes(origin))
  if (named.length === 0 && !isOwn(scheme?.toLowerCase(), authority, there)) return reference
  const path = reversePath(rest, named.length === 0 ? there : { ...there, names: named })
  return path === null ? reference : there.origin + path
}

/** Whether a URL names the client's own Host: by its own scheme, or as an upstream sees it that knows of no TLS. */
function isOwn(scheme: string | undefined, authority: string, { authority: own, protocol }: Reverse): boolean {
  if (own === null) return false
  const wanted = scheme ?? protocol
  if (wanted === 'http' && protocol === 'https') return originOf('http', authority) === originOf('http', own)
  return wanted === protocol && originOf(protocol, authority) === originOf(protocol, own)
}

/** `null` for a path that the upstream does not serve to this gateway's clients. */
function reversePath(reference: string, { names, base, paths }: Reverse): string | null {
  const end = reference.search(/[?#]/)
  const path = (end === -1 ? reference : reference.slice(0, end)) || '/'
  const tail = end === -1 ? '' : reference.slice(end)
  const prefix = longestPrefix(names, path)
  if (prefix === null) return isBelow(path, base) ? path + tail : null
  if (isBelow(path, base) && !isBelow(prefix, base)) return path + tail
  const rest = path.slice(prefix.length)
  const safe = fromRoot(mapPath(rest === '' ? '' : fromRoot(rest), paths))
  return (base === '/' ? safe : base + safe) + tail
}

/** What was safe behind a prefix must not become the name of a host: `//evil`, `/\evil`, and with a tab between (H-045). */
function fromRoot(path: string): string {
  return path.replace(/^[/\\\s]*/, '/')
}

/** Maps a path by the first pair that it lies under, unless it is mapped already: `/` may become `/app`. */
export function mapPath(path: string, paths: readonly PathPair[]): string {
  const pair = paths.find(([from]) => isUnder(path || '/', from || '/'))
  if (pair === undefined) return path
  const [from, to] = pair
  const isMapped = to !== from && isUnder(to || '/', from || '/') && isUnder(path, to)
  return isMapped ? path : to + path.slice(from.length)
}

/** `null` if the path lies under none. */
function longestPrefix(names: readonly UpstreamName[], path: string): string | null {
  let longest: string | null = null
  for (const { prefix } of names)
    if (isUnder(path, prefix || '/') && prefix.length >= (longest?.length ?? 0)) longest = prefix
  return longest
}

/** Whether a path is below another one that is not the root. */
function isBelow(path: string, above: string): boolean {
  return above !== '/' && above !== '' && isUnder(path, above)
}
