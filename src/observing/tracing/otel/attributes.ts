import type { Exchange } from '../../../exchange.js'
import type { Endpoint } from '../../../upstream/endpoint.js'
import { KNOWN_METHODS } from '../../methods.js'
import { plain } from '../../plain.js'
import type { TracingOptions } from '../tracing-options.js'
import type { Attributes } from './api.js'

/** Longest text of a client's that becomes an attribute. */
const LONGEST = 1_024

/** What spans tell of a query; it begins with its `?`, or is empty. */
export type ShowQuery = (query: string) => string

export const QUERY: Readonly<Record<NonNullable<TracingOptions['urlQuery']>, ShowQuery>> = {
  redact: (query) => (query === '' ? '' : redact(plain(query, LONGEST))),
  keep: (query) => plain(query, LONGEST),
  omit: () => '',
}

/** Parameters without their values; one without `=` may be a secret as a whole. */
function redact(query: string): string {
  let shown = '?'
  for (let start = 1; start <= query.length; ) {
    const and = query.indexOf('&', start)
    const end = and === -1 ? query.length : and
    const value = query.indexOf('=', start) + 1
    if (value > 0 && value <= end) shown += `${query.slice(start, value)}REDACTED`
    else if (start < end) shown += 'REDACTED'
    if (and !== -1) shown += '&'
    start = end + 1
  }
  return shown
}

/** The method as it is counted: `_OTHER` for what nobody has specified. */
function methodOf(method: string): string {
  return KNOWN_METHODS.has(method) ? method : '_OTHER'
}

/** A span's name: `GET /users/:id`. */
export function spanName(method: string, route: string | null): string {
  const known = KNOWN_METHODS.has(method) ? method : 'HTTP'
  return route === null ? known : `${known} ${route}`
}

/** The route's pattern as clients see it: behind the mount point. */
export function routeOf({ route, base }: Exchange): string | null {
  return route === null || base === '/' ? route : base + route
}

/**
 * What is known of a request when it comes: samplers may decide by it.
 * Names: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
 */
export function requestAttributes(exchange: Exchange, route: string | null, show: ShowQuery): Attributes {
  const { method, target, base, client, headers } = exchange
  const agent = headers['user-agent']
  const query = show(target.query)
  return {
    'http.request.method': methodOf(method),
    'url.path': base === '/' ? target.path : base + target.path,
    'url.scheme': client.protocol,
    'http.route': route ?? undefined,
    'client.address': client.address || undefined,
    'server.address': client.host ?? undefined,
    'server.port': client.host === null ? undefined : client.port,
    'user_agent.original': typeof agent === 'string' ? plain(agent, LONGEST) : undefined,
    'url.query': query.length > 1 ? query.slice(1) : undefined,
  }
}

/** The rest, which nobody samples by. */
export function moreAttributes({ method, httpVersion, client }: Exchange): Attributes {
  const attributes: Attributes = { 'network.protocol.version': httpVersion === '2.0' ? '2' : httpVersion }
  if (client.peer !== '') attributes['network.peer.address'] = client.peer
  if (!KNOWN_METHODS.has(method)) attributes['http.request.method_original'] = plain(method, LONGEST)
  return attributes
}

/** Of a request to an endpoint: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span */
export function attemptAttributes(
  { method, wire }: Exchange,
  pool: string,
  endpoint: Endpoint,
  show: ShowQuery,
): Attributes {
  const attributes: Attributes = {
    'http.request.method': methodOf(method),
    'edgewise.pool': pool,
    'edgewise.endpoint': endpoint.name,
  }
  if (endpoint.protocol === 'local') return attributes
  const scheme = endpoint.protocol === 'https' ? 'https' : 'http'
  attributes['url.full'] = `${scheme}://${endpoint.host}${endpoint.pathPrefix}${wire.path}${show(wire.query)}`
  attributes['server.address'] = endpoint.socketPath ?? endpoint.hostname
  if (endpoint.socketPath === null) attributes['server.port'] = endpoint.port
  return attributes
}
