import { parseAuthority } from '../http/authority.js'
import { type Check, check, checkOptions, type Milliseconds, optionError } from '../options.js'
import type { Balanced, Balancer } from './balancer.js'

export interface StickyCookieOptions<E extends Balanced = Balanced> {
  /** Name of the cookie. `__Secure-` and `__Host-` force what browsers demand of them. */
  readonly name: string
  /**
   * Signs the cookie, so that nobody can make one or test a guess of an endpoint's name. Of several, the first signs and all
   * verify, so that they can be changed without losing anybody. At least 16 characters each.
   *
   * @default none: a digest of the endpoint's name
   */
  readonly secret?: string | readonly string[] | undefined
  /** Picks for clients without a valid cookie, and where their endpoint can't take them. @default roundRobin() */
  readonly fallback?: Balancer<E> | undefined
  /** Path of the cookie: below it clients send it. @default '/' */
  readonly path?: string | undefined
  /** Domain of the cookie, whose subdomains get it, too. @default the host that was asked, and no other */
  readonly domain?: string | undefined
  /** `'none'` implies `secure`. @default 'lax' */
  readonly sameSite?: 'strict' | 'lax' | 'none' | undefined
  /** `'auto'`: when the client came by https. @default 'auto' */
  readonly secure?: boolean | 'auto' | undefined
  /** Whether it is out of reach for the scripts of a page. @default true */
  readonly httpOnly?: boolean | undefined
  /** How long the client keeps it, from when it was first set; at most 400 days (RFC 6265bis). @default until the browser is closed */
  readonly maxAgeMs?: Milliseconds | undefined
}

/** All but the fallback, whose type of endpoint is nobody's business here. */
type StickyAttributes = Omit<StickyCookieOptions, 'fallback'>

const MOST_AGE_MS = 400 * 86_400_000

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkStickyOptions(options: StickyAttributes): void {
  checkOptions('stickyCookie', options, {
    name: matching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a cookie name (RFC 6265 §4.1.1)'),
    secret: check.anything,
    fallback: (value) => (typeof (value as Balancer)?.pick === 'function' ? undefined : 'a balancer, as roundRobin()'),
    path: matching(/^\/[!-:<-~]*$/, "a path without blanks and ';'"),
    domain: (value) =>
      typeof value === 'string' && parseAuthority(value)?.host === value.toLowerCase() ? undefined : 'a host name',
    sameSite: check.oneOf('strict', 'lax', 'none'),
    secure: check.either(check.boolean, check.oneOf('auto')),
    httpOnly: check.boolean,
    maxAgeMs: check.whole(1_000, MOST_AGE_MS),
  })
  const { name, secret, secure, sameSite, path, domain } = options
  if (name === undefined) throw optionError('stickyCookie', 'name', name, 'a cookie name')
  // Not shown: a secret that is too short is one all the same.
  if (
    secret !== undefined &&
    !isSecret(secret) &&
    !(Array.isArray(secret) && secret.length > 0 && secret.every(isSecret))
  )
    throw optionError('stickyCookie', 'secret', '***', 'at least 16 characters, or a list of such')
  if (secure === false && (isSecureOnly(name) || sameSite === 'none'))
    throw optionError('stickyCookie', 'secure', secure, `true or 'auto', with this name and sameSite`)
  if (!isHostOnly(name)) return
  if (path !== undefined && path !== '/') throw optionError('stickyCookie', 'path', path, "'/' with a __Host- name")
  if (domain !== undefined) throw optionError('stickyCookie', 'domain', domain, 'none with a __Host- name')
}

function isSecret(value: unknown): boolean {
  return typeof value === 'string' && value.length >= 16
}

function matching(pattern: RegExp, allowed: string): Check {
  return (value) => (typeof value === 'string' && pattern.test(value) ? undefined : allowed)
}

/** Browsers compare prefixes whatever their case (RFC 6265bis §4.1.3). */
function isSecureOnly(name: string): boolean {
  return /^__(?:secure|host)-/i.test(name)
}

function isHostOnly(name: string): boolean {
  return /^__host-/i.test(name)
}

/** The attributes of the cookie, as they follow its value, for a client by http and one by https. */
export function cookieAttributes(options: StickyAttributes): {
  readonly http: string
  readonly https: string
} {
  const { name, path = '/', domain, sameSite = 'lax', secure = 'auto', httpOnly = true, maxAgeMs } = options
  const always = secure === true || isSecureOnly(name) || sameSite === 'none'
  const common = [
    `; Path=${path}`,
    domain === undefined ? '' : `; Domain=${domain}`,
    maxAgeMs === undefined ? '' : `; Max-Age=${Math.floor(maxAgeMs / 1000)}`,
    httpOnly ? '; HttpOnly' : '',
    `; SameSite=${sameSite[0]!.toUpperCase()}${sameSite.slice(1)}`,
  ].join('')
  const secured = `${common}; Secure`
  return { http: always ? secured : common, https: secure === false ? common : secured }
}
