import type { Exchange } from '../../exchange.js'
import type { Filter } from '../../filter.js'
import { type Authority, parseAuthority } from '../../http/authority.js'
import { fieldValue } from '../../http/header-map.js'
import { check, checkOptions } from '../../options.js'
import { type DenialOptions, denier, guard } from '../denial.js'
import { HostSet } from './host-set.js'

export interface OriginRulesOptions extends DenialOptions {
  /** `https://app.example.com`, `https://app.example.com:8443`, `https://*.example.com` for any subdomain, or `null`. @default none */
  readonly allow?: readonly string[] | undefined
  /** Whether pages of the host that the request goes to may. @default true */
  readonly sameHost?: boolean | undefined
  /** What becomes of requests without Origin: those that no browser page made, and GETs within a site. @default 'allow' */
  readonly missing?: 'allow' | 'deny' | undefined
}

/**
 * Denies with 403 what pages of other origins ask for: requests and, since browsers send Origin with each and let every page open
 * one, WebSocket upgrades (cross-site WebSocket hijacking, H-078).
 *
 * An origin is compared whole: scheme, host and port. The host of a `*.` entry is compared label by label, so that
 * `https://evil-example.com` is no subdomain of `example.com`. The origin `null`, which sandboxed frames and files have, must be
 * listed to pass. This is no replacement for CORS, which tells browsers what a page may read.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const sockets = { path: '/ws/**', filters: [originRules({ allow: ['https://*.example.com'] })], handler: forward({ pool }) }
 * ```
 */
export function originRules(options: OriginRulesOptions = {}): Filter {
  const allowed = new Map<string, HostSet>()
  checkOptions('originRules', options, {
    allow: (value) =>
      check.strings(value) === undefined && (value as string[]).every((entry) => addOrigin(allowed, entry))
        ? undefined
        : "origins: 'https://app.example.com', 'https://*.example.com', 'null'",
    sameHost: check.boolean,
    missing: check.oneOf('allow', 'deny'),
    events: check.object,
  })
  const { sameHost = true, missing = 'allow' } = options
  return guard('originRules', denier('originRules', 403, options.events), (exchange) => {
    const field = fieldValue(exchange.headers, 'origin')
    if (field === undefined) return missing === 'allow' ? null : 'no Origin'
    const origin = readOrigin(field)
    if (origin === null) return field === 'null' && allowed.has('null') ? null : 'the Origin is opaque or malformed'
    if (sameHost && isSameHost(exchange, origin)) return null
    return allowed.get(origin.scheme)?.has(serialised(origin)) === true ? null : 'the Origin is not allowed'
  })
}

interface Origin extends Authority {
  readonly scheme: string
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 }

/** An origin as browsers serialise it (RFC 6454 §6.2): nothing but scheme, host and port. */
function readOrigin(text: string): Origin | null {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(.+)$/.exec(text.toLowerCase())
  if (match === null) return null
  const scheme = match[1]!
  const named = parseAuthority(match[2]!)
  if (named === null) return null
  return { scheme, host: named.host, port: named.port === DEFAULT_PORTS[scheme] ? null : named.port }
}

function serialised({ host, port }: Authority): string {
  return port === null ? host : `${host}:${port}`
}

function addOrigin(allowed: Map<string, HostSet>, entry: string): boolean {
  const wild = entry.includes('://*.')
  const origin = entry === 'null' ? null : readOrigin(entry.replace('://*.', '://'))
  if (origin === null && entry !== 'null') return false
  const scheme = origin?.scheme ?? 'null'
  const hosts = allowed.get(scheme) ?? new HostSet()
  allowed.set(scheme, hosts)
  return origin === null || hosts.add(`${wild ? '*.' : ''}${serialised(origin)}`)
}

/**
 * Whether a page is of the host that was asked. A port that was not named is the default one of either side. TLS may have ended in
 * front of us, so that `https` pages may ask where we see `http`; never the other way round: an `http` page is anybody's on the way.
 */
function isSameHost({ client }: Exchange, origin: Origin): boolean {
  if (client.host !== origin.host || (client.protocol === 'https' && origin.scheme !== 'https')) return false
  const asked = client.authority === null ? null : parseAuthority(client.authority)
  if (asked === null) return false
  const standard = asked.port === 80 || asked.port === 443
  return origin.scheme in DEFAULT_PORTS && (standard ? null : asked.port) === origin.port
}
