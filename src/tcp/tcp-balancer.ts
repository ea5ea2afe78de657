import { createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import { EdgeError } from '../errors.js'
import { events as sharedEvents } from '../events.js'
import { check, checkOptions, type Milliseconds } from '../options.js'
import { parseClientHello } from './client-hello.js'
import { ClientLimit } from './client-limit.js'
import { Connection, type ConnectionSettings } from './connection.js'
import { compileProxied } from './proxied.js'
import { SniRoutes } from './sni-routes.js'
import { checkTcpOptions, type TcpBalancerOptions } from './tcp-options.js'

/** Carries connections to the endpoints of pools, byte for byte. */
export interface TcpBalancer extends AsyncDisposable {
  /** Connections under way. */
  readonly connections: number
  /** Takes one connection: `server.on('connection', balancer.handle)`, or `secureConnection` of a `tls.Server`. */
  readonly handle: (socket: Socket) => void
  /** Listens, as `net.Server.listen`; resolves once it does. Closed with the balancer. Call it once per address. */
  listen(options: ListenOptions): Promise<Server>
  /**
   * Takes no new connections and waits for those under way, at the latest until `graceMs` are over; what is left is reset. A second
   * call cuts the wait short. Pools are their owner's to close.
   *
   * @param options `graceMs`, by default 10000.
   */
  close(options?: { readonly graceMs?: Milliseconds | undefined }): Promise<void>
}

/**
 * Makes a layer 4 balancer: TCP connections over the pools, balancers and health checks that requests have.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also for a pool with `http:` or `https:` endpoints.
 * @example
 * ```ts
 * const pool = createPool({ name: 'db', endpoints: ['tcp://10.0.0.1:5432', 'tcp://10.0.0.2:5432'], balancer: leastConnections() })
 * const balancer = createTcpBalancer({ pool, maxConnectionsPerClient: 100 })
 * await balancer.listen({ port: 5432 })
 * ```
 */
export function createTcpBalancer(options: TcpBalancerOptions): TcpBalancer {
  checkTcpOptions('createTcpBalancer', options)
  return new SocketBalancer(options)
}

class SocketBalancer implements TcpBalancer {
  readonly #settings: ConnectionSettings
  readonly #maxConnections: number
  readonly #under = new Set<Connection>()
  readonly #servers = new Set<Server>()
  #closing: Promise<void> | null = null
  #quiet: (() => void) | null = null

  constructor(options: TcpBalancerOptions) {
    const { pool, routes, proxyProtocol, prereadLimit = 16_384 } = options
    const table = routes === undefined ? null : new SniRoutes(routes, 'createTcpBalancer')
    this.#maxConnections = options.maxConnections ?? 0
    this.#settings = {
      straight:
        pool !== undefined ? { name: 'default', pool } : options.plaintext === 'default' ? table!.fallback : null,
      routes: table,
      hello: { parse: parseClientHello, limit: prereadLimit, code: 'ERR_EDGE_CLIENT_HELLO', what: 'ClientHello' },
      readProxied:
        proxyProtocol === undefined ? null : compileProxied(proxyProtocol, 'createTcpBalancer proxyProtocol'),
      sendProxyProtocol: options.sendProxyProtocol ?? null,
      prereadTimeoutMs: options.prereadTimeoutMs ?? 5_000,
      connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
      maxConnectAttempts: options.maxConnectAttempts ?? 3,
      idleTimeoutMs: options.idleTimeoutMs ?? 600_000,
      clients: new ClientLimit(options.maxConnectionsPerClient ?? 0),
      events: options.events ?? sharedEvents,
    }
  }

  get connections(): number {
    return this.#under.size
  }

  readonly handle = (socket: Socket): void => {
    if (socket.destroyed) return
    const refusal = this.#refusal()
    const connection = new Connection(socket, this.#settings)
    if (refusal === null) this.#under.add(connection)
    void connection.run(refusal).then(() => {
      this.#under.delete(connection)
      if (this.#under.size === 0) this.#quiet?.()
    })
  }

  listen(options: ListenOptions): Promise<Server> {
    if (this.#closing !== null) return Promise.reject(closing())
    const server = createServer({ allowHalfOpen: true, noDelay: true }, this.handle)
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(options, () => {
        server.off('error', reject)
        // One connection that could not be accepted is no reason to end the process (H-085).
        server.on('error', (error) => this.#settings.events.emit('fault', { where: 'accept', error }))
        this.#servers.add(server)
        if (this.#closing === null) return resolve(server)
        server.close()
        reject(closing())
      })
    })
  }

  close(options: { readonly graceMs?: Milliseconds | undefined } = {}): Promise<void> {
    checkOptions('close', options, { graceMs: check.durationOrOff })
    if (this.#closing === null) this.#closing = this.#close(options.graceMs ?? 10_000)
    else this.#cut('closed twice')
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Why a connection is not wanted. Told by an event, where `server.maxConnections` would drop it in silence (H-085). */
  #refusal(): EdgeError | null {
    if (this.#closing !== null) return closing()
    if (this.#maxConnections === 0 || this.#under.size < this.#maxConnections) return null
    return new EdgeError('ERR_EDGE_CONNECTION_LIMIT', `${this.#maxConnections} connections are under way`)
  }

  async #close(graceMs: Milliseconds): Promise<void> {
    const stopped = [...this.#servers].map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
    if (this.#under.size > 0) {
      const quiet = new Promise<void>((resolve) => {
        this.#quiet = resolve
      })
      const deadline = setTimeout(() => this.#cut(`not done within ${graceMs} ms of closing`), graceMs)
      await quiet
      clearTimeout(deadline)
    }
    await Promise.all(stopped)
  }

  #cut(why: string): void {
    for (const connection of [...this.#under]) connection.cancel.abort(new EdgeError('ERR_EDGE_CLOSING', why))
  }
}

function closing(): EdgeError {
  return new EdgeError('ERR_EDGE_CLOSING', 'the balancer is closed')
}
