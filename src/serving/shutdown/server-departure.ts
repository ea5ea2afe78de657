import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import type { Server as NetServer, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { announce } from '../../traffic.js'
import type { Departure } from './departure.js'

/** How long a connection that is waiting for a head may take to send one, when no other will be taken after it. */
const HEAD_MS = 1_000

type Listener = readonly [name: string, listener: (...given: never[]) => void]

/**
 * A server of `node:http`, `node:https`, `node:http2`, `node:net` or `node:tls`. Whoever answers its requests, each reply of HTTP/1 says
 * `Connection: close` once it leaves, and HTTP/2 sessions hear GOAWAY.
 */
export class ServerDeparture implements Departure {
  readonly #server: NetServer
  readonly #close: () => PromiseLike<unknown>
  readonly #listeners: readonly Listener[]
  /** All that it has accepted. */
  readonly #connections = new Set<Socket>()
  /** Those that speak HTTP/1, with Node's own `timeout` listener, which it takes off a socket that has left HTTP. */
  readonly #speaking = new Map<Socket, unknown>()
  /** The newest response on each connection: one per connection, whatever the number of requests. */
  readonly #newest = new WeakMap<Socket, ServerResponse>()
  readonly #sessions = new Set<ServerHttp2Session>()
  #leaving = false
  #late: NodeJS.Timeout | undefined

  /** @param close Ends what stands on the server, and the server with it. */
  constructor(server: NetServer, close: () => PromiseLike<unknown> = () => this.#closeServer()) {
    this.#server = server
    this.#close = close
    const http2 = 'updateSettings' in server
    const encrypted = 'setSecureContext' in server
    const http = 'maxHeadersCount' in server || http2
    this.#listeners = [
      ['connection', (socket: Socket) => this.#accepted(socket, http && !http2 && !encrypted)],
      ['secureConnection', (socket: TLSSocket) => this.#secured(socket, http)],
      ['session', (session: ServerHttp2Session) => this.#begun(session)],
    ]
    for (const [name, listener] of this.#listeners) server.on(name, listener as () => void)
    // On HTTP/2 a listener of its own would change what Node makes of a server that handles streams. In front of whoever answers at once.
    if (http && (!http2 || server.listenerCount('request') > 0)) server.prependListener('request', this.#asked)
  }

  leave(): void {
    this.#leaving = true
    for (const socket of this.#speaking.keys()) retire(this.#newest.get(socket))
    for (const session of this.#sessions) announce(session)
  }

  stop(): PromiseLike<unknown> {
    for (const session of this.#sessions) session.close()
    // Node closes idle connections once, and not those that become idle afterwards.
    for (const socket of this.#speaking.keys()) this.#newest.get(socket)?.once('close', () => this.#sweep())
    this.#late = setTimeout(() => this.#closeWaiting(), HEAD_MS).unref()
    return this.#close()
  }

  cut(): number {
    const left = [...this.#connections].filter((socket) => !socket.destroyed)
    for (const session of this.#sessions) session.destroy()
    for (const socket of this.#speaking.keys()) socket.destroy()
    for (const socket of left) socket.destroy()
    return left.length
  }

  forget(): void {
    clearTimeout(this.#late)
    for (const [name, listener] of this.#listeners) this.#server.off(name, listener as () => void)
    this.#server.off('request', this.#asked)
  }

  #accepted(socket: Socket, speaks: boolean): void {
    this.#connections.add(socket)
    socket.on('close', () => this.#connections.delete(socket))
    if (speaks) this.#speaks(socket)
  }

  #secured(socket: TLSSocket, http: boolean): void {
    if (http && socket.alpnProtocol !== 'h2') this.#speaks(socket)
  }

  #speaks(socket: Socket): void {
    this.#speaking.set(socket, socket.listeners('timeout')[0])
    socket.on('close', () => this.#speaking.delete(socket))
  }

  #begun(session: ServerHttp2Session): void {
    this.#sessions.add(session)
    session.on('close', () => this.#sessions.delete(session))
    if (this.#leaving) announce(session)
  }

  readonly #asked = (req: IncomingMessage, res: ServerResponse): void => {
    if ('stream' in req) return
    this.#newest.set(req.socket, res)
    if (this.#leaving) retire(res)
  }

  #sweep(): void {
    ;(this.#server as Partial<Server>).closeIdleConnections?.()
  }

  /** Ends connections on which no request is under way: browsers open some in advance, and never use them. */
  #closeWaiting(): void {
    for (const [socket, own] of this.#speaking) {
      const newest = this.#newest.get(socket)
      const waits = newest === undefined || newest.closed
      if (waits && socket.listeners('timeout').includes(own as () => void)) socket.destroy()
    }
  }

  #closeServer(): Promise<void> {
    return new Promise((resolve) => {
      const { listening } = this.#server
      this.#server.close(() => listening && resolve())
      // Of one that does not listen any more, its owner has been told; what is left are its connections.
      if (!listening) this.#whenEmpty(resolve)
    })
  }

  #whenEmpty(done: () => void): void {
    if (this.#connections.size === 0) return done()
    for (const socket of this.#connections) socket.once('close', () => this.#connections.size === 0 && done())
  }
}

/** Lets a connection end behind a response, if its head has not left yet. */
function retire(res: ServerResponse | undefined): void {
  if (res !== undefined && !res.headersSent) res.shouldKeepAlive = false
}
