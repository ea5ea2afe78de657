import { defineFilter, type Filter } from '../../filter.js'
import { ownCookies } from '../../forwarding/own-cookies.js'
import { parseAuthority } from '../../http/authority.js'
import { changeHeaders } from '../../http/header-map.js'
import { mapPath, type PathPair } from '../../http/reverse-reference.js'
import { type Attribute, formatSetCookie, parseSetCookie } from '../../http/set-cookie.js'
import { check, checkOptions, optionError } from '../../options.js'
import { readPath } from '../../routing/rewrite.js'
import { readPathPairs } from './path-pairs.js'

export interface RewriteCookiesOptions {
  /** Domain of all cookies that name one; or by the domain that is named, `*` for any other. `false` takes it away: the cookie is the host's alone. @default as it came */
  readonly domain?: string | false | Readonly<Record<string, string | false>> | undefined
  /** Path of all cookies that name one; or by prefix of what is named, on a segment boundary, as `{ '/': '/api' }`. @default as it came */
  readonly path?: string | Readonly<Record<string, string>> | undefined
  /** Whether all are `Secure`. @default as it came */
  readonly secure?: boolean | undefined
  /** Whether all are `HttpOnly`. @default as it came */
  readonly httpOnly?: boolean | undefined
  /** `SameSite` of all; `false` takes it away. @default as it came */
  readonly sameSite?: 'strict' | 'lax' | 'none' | false | undefined
  /** Whether all are `Partitioned`. @default as it came */
  readonly partitioned?: boolean | undefined
  /** Names of the cookies to rewrite. @default all */
  readonly names?: readonly string[] | undefined
}

/** What becomes of a cookie's attributes. */
type Change = (attributes: readonly Attribute[]) => readonly Attribute[]

/**
 * Rewrites the attributes of the cookies that a reply sets, as NGINX's `proxy_cookie_domain`, `_path` and `_flags`. Every cookie stays
 * a line of its own, every attribute of a name is rewritten, and none within a value (H-071).
 *
 * What a name promises is kept: `__Host-` cookies keep path and domain, and those and `__Secure-` ones their `Secure`, as browsers
 * drop them without.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also for what browsers refuse: `SameSite=None` or `Partitioned` without `Secure`.
 * @example
 * ```ts
 * const cookies = rewriteCookies({ domain: { 'app.internal': 'example.com' }, path: { '/': '/api' }, secure: true, sameSite: 'lax' })
 * ```
 */
export function rewriteCookies(options: RewriteCookiesOptions): Filter {
  checkOptions('rewriteCookies', options, {
    domain: (value) =>
      value === false
        ? undefined
        : check.either(check.string, check.object)(value) && "a domain, false, or { 'old': 'new' }",
    path: check.either(check.string, check.object),
    secure: check.boolean,
    httpOnly: check.boolean,
    sameSite: (value) => (value === false ? undefined : check.oneOf('strict', 'lax', 'none')(value)),
    partitioned: check.boolean,
    names: check.strings,
  })
  const { secure, sameSite, partitioned } = options
  if (secure === false && (sameSite === 'none' || partitioned === true))
    throw optionError(
      'rewriteCookies',
      'secure',
      secure,
      'true for SameSite=None and Partitioned, which browsers refuse without',
    )
  const names = options.names === undefined ? null : new Set(options.names)
  const places = [...domainChanges(options.domain), ...pathChanges(options.path)]
  const flags = [
    ...flagChanges('HttpOnly', options.httpOnly),
    ...sameSiteChanges(sameSite),
    ...flagChanges('Partitioned', partitioned),
  ]
  const safety = flagChanges('Secure', secure)
  const all = [...places, ...safety, ...flags]
  const rewrite = (line: string): string => {
    const cookie = parseSetCookie(line)
    if (names?.has(cookie.name) === false) return line
    const ofHost = /^__host-/i.test(cookie.name)
    const keepsSecure = secure === false && (ofHost || /^__secure-/i.test(cookie.name))
    const changes = ofHost || keepsSecure ? [...(ofHost ? [] : places), ...(keepsSecure ? [] : safety), ...flags] : all
    return formatSetCookie({ ...cookie, attributes: changes.reduce((made, change) => change(made), cookie.attributes) })
  }
  return defineFilter(
    {
      filterName: 'rewriteCookies',
      explain: () => ({
        verdict: 'depends',
        about: 'reply',
        why: `rewrites ${Object.keys(options).join(', ')} of the cookies that are set`,
      }),
    },
    async (exchange, next) => {
      const reply = await next(exchange)
      const lines = reply.headers['set-cookie']
      if (lines === undefined) return reply
      // A balancer's cookie is made as it is wished already, and a cache must know it again.
      const own = exchange.get(ownCookies)
      const written = [lines].flat().map((line) => (own?.includes(line) ? line : rewrite(line)))
      return { ...reply, headers: changeHeaders(reply.headers, { 'set-cookie': written }) }
    },
  )
}

function domainChanges(domain: RewriteCookiesOptions['domain']): Change[] {
  if (domain === undefined) return []
  const rules = typeof domain === 'object' ? domain : { '*': domain }
  const byName = new Map(
    Object.entries(rules).map(([from, to]) => [
      from === '*' ? from : readDomain(from),
      to === false || to === '' ? null : readDomain(to),
    ]),
  )
  return [
    replaced('domain', (value) => {
      // A leading dot means nothing (RFC 6265 §5.2.3).
      const name = value.replace(/^\./, '').toLowerCase()
      const to = byName.has(name) ? byName.get(name) : byName.get('*')
      return to === undefined ? value : to
    }),
  ]
}

function pathChanges(path: RewriteCookiesOptions['path']): Change[] {
  if (path === undefined) return []
  if (typeof path === 'string') {
    const fixed = readPath('rewriteCookies', 'path', path) || '/'
    return [replaced('path', () => fixed)]
  }
  const pairs: PathPair[] = readPathPairs('rewriteCookies', 'path', path)
  return [
    replaced('path', (value) => (value.startsWith('/') ? mapPath(value === '/' ? '' : value, pairs) || '/' : value)),
  ]
}

/** Replaces every attribute of a name; `null` takes it away. */
function replaced(name: string, change: (value: string) => string | null): Change {
  return (attributes) =>
    attributes.flatMap((attribute) => {
      if (attribute.name !== name || attribute.value === null) return [attribute]
      const value = change(attribute.value)
      return value === null ? [] : [{ ...attribute, value }]
    })
}

function flagChanges(label: string, wanted: boolean | undefined): Change[] {
  return wanted === undefined ? [] : [only(label, wanted ? null : undefined)]
}

function sameSiteChanges(wanted: RewriteCookiesOptions['sameSite']): Change[] {
  if (wanted === undefined) return []
  return [only('SameSite', wanted === false ? undefined : wanted[0]!.toUpperCase() + wanted.slice(1))]
}

/** Lets one attribute of a name be there, with this value; `undefined` for none at all. */
function only(label: string, value: string | null | undefined): Change {
  const name = label.toLowerCase()
  return (attributes) => {
    const others = attributes.filter((attribute) => attribute.name !== name)
    return value === undefined ? others : [...others, { label, name, value }]
  }
}

function readDomain(text: unknown): string {
  const authority = typeof text === 'string' ? parseAuthority(text.replace(/^\./, '')) : null
  if (authority === null || authority.port !== null)
    throw optionError('rewriteCookies', 'domain', text, 'host names, * for any, and false or empty for none')
  return authority.host
}
