import type { Exchange } from '../../exchange.js'
import { type Authority, parseAuthority } from '../../http/authority.js'
import { type Check, check } from '../../options.js'
import { HostSet } from './host-set.js'

/** An origin (RFC 6454), taken apart. */
export interface Origin extends Authority {
  /** Lower case. */
  readonly scheme: string
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 }

/** An origin as browsers serialise it (RFC 6454 §6.2): nothing but scheme, host and port. `null` for what is none, `null` itself included. */
export function readOrigin(text: string): Origin | null {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(.+)$/.exec(text.toLowerCase())
  if (match === null) return null
  const scheme = match[1]!
  const named = parseAuthority(match[2]!)
  if (named === null) return null
  return { scheme, host: named.host, port: named.port === DEFAULT_PORTS[scheme] ? null : named.port }
}

/**
 * Origins, each compared whole: scheme, host and port. The host of a `*.` entry is compared label by label, so that
 * `https://evil-example.com` is no subdomain of `example.com` (H-198).
 */
export class OriginSet {
  readonly #hosts = new Map<string, HostSet>()
  /** Whether `null` is among them, which sandboxed frames and files have. */
  hasOpaque = false

  /** Adds `https://app.example.com`, `https://*.example.com` or `null`; false if it is none of these. */
  add(entry: string): boolean {
    if (entry === 'null') {
      this.hasOpaque = true
      return true
    }
    const wild = entry.includes('://*.')
    const origin = readOrigin(entry.replace('://*.', '://'))
    if (origin === null) return false
    const hosts = this.#hosts.get(origin.scheme) ?? new HostSet()
    this.#hosts.set(origin.scheme, hosts)
    return hosts.add(`${wild ? '*.' : ''}${serialised(origin)}`)
  }

  has(origin: Origin): boolean {
    return this.#hosts.get(origin.scheme)?.has(serialised(origin)) === true
  }
}

/** The check of an option that lists origins, which fills a set with them. */
export function intoOrigins(set: OriginSet): Check {
  return (value) =>
    check.strings(value) === undefined && (value as string[]).every((entry) => set.add(entry))
      ? undefined
      : "origins: 'https://app.example.com', 'https://*.example.com', 'null'"
}

function serialised({ host, port }: Authority): string {
  return port === null ? host : `${host}:${port}`
}

/**
 * Whether a page is of the host that was asked. A port that was not named is the default one of either side. TLS may have ended in
 * front of us, so that `https` pages may ask where we see `http`; never the other way round: an `http` page is anybody's on the way.
 */
export function isSameHost({ client }: Exchange, origin: Origin): boolean {
  if (client.host !== origin.host || (client.protocol === 'https' && origin.scheme !== 'https')) return false
  const asked = client.authority === null ? null : parseAuthority(client.authority)
  if (asked === null) return false
  const standard = asked.port === 80 || asked.port === 443
  return origin.scheme in DEFAULT_PORTS && (standard ? null : asked.port) === origin.port
}
