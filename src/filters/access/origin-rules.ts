import type { Filter } from '../../filter.js'
import { fieldValue } from '../../http/header-map.js'
import { check, checkOptions } from '../../options.js'
import { type DenialOptions, denier, guard } from '../denial.js'
import { intoOrigins, isSameHost, OriginSet, readOrigin } from './origin-set.js'

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
  const allowed = new OriginSet()
  checkOptions('originRules', options, {
    allow: intoOrigins(allowed),
    sameHost: check.boolean,
    missing: check.oneOf('allow', 'deny'),
    events: check.object,
  })
  const { sameHost = true, missing = 'allow' } = options
  return guard('originRules', denier('originRules', 403, options.events), (exchange) => {
    const field = fieldValue(exchange.headers, 'origin')
    if (field === undefined) return missing === 'allow' ? null : 'no Origin'
    const origin = readOrigin(field)
    if (origin === null) return field === 'null' && allowed.hasOpaque ? null : 'the Origin is opaque or malformed'
    if (sameHost && isSameHost(exchange, origin)) return null
    return allowed.has(origin) ? null : 'the Origin is not allowed'
  })
}
