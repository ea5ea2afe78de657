import type { Exchange } from '../../exchange.js'
import type { Filter } from '../../filter.js'
import { fieldValue } from '../../http/header-map.js'
import { check, checkOptions } from '../../options.js'
import { intoOrigins, isSameHost, type Origin, OriginSet, readOrigin } from '../access/origin-set.js'
import { type DenialOptions, denier, guard } from '../denial.js'

export interface CsrfOptions extends DenialOptions {
  /** Whose pages may besides the host's own: `https://app.example.com`, `https://*.example.com`, or `null`. @default none */
  readonly origin?: readonly string[] | undefined
  /** Whether pages of the same site may, which other subdomains are, whoever holds them. @default false */
  readonly sameSite?: boolean | undefined
}

/** What changes nothing, and so needs no protection (RFC 9110 §9.2.1). */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Denies with 403 what pages of other origins make a browser send with its cookies (cross-site request forgery), without tokens.
 *
 * Browsers say where a request comes from: in Sec-Fetch-Site, which no page can change, or in Origin, where they don't send the former
 * (before 2023, or to a host without TLS). Requests with neither come from no browser, and pass. So do safe methods, which must not change
 * anything; WebSocket upgrades are GETs, and are held to their Origin all the same. As Go's `CrossOriginProtection`
 * (F. Valsorda, "Cross-Site Request Forgery", 2025).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const gateway = createGateway({
 *   filters: [csrf({ origin: ['https://accounts.example.com'] })],
 *   routes: [{ path: '/**', handler: forward('http://127.0.0.1:3000') }],
 * })
 * ```
 */
export function csrf(options: CsrfOptions = {}): Filter {
  const allowed = new OriginSet()
  checkOptions('csrf', options, { origin: intoOrigins(allowed), sameSite: check.boolean, events: check.object })
  const { sameSite = false } = options
  return guard('csrf', denier('csrf', 403, options.events), (exchange) => {
    const { headers, method, upgrade } = exchange
    if (SAFE.has(method) && upgrade === null) return null
    const field = fieldValue(headers, 'origin')
    const page = field === undefined ? null : readOrigin(field)
    if (page === null ? field === 'null' && allowed.hasOpaque : allowed.has(page)) return null
    return foreignPage(exchange, sameSite)
  })
}

/** Why a request is one that a page of another origin made, by what its browser says of it; `null` if it is none. */
export function foreignPage(exchange: Exchange, sameSite = false): string | null {
  const { headers, upgrade } = exchange
  const field = fieldValue(headers, 'origin')
  const site = fieldValue(headers, 'sec-fetch-site')
  // Browsers send an Origin with every WebSocket, but not all of them say from which site it is.
  if (site !== undefined && (upgrade === null || field === undefined)) return ofSite(site, sameSite)
  return field === undefined ? null : ofOrigin(exchange, readOrigin(field))
}

function ofSite(site: string, sameSite: boolean): string | null {
  if (site === 'same-origin' || site === 'none' || (site === 'same-site' && sameSite)) return null
  return 'a page of another origin sent it, by Sec-Fetch-Site'
}

function ofOrigin(exchange: Exchange, page: Origin | null): string | null {
  return page !== null && isSameHost(exchange, page) ? null : 'a page of another origin sent it, by Origin'
}
