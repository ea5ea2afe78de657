import { check, optionError } from '../options.js'
import { FACTORY } from './factory.js'

/** A place to send requests to. */
export type ProxyTarget = string | URL | ProxyTargetParts

/** A target in parts, as Node's `url.parse` made them. */
export interface ProxyTargetParts {
  /** As `https:`. @default 'http:' */
  readonly protocol?: string | undefined
  /** A name or an address, perhaps with a port. @default none */
  readonly host?: string | undefined
  /** The same without a port, and before it. @default 'localhost' */
  readonly hostname?: string | undefined
  /** Where it has no port itself. @default the protocol's */
  readonly port?: number | string | undefined
  /** A path in front of that of requests. @default '/' */
  readonly pathname?: string | undefined
  /** A Unix socket, in place of host and port. @default none */
  readonly socketPath?: string | undefined
}

/** A target as endpoints are named, and what is sent there in place of a request's path, if anything. */
export interface Place {
  readonly endpoint: string
  readonly protocol: 'http' | 'https'
  /** Host field for `changeOrigin`. */
  readonly host: string
  /** In front of every path. */
  readonly prefix: string
  readonly fixed: string | null
}

/** What becomes of the target's own path. */
export interface PathUse {
  readonly prependPath?: boolean | undefined
  readonly ignorePath?: boolean | undefined
}

/**
 * Reads a target.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function readTarget(target: ProxyTarget, { prependPath = true, ignorePath = false }: PathUse): Place {
  const url = urlOf(target)
  if (url === null)
    throw optionError(FACTORY, 'target', target, 'a URL, as http://www.example.org/api; or its protocol, host and port')
  const { origin, host } = url
  const protocol = origin.startsWith('https:') ? 'https' : 'http'
  const path = url.pathname.replace(/\/+$/, '')
  if (ignorePath) return { endpoint: origin, protocol, host, prefix: '', fixed: url.pathname + url.search }
  if (url.search !== '')
    throw optionError(FACTORY, 'target', String(target), 'a URL without a query; or ignorePath: true')
  const prefix = prependPath ? path : ''
  return {
    endpoint: origin + (origin.startsWith('unix:') && prefix !== '' ? ':' : '') + prefix,
    protocol,
    host,
    prefix,
    fixed: null,
  }
}

type Read = Pick<URL, 'origin' | 'host' | 'pathname' | 'search'>

function urlOf(target: ProxyTarget): Read | null {
  if (typeof target === 'string' || target instanceof URL) return parsed(String(target))
  if (check.object(target) !== undefined) return null
  const { protocol = 'http:', host, hostname, port, pathname = '/', socketPath } = target
  if (socketPath !== undefined) return { origin: `unix:${socketPath}`, host: 'localhost', pathname, search: '' }
  const name = hostname ?? host ?? 'localhost'
  // `host` of url.parse has the port already; an IPv6 address needs its brackets.
  const authority = /:\d+$|^\[/.test(name) || !name.includes(':') ? name : `[${name}]`
  const numbered =
    port === undefined || port === '' || /[^:]:\d+$|\]:\d+$/.test(authority) ? authority : `${authority}:${port}`
  return parsed(`${protocol.replace(/:?$/, ':')}//${numbered}${pathname.startsWith('/') ? '' : '/'}${pathname}`)
}

/** `ws:` and `wss:` are what `http:` and `https:` are. */
function parsed(text: string): Read | null {
  const http = text.replace(/^ws(?=s?:)/i, 'http')
  if (!/^https?:\/\//i.test(http) || !URL.canParse(http)) return null
  const { origin, host, pathname, search, username, hash } = new URL(http)
  return username === '' && hash === '' ? { origin, host, pathname, search } : null
}
