import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter } from '../../filter.js'
import { changeHeaders } from '../../http/header-map.js'
import { check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import type { Reply } from '../../reply.js'
import { aboveBase, noHost, type RedirectStatus, redirectReply, redirectStatus } from './redirect-reply.js'

/** Tells browsers to come by HTTPS only (RFC 6797). */
export interface HstsOptions {
  /** How long they are to remember. @default 31536000000 (a year, as hstspreload.org wants it); 0 makes them forget */
  readonly maxAgeMs?: Milliseconds | undefined
  /** Whether all names below the host are meant, too (RFC 6797 §6.1.2). @default false */
  readonly includeSubDomains?: boolean | undefined
  /** Consents to browsers' built-in lists, which are hard to get off again: wants `includeSubDomains` and a year. @default false */
  readonly preload?: boolean | undefined
}

export interface RedirectToHttpsOptions {
  /** Port that HTTPS is served on. @default 443 */
  readonly port?: number | undefined
  /** Of the redirect. @default 308, which keeps the method */
  readonly status?: RedirectStatus | undefined
  /** Sent with every reply over HTTPS, and never over HTTP (RFC 6797 §7.2). @default none */
  readonly hsts?: HstsOptions | boolean | undefined
  /** Requests to let through as they came, as a certificate authority's challenge. @default none */
  readonly skip?: ((exchange: Exchange) => boolean) | undefined
}

const HSTS = 'strict-transport-security'
const YEAR_MS = 31_536_000_000

/**
 * Sends clients that came by HTTP to the same URL by HTTPS; upgrades, too.
 *
 * Behind a proxy that ends TLS, name it in the gateway's `trustedProxies`: its `X-Forwarded-Proto` is not believed else, and every
 * request would look like HTTP, for ever.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * createGateway({ trustedProxies: ['loopback'], filters: [redirectToHttps({ hsts: true })], routes })
 * ```
 */
export function redirectToHttps(options: RedirectToHttpsOptions = {}): Filter {
  checkOptions('redirectToHttps', options, {
    port: check.whole(1, 65_535),
    status: redirectStatus,
    hsts: check.either(check.boolean, check.object),
    skip: check.function,
  })
  const { port = 443, status = 308, skip } = options
  const suffix = port === 443 ? '' : `:${port}`
  const policy = policyOf(options.hsts ?? false)
  const withPolicy = (reply: Reply): Reply =>
    policy === null || reply.headers[HSTS] !== undefined
      ? reply
      : { ...reply, headers: changeHeaders(reply.headers, { [HSTS]: policy }) }
  const redirects = (exchange: Exchange): boolean => exchange.client.protocol !== 'https' && skip?.(exchange) !== true
  return defineFilter(
    {
      filterName: 'redirectToHttps',
      explain: (exchange) => {
        const { host, protocol } = exchange.client
        if (!redirects(exchange)) return { verdict: 'pass', why: protocol }
        return host === null
          ? { verdict: 'deny', why: 'the request names no host', status: 400 }
          : { verdict: 'answer', why: `${status} to HTTPS`, status }
      },
    },
    (exchange, next) => {
      if (!redirects(exchange)) {
        const passed = next(exchange)
        return policy === null || exchange.client.protocol !== 'https' ? passed : passed.then(withPolicy)
      }
      const { host } = exchange.client
      if (host === null) return Promise.resolve(noHost())
      const location = `https://${host}${suffix}${aboveBase(exchange, exchange.target.href)}`
      return Promise.resolve(redirectReply(status, location))
    },
  )
}

function policyOf(hsts: HstsOptions | boolean): string | null {
  if (hsts === false) return null
  const options = hsts === true ? {} : hsts
  checkOptions('redirectToHttps hsts', options, {
    maxAgeMs: check.whole(0, Number.MAX_SAFE_INTEGER),
    includeSubDomains: check.boolean,
    preload: check.boolean,
  })
  const { maxAgeMs = YEAR_MS, includeSubDomains = false, preload = false } = options
  if (preload && (!includeSubDomains || maxAgeMs < YEAR_MS))
    throw optionError('redirectToHttps hsts', 'preload', preload, 'false, or with includeSubDomains and a year')
  return [
    `max-age=${Math.floor(maxAgeMs / 1000)}`,
    ...(includeSubDomains ? ['includeSubDomains'] : []),
    ...(preload ? ['preload'] : []),
  ].join('; ')
}
