import { randomBytes } from 'node:crypto'
import { type Body, emptyBody } from '../../body.js'
import { EdgeError } from '../../errors.js'
import type { Exchange, UpgradeRequest } from '../../exchange.js'
import type { Chain } from '../../filter.js'
import { expectPrincipal } from '../../filters/auth/principal.js'
import { readHost } from '../../http/authority.js'
import { type ClientInfo, readClient } from '../../http/client-info.js'
import type { MutableHeaderMap } from '../../http/header-map.js'
import { readHttp2Fields } from '../../http/pseudo-fields.js'
import { type RequestFields, readRequestFields } from '../../http/request-fields.js'
import { belowBase, isUnder, parseTarget, type Target, type TargetPolicy } from '../../http/target.js'
import type { Trust } from '../../http/trust.js'
import { ExchangeOrigin, NodeExchange } from '../../node-exchange.js'
import type { Misfits } from '../../routing/misfits.js'
import type { Question as RouteQuestion } from '../../routing/route-table.js'
import { type Phased, phaseOfGateway } from '../vitals/gateway-phase.js'
import { bodyOfLength, type Question } from './question.js'

/** What of a gateway an explanation goes by: the parts that real requests meet, too. */
export interface Explained {
  readonly trust: Trust
  readonly trusted: boolean
  readonly policy: TargetPolicy
  readonly dropUnderscored: boolean
  readonly draining: boolean
  /** `null` for a handler without one. */
  readonly gateway: Phased | null
  find(question: RouteQuestion): ExplainedDestination | { readonly allow: ReadonlySet<string> }
  misfits(question: RouteQuestion, limit: number): Misfits
}

export interface ExplainedDestination {
  readonly route: string
  readonly chain: Chain
  /** Whether it is asked in every phase of the gateway. */
  readonly vital: boolean
  captures(path: string): Readonly<Record<string, string>>
  admit(exchange: Exchange): Exchange
}

/** How far a request comes before the first filter. What it did not come to is `null`. */
export interface Admission {
  readonly target: Target | null
  readonly fields: RequestFields | null
  readonly client: ClientInfo | null
  readonly misfits: Misfits | null
  readonly destination: ExplainedDestination | null
  readonly exchange: Exchange | null
  /** Why it goes no further; `null` for a request that reaches its route. */
  readonly end: Refusal | null
}

export interface Refusal {
  readonly fate: 'refused' | 'unmatched' | 'answered'
  readonly status: number
  readonly why: string
}

const NOT_YET: Admission = {
  target: null,
  fields: null,
  client: null,
  misfits: null,
  destination: null,
  exchange: null,
  end: null,
}

/** Reads a request in the order in which adapters do: target, fields, client, route. */
export function admit(question: Question, base: string, by: Explained, maxRoutes: number): Admission {
  const so: { -readonly [K in keyof Admission]: Admission[K] } = { ...NOT_YET }
  try {
    so.end = walk(question, base, by, maxRoutes, so)
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error
    so.end = { fate: 'refused', status: error.status, why: error.message }
  }
  return so
}

function walk(
  question: Question,
  base: string,
  by: Explained,
  maxRoutes: number,
  so: { -readonly [K in keyof Admission]: Admission[K] },
): Refusal | null {
  const { url, httpVersion, encrypted, certificate, peer, rawHeaders } = question
  const isHttp2 = httpVersion === '2.0'
  // A handshake over HTTP/2 (RFC 8441) is routed and guarded as HTTP/1.1's.
  const method = isHttp2 && question.method === 'CONNECT' ? 'GET' : question.method
  const parsed = parseTarget(url, method, url.startsWith('/') ? null : hostIn(rawHeaders), by.policy)
  if ('error' in parsed) {
    const { error, prefix } = parsed
    return { fate: isUnder(prefix, base) ? 'refused' : 'unmatched', status: error.status, why: error.message }
  }
  if (parsed.path === '*') return { fate: 'answered', status: 204, why: 'OPTIONS * is answered by the adapter' }
  const target = belowBase(parsed, base)
  if (target === undefined) return { fate: 'unmatched', status: 404, why: `not below the base ${base}` }
  so.target = target
  const trusted = by.trusted && by.trust(peer)
  const fields = fieldsOf(question, trusted, by.dropUnderscored)
  so.fields = fields
  const { headers } = fields
  const named = readHost(headers['host'] as string | undefined, httpVersion)
  const client = readClient(peer, encrypted, named, headers, by.trust, trusted, certificate)
  so.client = client
  const asked = { method, path: target.path, query: target.query, host: client.host, headers }
  const found = by.find(asked)
  so.misfits = by.misfits(asked, maxRoutes)
  if ('allow' in found) {
    if (found.allow.size === 0) return { fate: 'unmatched', status: 404, why: 'no route matches' }
    const allow = [...found.allow].sort().join(', ')
    return { fate: 'unmatched', status: 405, why: `no route for ${method}; the path has ${allow}` }
  }
  so.destination = found
  if (by.draining && !found.vital) return { fate: 'refused', status: 503, why: 'the gateway is closing' }
  const origin = new ExchangeOrigin(question.raw, client, base, upgradeOf(fields, question), performance.now())
  origin.requestTarget = url
  origin.route = found.route
  origin.captures = found.captures
  const body = origin.upgrade === null ? bodyOf(question, fields) : emptyBody
  so.exchange = found.admit(new NodeExchange(origin, method, target, target, headers, body))
  if (found.vital && by.gateway !== null) so.exchange.set(phaseOfGateway, by.gateway)
  expectPrincipal(so.exchange)
  return null
}

function hostIn(raw: readonly string[]): string | null {
  const at = raw.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  return at === -1 ? null : raw[at + 1]!
}

function fieldsOf({ rawHeaders, httpVersion }: Question, trusted: boolean, dropUnderscored: boolean): RequestFields {
  // HTTP/2 as data comes without pseudo-fields.
  if (rawHeaders[0]?.startsWith(':') !== true)
    return readRequestFields(rawHeaders, httpVersion === '2.0' ? '1.1' : httpVersion, trusted, dropUnderscored)
  const fields = readHttp2Fields(rawHeaders, trusted, dropUnderscored)
  if (fields.upgrade !== null)
    (fields.headers as MutableHeaderMap)['sec-websocket-key'] = randomBytes(16).toString('base64')
  return fields
}

/** Node tells of an upgrade that Connection nominates. */
function upgradeOf({ upgrade }: RequestFields, { raw }: Question): UpgradeRequest | null {
  if (upgrade === null) return null
  return { protocol: upgrade.toLowerCase(), socket: raw.socket, head: new Uint8Array() }
}

/** HTTP/2 says by its stream, not by its fields, whether there is a body at all. */
function bodyOf({ body, raw }: Question, { length }: RequestFields): Body {
  const ended = 'stream' in raw && raw.stream?.endAfterHeaders === true
  return body ?? bodyOfLength(ended ? 0 : length)
}
