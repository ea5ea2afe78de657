import type { Socket } from 'node:net'
import type { buildConnector, Client } from 'undici'
import type { Endpoint, Owned } from '../../upstream/endpoint.js'
import { PhaseTimer } from '../phase-timer.js'

/** The package, loaded by whoever asks for this transport. */
export type Undici = typeof import('undici')

/** How long connections are kept. */
export interface KeepAliveOptions {
  /** Idle time after which a connection is closed; an upstream's `Keep-Alive: timeout`, less a second, wins (H-100). */
  readonly keepAliveMs: number
  /** Age past which a connection takes no further request, so that a changed name is resolved anew (H-099). */
  readonly maxAgeMs: number
}

/**
 * The connections to one endpoint: each is an undici `Client` that carries one request at a time; the one used last is used
 * next. Unlike undici's `Pool` it has no queue of its own, so that a request that is given up while it connects is given up
 * at once, and a take costs the same with 1,000 connections as with one.
 */
export class Connections implements Owned {
  readonly #lib: Undici
  readonly #endpoint: Endpoint
  readonly #options: KeepAliveOptions
  readonly #open: Connector
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()
  #closed = false

  constructor(lib: Undici, endpoint: Endpoint, options: KeepAliveOptions) {
    this.#lib = lib
    this.#endpoint = endpoint
    this.#options = options
    this.#open = connector(lib, endpoint)
  }

  /** @param now The time, which the caller has just read. */
  take(fresh: boolean, now: number): Connection {
    // One whose socket has just been destroyed (bytes behind a reply, a FIN) is told of later: not to be given a request.
    for (let idle = fresh ? undefined : this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.usable && idle.connectedAt > now - this.#options.maxAgeMs) return idle
      void idle.discard()
    }
    const connection = new Connection(this.#lib, this.#endpoint, this.#open, this.#options, this)
    this.#all.add(connection)
    return connection
  }

  /** @internal */
  idle(connection: Connection): void {
    if (this.#closed || !connection.usable) connection.discard()
    else this.#idle.push(connection)
  }

  /** @internal */
  gone(connection: Connection): void {
    this.#all.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
  }

  /** Idle connections close now; busy ones when their request is done. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#idle.splice(0).map((connection) => connection.discard()))
  }
}

/** One connection to an endpoint, for one request at a time. */
export class Connection {
  readonly client: Client
  /** Lent to whichever attempt has the connection. */
  readonly timer: PhaseTimer = new PhaseTimer()
  readonly #connections: Connections
  /** The socket in use; while connecting, the one that tries. */
  socket: Socket | null = null
  /** Requests that this socket has carried. */
  served = 0
  connectedAt = 0
  #connected = false
  #discarded = false

  constructor(lib: Undici, endpoint: Endpoint, open: Connector, options: KeepAliveOptions, connections: Connections) {
    this.#connections = connections
    this.client = new lib.Client(endpoint.protocol === 'unix' ? 'http://localhost' : originOf(endpoint), {
      connect: (target, callback) => {
        const socket = open(target, callback) as unknown as Socket
        this.socket = socket
        return socket
      },
      pipelining: 1,
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: options.keepAliveMs,
      keepAliveTimeoutThreshold: 1_000,
    })
    this.client.on('connect', () => {
      this.#connected = true
      this.connectedAt = performance.now()
      this.served = 0
    })
    this.client.on('disconnect', () => {
      this.#connected = false
      void this.discard()
    })
  }

  /** Whether it is up, and not given up. */
  get usable(): boolean {
    return this.connected && !this.#discarded
  }

  get connected(): boolean {
    return this.#connected && this.socket?.destroyed === false
  }

  /** Its request is done and the connection is good: the next one may have it. */
  release(): void {
    this.#connections.idle(this)
  }

  /** Nothing more goes over it; what it carries is cut off. */
  async discard(): Promise<void> {
    if (this.#discarded) return
    this.#discarded = true
    this.#connections.gone(this)
    this.timer.close()
    if (!this.#connected) this.socket?.destroy()
    await this.client.destroy()
  }
}

function originOf({ protocol, hostname, port }: Endpoint): string {
  return `${protocol}://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
}

type Connector = ReturnType<typeof buildConnector>

/** What undici connects by: the endpoint's own name decides verification and SNI, never a request's Host (H-199). */
function connector({ buildConnector }: Undici, endpoint: Endpoint): Connector {
  const { servername } = endpoint
  const { tls, lookup } = endpoint.connect
  const open = buildConnector({
    ...(endpoint.protocol === 'https'
      ? { ...tls, servername, rejectUnauthorized: tls.rejectUnauthorized ?? true }
      : {}),
    ...(lookup === undefined ? {} : { lookup }),
    ...(endpoint.socketPath === null ? {} : { socketPath: endpoint.socketPath }),
    allowH2: false,
    timeout: 0,
  } as Parameters<typeof buildConnector>[0])
  return (target, callback) => open({ ...target, servername }, callback)
}
