import { isIP, type LookupFunction } from 'node:net'
import type { Handler } from '../filter.js'
import { TunnelBook } from '../tunnels.js'
import { readAddress } from './address.js'
import type { ConcurrencyLimit } from './concurrency-limit.js'
import { LatencyDigest } from './latency-digest.js'
import type { PoolLease } from './lease.js'
import type { Level } from './levels.js'

/** How to verify, and prove oneself to, an `https:` endpoint. Verification is on unless switched off by name. */
export interface UpstreamTls {
  /** Certificate authorities to trust instead of Node's. @default Node's */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined
  /** Our own certificate, for endpoints that ask for one, in PEM. @default none */
  readonly cert?: string | Buffer | undefined
  /** Its key, in PEM. @default none */
  readonly key?: string | Buffer | undefined
  /** Name to ask for and verify, where it differs from the endpoint's. The client's Host is never used (H-199). @default the endpoint's */
  readonly servername?: string | undefined
  /** Whether an endpoint with a bad certificate is refused. @default true */
  readonly rejectUnauthorized?: boolean | undefined
}

/** An endpoint as configured: a URL, or a handler in this process. */
export interface EndpointOptions {
  /** `http://10.0.0.1:3000/prefix`, `https://…`, `unix:/run/app.sock`, or `tcp://…` for layer 4. A path is a prefix. @default none */
  readonly url?: string | URL | undefined
  /** Answers instead of a network peer. @default none */
  readonly handler?: Handler | undefined
  /** Name in events, logs and {@link Pool} calls. @default the URL's origin and path */
  readonly name?: string | undefined
  /** Share of traffic relative to the others, 0 to 65535; 0 takes none. @default 1 */
  readonly weight?: number | undefined
  /** Tier: those of a higher number stand by until too few of the lower ones are well. @default 0 */
  readonly priority?: number | undefined
  /** Where it stands, as `eu-central-1a`; see the pool's `zone`. @default none */
  readonly zone?: string | undefined
  /** Requests in flight here; more wait in the pool's queue. @default the pool's */
  readonly maxConnections?: number | undefined
  /** Upgrades under way and WebSockets open here, of those requests; ordinary ones go on past it. @default the pool's */
  readonly maxTunnels?: number | undefined
  /** `name` or `name:port` for Host (`changeOrigin`) and TLS, where the URL has only an address. @default the URL's */
  readonly host?: string | undefined
}

/** How an endpoint is spoken to; `tcp` is for layer 4 only. */
export type Protocol = 'http' | 'https' | 'unix' | 'tcp' | 'local'

/** What a pool's endpoints have in common towards the network. */
export interface ConnectOptions {
  readonly tls: UpstreamTls
  /** Resolves names, as `dns.lookup` does. */
  readonly lookup: LookupFunction | undefined
}

/** What an endpoint takes whose options do not say. */
export interface EndpointLimits {
  readonly maxConnections: number
  readonly maxTunnels: number
}

/** How an endpoint is: what the operator wants of it, else what health says, else how warm it is. */
export type EndpointState = 'up' | 'warming' | 'trial' | 'ejected' | 'down' | 'drain' | 'maintenance'

/** Something that lives as long as an endpoint does, as its idle connections. */
export interface Owned {
  close(): Promise<void>
}

/** One address of a pool, with the counters that balancers read. Changed through its pool only. */
export class Endpoint {
  readonly name: string
  readonly protocol: Protocol
  readonly hostname: string
  readonly port: number
  /** Host field of an upstream that wants its own name (`changeOrigin`). */
  readonly host: string
  /** Name to ask for and verify in TLS; empty for an address, which has none (RFC 6066 §3). */
  readonly servername: string
  readonly socketPath: string | null
  /** Put in front of every path sent here; empty or `/like/this`. */
  readonly pathPrefix: string
  /** Answers in this process; `null` for an address. */
  readonly handler: Handler | null
  /** How connections to it are made. */
  readonly connect: ConnectOptions
  priority: number
  zone: string | null
  weight: number
  /** The weight that its options named, whatever has been set since. */
  configuredWeight: number
  maxConnections: number
  maxTunnels: number
  /** Below 1 while it starts slowly. */
  warmth = 1
  /** Requests under way. */
  inFlight = 0
  /** Of these, how many are upgrades: handshakes, and tunnels that are open. */
  upgrades = 0
  /** Its tunnels: those that are open, and what came of the others. */
  readonly tunnels: TunnelBook = new TunnelBook()
  /** Attempts given out so far. */
  attempts = 0
  /** Attempts that ended badly through its fault. */
  failures = 0
  /** Body bytes that its attempts carried so far: `in` from it; `out` to it. */
  readonly bytes: { in: number; out: number } = { in: 0, out: 0 }
  /** Whether health checks find it well. */
  healthy = true
  /** Whether failures of real traffic keep it out for a while. */
  ejected = false
  /** Whether it is back from an ejection on trial: one attempt at a time, until one tells. */
  onTrial = false
  /** What the operator wants of it. */
  mode: 'ready' | 'drain' | 'maintenance' = 'ready'
  /** Whether it takes traffic whatever its health, since too few of its pool are well. */
  panicked = false
  /** May take new traffic: ready, and healthy and not ejected, or panicked. */
  available = true
  /** At most so many in flight: the least of `maxConnections`, the concurrency limit, and what slow start lets through. */
  limit: number
  /** Learns how much it can take; `null` without such a limit. */
  concurrency: ConcurrencyLimit | null = null
  /** Why it last changed its state, and when in milliseconds since 1970. */
  why = 'configured'
  since: number = Date.now()
  /** @internal The level of its pool; `null` once it has left. */
  level: Level | null = null
  /** @internal Newest of its leases that are out. */
  newest: PoolLease | null = null
  /** @internal Leases lent on trial that no reply has come for. */
  trials = 0
  /** @internal Whether it must start slowly when it is well again. */
  cold = false
  /** @internal The state that `why` and `since` speak of. */
  noted: EndpointState = 'up'
  /** @internal Whether the last that was said of it is that it is up. */
  saidUp = true
  readonly #owned = new Map<string, Owned>()
  #latency: LatencyDigest | null = null

  constructor(options: EndpointOptions, connect: ConnectOptions, factory: string, limits: EndpointLimits) {
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
    this.configuredWeight = this.weight
    this.maxConnections = options.maxConnections ?? limits.maxConnections
    this.maxTunnels = options.maxTunnels ?? limits.maxTunnels
    this.limit = this.maxConnections
    this.priority = options.priority ?? 0
    this.zone = options.zone ?? null
    this.connect = connect
    this.servername = connect.tls.servername ?? (isIP(address.tlsName) === 0 ? address.tlsName : '')
  }

  /** The thing of that kind that belongs to this endpoint, made at first use and closed with it. */
  own<T extends Owned>(kind: string, make: (endpoint: Endpoint) => T): T {
    let owned = this.#owned.get(kind) as T | undefined
    if (owned === undefined) {
      owned = make(this)
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

  /** Times to first byte of its replies; made at first use, since many endpoints only stand by. */
  get latency(): LatencyDigest {
    this.#latency ??= new LatencyDigest()
    return this.#latency
  }

  /** Whether it has as many requests as it may have; on trial that is one that has not been answered. */
  get full(): boolean {
    return this.inFlight >= this.limit || (this.onTrial && this.trials > 0)
  }

  /** Whether it has as many upgrades as it may have. */
  get fullOfTunnels(): boolean {
    return this.upgrades >= this.maxTunnels
  }

  /** Whether health has nothing against it. */
  get well(): boolean {
    return this.healthy && !this.ejected
  }

  get state(): EndpointState {
    if (this.mode !== 'ready') return this.mode
    if (!this.healthy) return 'down'
    if (this.ejected) return 'ejected'
    if (this.onTrial) return 'trial'
    return this.warmth < 1 ? 'warming' : 'up'
  }

  /** Works out `available` after one of its parts has changed. */
  refresh(): boolean {
    const before = this.available
    this.available = this.mode === 'ready' && (this.well || this.panicked)
    return before !== this.available
  }

  /** Works out `limit` after one of its parts has changed. */
  refreshLimit(): void {
    const most = this.concurrency === null ? this.maxConnections : Math.min(this.maxConnections, this.concurrency.limit)
    this.limit = Math.max(1, Math.floor(most * this.warmth))
  }

  /** Whether the other is the same place, spoken to in the same way. */
  isAt(other: Endpoint): boolean {
    return (
      this.protocol === other.protocol &&
      this.hostname === other.hostname &&
      this.port === other.port &&
      this.socketPath === other.socketPath &&
      this.pathPrefix === other.pathPrefix &&
      this.host === other.host &&
      this.servername === other.servername &&
      this.handler === other.handler
    )
  }
}
