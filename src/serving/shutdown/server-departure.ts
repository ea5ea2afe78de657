import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import type { Server as NetServer, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Departure, Stopping } from './departure.js'

/** How long a connection without a request may take to send the head of one: it may have been accepted a moment ago. */
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
  /** Those in their TLS handshake, by the peer's end: Node does not tell which TCP socket a TLS one stands on. */
  readonly #handshakes = new Map<string, Socket>()
  /** Those that speak HTTP/1, with Node's own `timeout` listener, which it takes off a socket that has left HTTP. */
  readonly #speaking = new Map<Socket, unknown>()
  /** The newest response on each connection: one per connection, whatever the number of requests. */
  readonly #newest = new WeakMap<Socket, ServerResponse>()
  readonly #sessions = new Set<ServerHttp2Session>()
  /** Those that a request may still come on, once it has stopped. */
  readonly #waiting = new Set<Socket>()
  #whenAsked: (() => void) | null = null
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
      ['connection', (socket: Socket) => this.#accepted(socket, encrypted, http && !http2)],
      ...(http ? [['secureConnection', (socket: TLSSocket) => this.#secured(socket)] as const] : []),
      ['session', (session: ServerHttp2Session) => this.#begun(session)],
    ]
    for (const [name, listener] of this.#listeners) server.on(name, listener as () => void)
    // On HTTP/2 a listener of its own would change what Node makes of a server that handles streams. In front of whoever answers at once.
    if (http && (!http2 || server.listenerCount('request') > 0)) server.prependListener('request', this.#asked)
  }

  leave(): void {
    this.#leaving = true
    for (const socket of this.#speaking.keys()) retire(this.#newest.get(socket))
    for (const session of this.#sessions) session.close()
  }

  stop(): Stopping {
    const server = this.#server as Partial<Pick<HttpServer, 'closeIdleConnections'>>
    const closeIdle = server.closeIdleConnections?.bind(server)
    // From Node 26 on its own would end those, too, that have been accepted and not asked yet.
    if (closeIdle !== undefined) server.closeIdleConnections = () => this.#endIdle()
    const gone = Promise.resolve(this.#close())
    const asked = Promise.withResolvers<void>()
    this.#whenAsked = asked.resolve
    for (const session of this.#sessions) session.close()
    for (const socket of this.#handshakes.values()) this.#waiting.add(socket)
    for (const socket of this.#speaking.keys()) {
      if (this.#waits(socket)) this.#waiting.add(socket)
      // Node closes idle connections once, and not those that become idle afterwards.
      else this.#newest.get(socket)?.once('close', () => this.#endIdle())
    }
    this.#late = setTimeout(() => {
      this.#waitNoMore()
      // Those that came before this was made, and never asked since.
      closeIdle?.()
    }, HEAD_MS)
    this.#heard(null)
    return { asked: asked.promise, gone }
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

  #accepted(socket: Socket, encrypted: boolean, http1: boolean): void {
    const peer = peerOf(socket)
    this.#connections.add(socket)
    if (encrypted) this.#handshakes.set(peer, socket)
    else if (http1) this.#speaks(socket)
    socket.on('close', () => {
      this.#connections.delete(socket)
      if (this.#handshakes.get(peer) === socket) this.#handshakes.delete(peer)
      this.#heard(socket)
    })
  }

  #secured(socket: TLSSocket): void {
    const peer = peerOf(socket)
    const below = this.#handshakes.get(peer) ?? null
    this.#handshakes.delete(peer)
    if (socket.alpnProtocol !== 'h2') this.#speaks(socket)
    this.#heard(below)
  }

  #speaks(socket: Socket): void {
    this.#speaking.set(socket, socket.listeners('timeout')[0])
    if (this.#whenAsked !== null) this.#waiting.add(socket)
    socket.on('close', () => {
      this.#speaking.delete(socket)
      this.#heard(socket)
    })
  }

  #begun(session: ServerHttp2Session): void {
    this.#sessions.add(session)
    session.on('close', () => this.#sessions.delete(session))
    if (this.#whenAsked !== null) session.once('stream', () => session.close())
  }

  readonly #asked = (req: IncomingMessage, res: ServerResponse): void => {
    if ('stream' in req) return
    // It may have been accepted before anybody thought of leaving.
    if (!this.#speaking.has(req.socket)) this.#speaks(req.socket)
    this.#newest.set(req.socket, res)
    if (this.#leaving) retire(res)
    this.#heard(req.socket)
  }

  /** Notes that a connection is not waited for any more. */
  #heard(socket: Socket | null): void {
    if (this.#whenAsked === null) return
    if (socket !== null) this.#waiting.delete(socket)
    if (this.#waiting.size === 0) this.#whenAsked()
  }

  /** Whether a connection speaks HTTP, and has no request under way. */
  #waits(socket: Socket): boolean {
    const newest = this.#newest.get(socket)
    const own = this.#speaking.get(socket) as () => void
    return !socket.destroyed && newest?.closed !== false && socket.listeners('timeout').includes(own)
  }

  /** Ends connections that have been answered, and have asked nothing since. */
  #endIdle(): void {
    for (const socket of this.#speaking.keys()) if (this.#newest.has(socket) && this.#waits(socket)) socket.destroy()
  }

  /** Ends connections that said nothing: browsers open some in advance, and never use them. */
  #waitNoMore(): void {
    for (const session of this.#sessions) session.close()
    for (const socket of this.#waiting) if (!this.#speaking.has(socket) || this.#waits(socket)) socket.destroy()
    this.#waiting.clear()
    this.#heard(null)
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

function peerOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
