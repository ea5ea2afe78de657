import type { Exchange } from '../../exchange.js'
import { FieldKind, field } from '../../http/fields.js'
import { fieldValue } from '../../http/header-map.js'
import { parseTarget } from '../../http/target.js'
import type { CacheKeyOptions } from './cache-options.js'

/** Where a request's reply is kept. */
export interface CacheKey {
  /** All that the upstream is shown and that may show in its reply. */
  readonly key: string
  /** The URL alone, in its canonical form, as invalidation and purges name it. */
  readonly url: string
  /** The request as it goes on: without the query parameters that don't count. */
  readonly exchange: Exchange
}

/** Other fields that change which method or path an upstream takes a request for; keyed replies would not cover that (H-172). */
const OVERRIDES = ['x-http-method-override', 'x-http-method', 'x-method-override']

/**
 * What frameworks answer differently by without always saying so in Vary; keyed where a request has one (H-172, CVE-2026-44572).
 */
const SWITCHES =
  'x-nextjs-data x-middleware-prefetch x-middleware-subrequest x-matched-path rsc next-router-prefetch next-router-segment-prefetch next-router-state-tree next-url x-inertia x-inertia-partial-data x-pjax hx-request turbo-frame'.split(
    ' ',
  )

/** Whether a request must pass by: a body that the key does not cover, another method in disguise, no host. */
export function isUnkeyable({ body, client, headers }: Exchange): boolean {
  return (
    (body.kind !== 'empty' && body.length !== 0) ||
    client.host === null ||
    OVERRIDES.some((name) => headers[name] !== undefined)
  )
}

/** Makes keys as the options say. */
export class Keys {
  readonly #headers: readonly string[]
  readonly #counts: ((name: string) => boolean) | null

  constructor({ includeQuery, excludeQuery, headers = [] }: CacheKeyOptions = {}) {
    this.#headers = [...new Set([...headers.map((name) => name.toLowerCase()), ...SWITCHES])]
    const listed = matcher(includeQuery ?? excludeQuery ?? [])
    this.#counts = includeQuery !== undefined ? listed : excludeQuery !== undefined ? (name) => !listed(name) : null
  }

  of(given: Exchange): CacheKey {
    const exchange = this.#counts === null ? given : this.#reduced(given, this.#counts)
    const { target, wire, base, client, headers } = exchange
    const query = this.#kept(target.query)
    const path = base === '/' ? target.path : base + target.path
    const host = hostOf(client.host!, client.port, client.protocol)
    const url = `${client.protocol}://${host}${path}${query}`
    let key = url
    if (wire !== target && wire.href !== target.path + query) key += `\n→ ${wire.href}`
    // Spelled otherwise than in the URL, a host may show so in a reply.
    if (client.authority !== host || headers['host'] !== host) key += `\n@ ${client.authority} ${headers['host']}`
    if (client.trusted) key += claims(exchange)
    for (const name of this.#headers) {
      const value = headers[name]
      if (value !== undefined) key += `\n${name}: ${fieldValue(headers, name)}`
    }
    return { key, url, exchange }
  }

  /** The canonical URL of one that a user or a reply names; `null` for what no request can have. */
  canonical(url: URL): string | null {
    const protocol = url.protocol.slice(0, -1) as 'http' | 'https'
    const target = parseTarget(url.pathname + url.search, 'GET', null, {
      encodedSlashes: 'keep',
      pathParameters: 'keep',
    })
    if ('error' in target) return null
    const port = url.port === '' ? (protocol === 'https' ? 443 : 80) : Number(url.port)
    const host = url.hostname.replace(/\.$/, '')
    return `${protocol}://${hostOf(host, port, protocol)}${target.path}${this.#kept(target.query)}`
  }

  /** What is not keyed is not shown to the upstream either. */
  #reduced(exchange: Exchange, counts: (name: string) => boolean): Exchange {
    const { wire } = exchange
    const query = reduce(wire.query, counts)
    return query === wire.query
      ? exchange
      : exchange.with({ wire: { path: wire.path, query, href: wire.path + query } })
  }

  #kept(query: string): string {
    return this.#counts === null ? query : reduce(query, this.#counts)
  }
}

/** Takes the parameters out of a query that don't count; order and spelling of the rest stay. */
function reduce(query: string, counts: (name: string) => boolean): string {
  if (query === '') return query
  const kept = query
    .slice(1)
    .split('&')
    .filter((pair) => counts(nameOf(pair)))
  return kept.length === 0 ? '' : `?${kept.join('&')}`
}

/** A parameter's name as an upstream will read it: encoded otherwise, it is still that parameter. */
function nameOf(pair: string): string {
  const [name = ''] = pair.split('=', 1)
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch {
    return name
  }
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('*')))
  const starts = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1))
  return (name) => exact.has(name) || starts.some((start) => name.startsWith(start))
}

function hostOf(host: string, port: number, protocol: 'http' | 'https'): string {
  return port === (protocol === 'https' ? 443 : 80) ? host : `${host}:${port}`
}

/** What a trusted proxy claims besides the client's address, and beyond what the URL says already. */
function claims({ headers, client }: Exchange): string {
  let text = ''
  for (const name in headers) {
    if (field(name).kind !== FieldKind.forwarding || ADDRESSES.has(name)) continue
    const value = fieldValue(headers, name)
    if (name === 'x-forwarded-proto' && value === client.protocol) continue
    if (name === 'x-forwarded-host' && value === client.authority) continue
    if (name === 'x-forwarded-port' && value === String(client.port)) continue
    text += `\n${name}: ${value}`
  }
  return text
}

const ADDRESSES: ReadonlySet<string> = new Set(
  'x-forwarded-for forwarded x-real-ip x-client-ip x-cluster-client-ip true-client-ip cf-connecting-ip cf-connecting-ipv6 cf-pseudo-ipv4 cf-ray cf-visitor x-forwarded-server'.split(
    ' ',
  ),
)
