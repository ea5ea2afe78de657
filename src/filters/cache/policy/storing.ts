import { listMembers } from '../../../http/field-list.js'
import { emptyHeaders, fieldValue, type HeaderMap } from '../../../http/header-map.js'
import { formatDate, parseDate } from './dates.js'
import { isHeuristic, lifetimeOf, type Presumptions, statedLifetime } from './freshness.js'
import { varyNames } from './selecting.js'
import type { Governing } from './targeted.js'

/** What a cache's options say of storing. */
export interface StoringRules extends Presumptions {
  readonly setCookie: 'refuse' | 'strip' | 'store'
}

/** Why a response is not stored; shown as `detail` in Cache-Status. */
export type Refusal =
  | 'status'
  | 'no-store'
  | 'not-understood'
  | 'private'
  | 'authorization'
  | 'vary'
  | 'set-cookie'
  | 'no-lifetime'

/** A response, for the decision whether to store it. */
export interface Storable {
  readonly status: number
  readonly headers: HeaderMap
  readonly said: Governing
  readonly receivedAt: number
}

/** Statuses whose caching is defined and done here: what `must-understand` asks for (RFC 9111 §5.2.2.3). */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  200, 203, 204, 206, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410, 414, 500, 501, 502, 503, 504,
])

/** Never stored: what ends at this hop (RFC 9111 §3.1), and Age, which is reckoned anew each time. */
const DROPPED: ReadonlySet<string> = new Set(
  'age connection keep-alive proxy-connection proxy-authenticate proxy-authentication-info proxy-authorization te trailer transfer-encoding upgrade'.split(
    ' ',
  ),
)

/**
 * Why a response may not be stored (RFC 9111 §3), or `null` if it may.
 *
 * @param asked The fields of the request.
 * @param credentials Whether it came with credentials, which an authenticator may have taken away since.
 */
export function whyNotStored(
  asked: HeaderMap,
  response: Storable,
  rules: StoringRules,
  credentials: boolean = asked['authorization'] !== undefined,
): Refusal | null {
  const { status, headers, said, receivedAt } = response
  if (status < 200 || status === 304) return 'status'
  const understood = UNDERSTOOD.has(status)
  if (said.mustUnderstand && !understood) return 'not-understood'
  if (said.noStore && !said.mustUnderstand) return 'no-store'
  if (said.private) return 'private'
  if (credentials && !said.public && !said.mustRevalidate && said.sMaxAge === undefined) return 'authorization'
  const vary = varyNames(headers)
  if (vary === null || vary.some((name) => isPersonal(name) && asked[name] !== undefined)) return 'vary'
  if (headers['set-cookie'] !== undefined && rules.setCookie === 'refuse' && !said.withheld.includes('set-cookie'))
    return 'set-cookie'
  const stated = statedLifetime(headers, said, receivedAt) ?? rules.lifetimesMs[status]
  if (stated === undefined && !isHeuristic(status, said)) return 'no-lifetime'
  return hasValidator(headers) || lifetimeOf(status, headers, said, receivedAt, rules) > 0 ? null : 'no-lifetime'
}

/** A variant by one of these is one person's, unless it is that of all who send none (H-175). */
function isPersonal(name: string): boolean {
  return name === 'cookie' || name === 'authorization'
}

export function hasValidator(headers: HeaderMap): boolean {
  return headers['etag'] !== undefined || headers['last-modified'] !== undefined
}

/** The fields of a response as they are stored: end-to-end ones (H-187), dated, less what is for one client only. */
export function storedHeaders({ headers, said, receivedAt }: Storable, rules: StoringRules): HeaderMap {
  const nominated = listMembers((fieldValue(headers, 'connection') ?? '').toLowerCase())
  const kept = emptyHeaders()
  for (const name in headers) {
    if (DROPPED.has(name) || said.withheld.includes(name) || nominated.includes(name)) continue
    if (name !== 'set-cookie' || rules.setCookie === 'store') kept[name] = headers[name]
  }
  const date = fieldValue(headers, 'date')
  // RFC 9110 §6.6.1: who stores a response without a Date gives it one.
  if (date === undefined || parseDate(date, receivedAt) === null) kept['date'] = formatDate(receivedAt)
  return kept
}
