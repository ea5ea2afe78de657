import { parseAuthority } from '../http/authority.js'
import { parseTarget } from '../http/target.js'
import { check, checkOptions, optionError } from '../options.js'
import type { EndpointOptions, Protocol } from './endpoint.js'

/** Where an endpoint is, as its options say. */
export interface Address {
  readonly name: string
  readonly protocol: Protocol
  readonly hostname: string
  readonly port: number
  readonly host: string
  /** Name that TLS asks for and verifies. */
  readonly tlsName: string
  readonly socketPath: string | null
  readonly pathPrefix: string
}

const PROTOCOLS: ReadonlyMap<string, 'http' | 'https' | 'tcp'> = new Map([
  ['http:', 'http'],
  ['https:', 'https'],
  ['tcp:', 'tcp'],
])

/** The option table of one endpoint. */
export function checkEndpoint(input: string | URL | EndpointOptions, factory: string): EndpointOptions {
  const options = typeof input === 'string' || input instanceof URL ? { url: input } : input
  checkOptions(factory, options, {
    url: (value) => (typeof value === 'string' || value instanceof URL ? undefined : 'a URL'),
    handler: check.function,
    name: check.string,
    weight: check.whole(0, 65_535),
    priority: check.whole(0, 1000),
    zone: check.string,
    maxConnections: check.whole(1, 1_000_000),
    maxTunnels: check.whole(0, 1_000_000),
    host: (value) =>
      typeof value === 'string' && parseAuthority(value) !== null ? undefined : 'a host name, with or without port',
  })
  if ((options.url === undefined) === (options.handler === undefined))
    throw optionError(factory, 'endpoints', input, 'either a url or a handler')
  return options
}

/**
 * Reads where an endpoint is.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` for a URL that says more than a place.
 */
export function readAddress(options: EndpointOptions, factory: string): Address {
  const { host } = options
  const address = options.url === undefined ? inProcess(options) : readUrl(options.url, factory)
  return host === undefined ? address : { ...address, host, tlsName: parseAuthority(host)!.host }
}

function inProcess({ handler }: EndpointOptions): Address {
  return { ...HERE, name: handler?.name || 'local', protocol: 'local' }
}

const HERE = {
  hostname: 'localhost',
  port: 0,
  host: 'localhost',
  tlsName: 'localhost',
  socketPath: null,
  pathPrefix: '',
}

function readUrl(given: string | URL, factory: string): Address {
  const text = String(given)
  const refuse = (allowed: string): never => {
    throw optionError(factory, 'endpoints', text.replace(/\/\/[^@/]*@/, '//***@'), allowed)
  }
  if (text.startsWith('unix:')) {
    const [socketPath = '', prefix = ''] = text.slice('unix:'.length).split(':')
    if (!socketPath.startsWith('/')) refuse('an absolute path, as unix:/run/app.sock or unix:/run/app.sock:/prefix')
    return { ...HERE, name: text, protocol: 'unix', socketPath, pathPrefix: readPrefix(prefix, refuse) }
  }
  if (!URL.canParse(text)) refuse('a URL like http://10.0.0.1:3000')
  const url = new URL(text)
  const protocol = PROTOCOLS.get(url.protocol) ?? refuse('http:, https:, unix: or tcp:')
  if (url.username !== '' || url.password !== '') refuse('a URL without user information')
  if (url.search !== '' || url.hash !== '' || text.includes('?') || text.includes('#'))
    refuse('a URL without query or fragment')
  if (url.port === '0') refuse('a port from 1 to 65535')
  if (protocol === 'tcp' && (url.port === '' || url.hostname === '' || !/^\/?$/.test(url.pathname)))
    refuse('a host and a port, as tcp://10.0.0.1:5432')
  const hostname = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  const pathPrefix = readPrefix(url.pathname, refuse)
  return {
    name: `${protocol}://${url.host}${pathPrefix}`,
    protocol,
    hostname,
    port: url.port === '' ? (protocol === 'https' ? 443 : 80) : Number(url.port),
    host: url.host,
    tlsName: hostname,
    socketPath: null,
    pathPrefix,
  }
}

function readPrefix(path: string, refuse: (allowed: string) => never): string {
  const trimmed = path.replace(/\/+$/, '')
  if (trimmed === '') return ''
  const target = parseTarget(trimmed, 'GET', null)
  return 'error' in target ? refuse('a plain path as prefix') : target.path
}
