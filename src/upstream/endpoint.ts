import { isIP, type LookupFunction } from 'node:net'
import type { Handler } from '../filter.js'
import { parseTarget } from '../http/target.js'
import { check, checkOptions, optionError } from '../options.js'

/** How to verify, and prove oneself to, an `https:` endpoint. Verification is on unless switched off by name. */
export interface UpstreamTls {
  /** Certificate authorities to trust instead of Node's. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined
  readonly cert?: string | Buffer | undefined
  readonly key?: string | Buffer | undefined
  /** Name to ask for and verify, where it differs from the endpoint's. The client's Host is never used (H-199). */
  readonly servername?: string | undefined
  /** @default true */
  readonly rejectUnauthorized?: boolean | undefined
}

/** An endpoint as configured: an `http:`, `https:` or `unix:` URL, or a handler in this process. */
export interface EndpointOptions {
  /** `http://10.0.0.1:3000/prefix`, `https://…`, or `unix:/run/app.sock`. A path is a prefix. */
  readonly url?: string | URL | undefined
  /** Answers instead of a network peer. */
  readonly handler?: Handler | undefined
  /** Name in events, logs and {@link Pool} calls. @default the URL's origin and path */
  readonly name?: string | undefined
  /** Share of traffic relative to the others, 0 to 65535; 0 takes none. @default 1 */
  readonly weight?: number | undefined
}

/** What a pool's endpoints have in common towards the network. */
export interface ConnectOptions {
  readonly tls: UpstreamTls
  /** Resolves names, as `dns.lookup` does. */
  readonly lookup: LookupFunction | undefined
}

/** Something that lives as long as an endpoint does, as its idle connections. */
export interface Owned {
  close(): Promise<void>
}

/** One address of a pool, with the counters that balancers read. Changed through its pool only. */
export class Endpoint {
  readonly name: string
  readonly protocol: 'http' | 'https' | 'unix' | 'local'
  readonly hostname: string
  readonly port: number
  /** Host field of an upstream that wants its own name (`changeOrigin`). */
  readonly host: string
  /** Name to ask for and verify in TLS; empty for an address, which has none (RFC 6066 §3). */
  readonly servername: string
  readonly socketPath: string | null
  /** Put in front of every path sent here; empty or `/like/this`. */
  readonly pathPrefix: string
  readonly handler: Handler | null
  readonly connect: ConnectOptions
  weight: number
  inFlight = 0
  /** Attempts given out so far. */
  attempts = 0
  /** Whether health checks find it well. */
  healthy = true
  /** Whether failures of real traffic keep it out for a while. */
  ejected = false
  /** What the operator wants of it. */
  mode: 'ready' | 'drain' | 'maintenance' = 'ready'
  /** Healthy, not ejected, ready and configured: may take new traffic. */
  available = true
  readonly #owned = new Map<string, Owned>()

  constructor(options: EndpointOptions, connect: ConnectOptions, factory: string) {
    const address = readAddress(options, factory)
    this.protocol = address.protocol
    this.hostname = address.hostname
    this.port = address.port
    this.host = address.host
    this.socketPath = address.socketPath
    this.pathPrefix = address.pathPrefix
    this.handler = options.handler ?? null
    this.name = options.name ?? address.name
    this.weight = options.weight ?? 1
    this.connect = connect
    this.servername = connect.tls.servername ?? (isIP(this.hostname) === 0 ? this.hostname : '')
  }

  /** The thing of that kind that belongs to this endpoint, made at first use and closed with it. */
  own<T extends Owned>(kind: string, make: () => T): T {
    let owned = this.#owned.get(kind) as T | undefined
    if (owned === undefined) {
      owned = make()
      this.#owned.set(kind, owned)
    }
    return owned
  }

  /** Closes what belongs to it: idle connections at once, busy ones when they are done. */
  async release(): Promise<void> {
    const owned = [...this.#owned.values()]
    this.#owned.clear()
    await Promise.all(owned.map((each) => each.close()))
  }

  /** Works out `available` after one of its parts has changed. */
  refresh(): boolean {
    const before = this.available
    this.available = this.mode === 'ready' && this.healthy && !this.ejected
    return before !== this.available
  }
}

interface Address {
  name: string
  protocol: Endpoint['protocol']
  hostname: string
  port: number
  host: string
  socketPath: string | null
  pathPrefix: string
}

/** The option table of one endpoint. */
export function checkEndpoint(input: string | URL | EndpointOptions, factory: string): EndpointOptions {
  const options = typeof input === 'string' || input instanceof URL ? { url: input } : input
  checkOptions(factory, options, {
    url: (value) => (typeof value === 'string' || value instanceof URL ? undefined : 'a URL'),
    handler: check.function,
    name: check.string,
    weight: check.whole(0, 65_535),
  })
  if ((options.url === undefined) === (options.handler === undefined))
    throw optionError(factory, 'endpoints', input, 'either a url or a handler')
  return options
}

function readAddress(options: EndpointOptions, factory: string): Address {
  if (options.url === undefined) {
    const name = options.name ?? (options.handler?.name || 'local')
    return {
      name,
      protocol: 'local',
      hostname: 'localhost',
      port: 0,
      host: 'localhost',
      socketPath: null,
      pathPrefix: '',
    }
  }
  const text = String(options.url)
  const refuse = (allowed: string): never => {
    throw optionError(factory, 'endpoints', text.replace(/\/\/[^@/]*@/, '//***@'), allowed)
  }
  if (text.startsWith('unix:')) {
    const [socketPath = '', prefix = ''] = text.slice('unix:'.length).split(':')
    if (!socketPath.startsWith('/')) refuse('an absolute path, as unix:/run/app.sock or unix:/run/app.sock:/prefix')
    return {
      name: text,
      protocol: 'unix',
      hostname: 'localhost',
      port: 0,
      host: 'localhost',
      socketPath,
      pathPrefix: readPrefix(prefix, refuse),
    }
  }
  if (!URL.canParse(text)) refuse('a URL like http://10.0.0.1:3000')
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') refuse('http:, https: or unix:')
  if (url.username !== '' || url.password !== '') refuse('a URL without user information')
  if (url.search !== '' || url.hash !== '' || text.includes('?') || text.includes('#'))
    refuse('a URL without query or fragment')
  if (url.port === '0') refuse('a port from 1 to 65535')
  const protocol = url.protocol === 'https:' ? 'https' : 'http'
  const pathPrefix = readPrefix(url.pathname, refuse)
  return {
    name: url.origin + pathPrefix,
    protocol,
    hostname: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === '' ? (protocol === 'https' ? 443 : 80) : Number(url.port),
    host: url.host,
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
