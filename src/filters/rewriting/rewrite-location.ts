import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter } from '../../filter.js'
import { noteAnswers } from '../../forwarding/answered-by.js'
import { changeHeaders, type MutableHeaderMap } from '../../http/header-map.js'
import {
  originOf,
  type PathPair,
  type Reverse,
  reverseReference,
  type UpstreamName,
} from '../../http/reverse-reference.js'
import { check, checkOptions, optionError } from '../../options.js'
import type { Reply } from '../../reply.js'
import { readPath } from '../../routing/rewrite.js'
import type { Endpoint } from '../../upstream/endpoint.js'
import { readPathPairs } from './path-pairs.js'

export interface RewriteLocationOptions {
  /** More names by which the upstream calls itself, as `http://app.internal:8080` or `http://app.internal/prefix`; those of the endpoint that answered are known. @default none */
  readonly from?: readonly string[] | undefined
  /** Where a rewrite of the path has to be undone: paths as the upstream knows them, without the endpoint's prefix, and as clients do, without the base. @default none */
  readonly paths?: Readonly<Record<string, string>> | undefined
  /** What stands in place of the upstream's origin, as `https://www.example.com`. @default what the client asked for */
  readonly origin?: string | undefined
}

const SUBJECTS = ['location', 'content-location', 'refresh'] as const

/**
 * Turns the upstream's own URLs in Location, Content-Location and Refresh into those by which the client gets there, as NGINX's
 * `proxy_redirect` and Apache's `ProxyPassReverse` do, whatever the status. What leads elsewhere passes byte for byte (H-045).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const handler = compose(
 *   rewriteLocation({ paths: { '/people': '/users' } }),
 *   forward('http://10.0.0.1:3000/v2', { pathRewrite: { '^/users': '/people' } }),
 * )
 * ```
 */
export function rewriteLocation(options: RewriteLocationOptions = {}): Filter {
  checkOptions('rewriteLocation', options, { from: check.strings, paths: check.object, origin: check.string })
  const named = (options.from ?? []).map((url) => readName('from', url))
  const paths = readPathPairs('rewriteLocation', 'paths', options.paths ?? {})
  const origin = options.origin === undefined ? undefined : readOrigin(options.origin)
  return defineFilter(
    {
      filterName: 'rewriteLocation',
      explain: () => ({
        verdict: 'depends',
        about: 'reply',
        why: 'rewrites Location, Content-Location and Refresh of the upstream',
      }),
    },
    async (exchange, next) => {
      const answered = noteAnswers(exchange)
      const reply = await next(exchange)
      if (!SUBJECTS.some((name) => reply.headers[name] !== undefined)) return reply
      const names = [...named, ...answered.flatMap(namesOf)]
      return names.length === 0 ? reply : rewritten(reply, reverseOf(exchange, names, paths, origin))
    },
  )
}

function rewritten(reply: Reply, there: Reverse): Reply {
  const change: MutableHeaderMap = {}
  for (const name of SUBJECTS) {
    const value = reply.headers[name]
    if (typeof value === 'string') change[name] = (name === 'refresh' ? reverseRefresh : reverseReference)(value, there)
  }
  return { ...reply, headers: changeHeaders(reply.headers, change) }
}

/** `5; url=http://…`, also without `url=` and in quotes (WHATWG HTML, "shared declarative refresh steps"). */
function reverseRefresh(field: string, there: Reverse): string {
  const match = /^[\d.]*\s*[;,]\s*(?:url\s*=\s*)?/i.exec(field)
  if (match === null) return field
  const [head] = match
  const rest = field.slice(head.length)
  const quote = /^["']/.exec(rest)?.[0] ?? ''
  const end = quote === '' ? rest.length : rest.indexOf(quote, 1)
  if (end === -1) return field
  const url = rest.slice(quote.length, end)
  return head + quote + reverseReference(url, there) + rest.slice(end)
}

function reverseOf(
  { client, base }: Exchange,
  names: readonly UpstreamName[],
  paths: readonly PathPair[],
  fixed: string | undefined,
): Reverse {
  const { protocol, authority } = client
  return {
    names,
    protocol,
    authority,
    base,
    paths,
    origin: fixed ?? (authority === null ? '' : `${protocol}://${authority}`),
  }
}

/** By its address, and by the name that it is asked for (`changeOrigin`). */
function namesOf({ protocol, hostname, port, host, pathPrefix }: Endpoint): UpstreamName[] {
  const scheme = protocol === 'https' ? 'https' : 'http'
  const address = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
  const origins = new Set([originOf(scheme, host), originOf(scheme, address)])
  return [...origins].filter((origin) => origin !== null).map((origin) => ({ origin, prefix: pathPrefix }))
}

function readName(option: string, text: string): UpstreamName {
  const [, scheme = '', authority = '', path = ''] = /^(https?):\/\/([^/?#]+)([^?#]*)$/i.exec(text) ?? []
  const origin = originOf(scheme.toLowerCase(), authority)
  if (origin === null) throw optionError('rewriteLocation', option, text, 'URLs like http://app.internal:8080')
  return { origin, prefix: readPath('rewriteLocation', option, path || '/') }
}

function readOrigin(text: string): string {
  if (readName('origin', text).prefix !== '')
    throw optionError('rewriteLocation', 'origin', text, 'an origin like https://www.example.com, without a path')
  return text.replace(/\/$/, '')
}
