import type { Socket } from 'node:net'
import type { buildConnector, Client } from 'undici'
import type { Endpoint } from '../../upstream/endpoint.js'
import type { IdleConnections, KeptConnection } from '../idle-connections.js'
import { PhaseTimer } from '../phase-timer.js'

/** The package, loaded by whoever asks for this transport. */
export type Undici = typeof import('undici')

/** One connection to an endpoint, for one request at a time. */
export class Connection implements KeptConnection {
  readonly client: Client
  /** Lent to whichever attempt has the connection. */
  readonly timer: PhaseTimer = new PhaseTimer()
  readonly #idle: IdleConnections<Connection>
  /** The socket in use; while connecting, the one that tries. */
  socket: Socket | null = null
  /** Requests that this socket has carried. */
  served = 0
  connectedAt = 0
  /** undici closes by itself what has been idle for too long. */
  readonly idleUntil: number = Infinity
  #connected = false
  #discarded = false

  constructor(
    lib: Undici,
    endpoint: Endpoint,
    open: Connector,
    keepAliveMs: number,
    idle: IdleConnections<Connection>,
  ) {
    this.#idle = idle
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
      keepAliveTimeout: keepAliveMs,
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
    this.#idle.give(this)
  }

  /** Nothing more goes over it; what it carries is cut off. */
  async discard(): Promise<void> {
    if (this.#discarded) return
    this.#discarded = true
    this.#idle.gone(this)
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
export function connector({ buildConnector }: Undici, endpoint: Endpoint): Connector {
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
