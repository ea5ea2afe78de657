import type { Filter } from '../../filter.js'
import { parseAuthority } from '../../http/authority.js'
import { fieldValue } from '../../http/header-map.js'
import { check, checkOptions } from '../../options.js'
import { type DenialOptions, denier, guard } from '../denial.js'
import { HostSet } from './host-set.js'

export interface RefererRulesOptions extends DenialOptions {
  /** Hosts whose pages may link here: `example.com`, `*.example.com`. @default none */
  readonly allow?: readonly string[] | undefined
  /** Whether pages of the host that the request goes to may. @default true */
  readonly sameHost?: boolean | undefined
  /** What becomes of requests without Referer, which pages, browsers and their users can leave out. @default 'allow' */
  readonly missing?: 'allow' | 'deny' | undefined
}

/**
 * Denies with 403 what pages of other hosts embed or link to, as NGINX's `valid_referers`: against hotlinking, not against anybody
 * who writes the field himself. Only the host counts, not scheme, port or path; a Referer that is no web address is denied.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const images = refererRules({ allow: ['example.org', '*.example.org'] })
 * ```
 */
export function refererRules(options: RefererRulesOptions = {}): Filter {
  const allowed = new HostSet()
  checkOptions('refererRules', options, {
    allow: (value) =>
      check.strings(value) === undefined && (value as string[]).every((name) => !hasPort(name) && allowed.add(name))
        ? undefined
        : "host names without port: 'example.com', '*.example.com'",
    sameHost: check.boolean,
    missing: check.oneOf('allow', 'deny'),
    events: check.object,
  })
  const { sameHost = true, missing = 'allow' } = options
  return guard('refererRules', denier('refererRules', 403, options.events), ({ headers, client }) => {
    const field = fieldValue(headers, 'referer')
    if (field === undefined) return missing === 'allow' ? null : 'no Referer'
    const host = hostOf(field)
    if (host === null) return 'the Referer is no web address'
    return (sameHost && host === client.host) || allowed.has(host) ? null : 'the Referer is not allowed'
  })
}

function hasPort(name: string): boolean {
  return /:[0-9]*$/.test(name) && !name.endsWith(']')
}

/** User information, which could show one host and mean another (`http://good.com@evil.com`), is refused with all else that is no host. */
function hostOf(referer: string): string | null {
  const match = /^https?:\/\/([^/?#]+)/i.exec(referer)
  return match === null ? null : (parseAuthority(match[1]!)?.host ?? null)
}
