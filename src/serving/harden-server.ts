import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Http2Server, ServerHttp2Session } from 'node:http2'
import { Socket } from 'node:net'
import { type TLSSocket, Server as TlsServer } from 'node:tls'
import { compileTrust } from '../http/trust.js'
import { optionError } from '../options.js'
import { ClientLimit } from '../tcp/client-limit.js'
import { answerClientError } from './client-error.js'
import { ConnectionWatch, isStalled } from './connection-watch.js'
import { type HardenableServer, type Hardening, type HardenOptions, readHardening } from './hardening-options.js'
import { watchSession } from './session-watch.js'

/**
 * Puts limits on a server's connections that no handler or filter can: on slow and idle ones (slow loris, H-094), on how many there
 * are (H-085), and on what Node's parser makes of them. Node's own limits are set; what they leave open, from TLS handshakes and
 * heads of a byte a second to clients that stop reading, is watched per connection.
 *
 * Do it before the server listens: `checkIntervalMs` is Node's `connectionsCheckingInterval`, which counts from then on. Make the server with
 * `maxHeaderSize` and, for HTTP/2, with `maxSessionMemory`, `streamResetBurst` and `streamResetRate`, which Node takes at construction only.
 *
 * A server with the lenient parser is refused. If the server has a `clientError` listener of its own, that one answers.
 *
 * @returns What takes it off again; open connections are not watched any more then.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const server = createServer(toNode(gateway))
 * hardenServer(server, { maxConnections: 10_000, maxConnectionsPerAddress: 100 })
 * server.listen(8080)
 * ```
 */
export function hardenServer(server: HardenableServer, options: HardenOptions = {}): () => void {
  if (typeof (server as Partial<Server>)?.listen !== 'function')
    throw optionError('hardenServer', 'server', server, 'a server of node:http, node:https or node:http2')
  const hardening = readHardening(server, options)
  const restore = setLimits(server, hardening)
  const guard = new ServerGuard(server, hardening)
  return () => {
    guard.stop()
    restore()
  }
}

/** Sets what Node has limits for. */
function setLimits(server: HardenableServer, hardening: Hardening): () => void {
  const limits: Record<string, unknown> = {
    headersTimeout: hardening.headersTimeoutMs,
    requestTimeout: hardening.requestTimeoutMs,
    keepAliveTimeout: hardening.keepAliveTimeoutMs,
    connectionsCheckingInterval: hardening.checkIntervalMs,
    maxHeadersCount: hardening.maxHeadersCount,
    maxRequestsPerSocket: hardening.maxRequestsPerSocket,
    timeout: hardening.stallTimeoutMs,
    // In a cluster, what one worker closes is not to go on to the next.
    ...(hardening.maxConnections > 0 ? { maxConnections: hardening.maxConnections, dropMaxConnection: true } : {}),
  }
  const properties = server as unknown as Record<string, unknown>
  const before = Object.keys(limits).map((name) => [name, properties[name]] as const)
  Object.assign(properties, limits)
  if (isHttp2(server)) server.updateSettings({ maxConcurrentStreams: hardening.maxConcurrentStreams })
  return () => {
    for (const [name, value] of before) properties[name] = value
  }
}

function isHttp2(server: HardenableServer): server is Http2Server {
  return 'updateSettings' in server
}

type Listener = readonly [name: string, listener: (...given: never[]) => void]

/** Watches every connection of a server. */
class ServerGuard {
  readonly #server: HardenableServer
  readonly #hardening: Hardening
  readonly #encrypted: boolean
  readonly #answersRequests: boolean
  readonly #clients: ClientLimit
  readonly #unlimited: (address: string) => boolean
  readonly #watches = new Map<Socket, ConnectionWatch>()
  /** Those in their TLS handshake, by the peer's end: Node does not tell which TCP socket a TLS one stands on. */
  readonly #handshakes = new Map<string, ConnectionWatch>()
  readonly #secured = new WeakMap<Socket, ConnectionWatch>()
  readonly #listeners: readonly Listener[]

  constructor(server: HardenableServer, hardening: Hardening) {
    this.#server = server
    this.#hardening = hardening
    this.#encrypted = server instanceof TlsServer
    this.#clients = new ClientLimit(hardening.maxConnectionsPerAddress, hardening.ipv6Prefix)
    this.#unlimited = compileTrust(hardening.unlimitedAddresses, 'hardenServer', 'unlimitedAddresses')
    this.#answersRequests = !isHttp2(server) || server.listenerCount('request') > 0
    const begin = (req: IncomingMessage, res: ServerResponse): void => this.#watchOf(req.socket)?.begin(res)
    this.#listeners = [
      ['connection', (socket: Socket) => this.#connected(socket)],
      ['secureConnection', (socket: TLSSocket) => this.#secure(socket)],
      ['session', (session: ServerHttp2Session) => watchSession(session, hardening)],
      // On HTTP/2 a listener of its own would change what Node makes of a server that handles streams.
      ...(this.#answersRequests ? [['request', begin] as const] : []),
      ['timeout', (socket: Socket) => this.#quiet(socket)],
      ['clientError', (error: Error, socket: Socket) => this.#clientError(error, socket)],
    ]
    for (const [name, listener] of this.#listeners) server.on(name, listener as () => void)
  }

  stop(): void {
    for (const [name, listener] of this.#listeners) this.#server.off(name, listener as () => void)
    for (const watch of this.#watches.values()) watch.stop()
  }

  #connected(socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    const leave = this.#unlimited(address) ? () => {} : this.#clients.enter(address)
    if (leave === null) return this.#drop(socket)
    socket.on('close', leave)
    // Of HTTP/2 without TLS there are sessions only; TLS on a Unix socket, which has no peer to tell it by, keeps Node's own limits.
    if (this.#encrypted ? address === '' : isHttp2(this.#server)) return
    const watch = new ConnectionWatch(socket, this.#encrypted, this.#hardening)
    this.#watches.set(socket, watch)
    const peer = peerOf(socket)
    if (this.#encrypted) this.#handshakes.set(peer, watch)
    socket.on('close', () => {
      this.#watches.delete(socket)
      if (this.#handshakes.get(peer) === watch) this.#handshakes.delete(peer)
    })
  }

  /** As Node does past `maxConnections`, and with the same event, so that one listener counts both. */
  #drop(socket: Socket): void {
    const { remoteAddress, remotePort, remoteFamily, localAddress, localPort, localFamily } = socket
    this.#server.emit('drop', { remoteAddress, remotePort, remoteFamily, localAddress, localPort, localFamily })
    socket.destroy()
  }

  #secure(socket: TLSSocket): void {
    const peer = peerOf(socket)
    const watch = this.#handshakes.get(peer)
    this.#handshakes.delete(peer)
    if (watch === undefined) return
    watch.stop()
    if (socket.alpnProtocol === 'h2' || !this.#answersRequests) return
    this.#secured.set(socket, watch)
    watch.speak(socket)
  }

  #watchOf(socket: Socket): ConnectionWatch | undefined {
    return this.#secured.get(socket) ?? this.#watches.get(socket)
  }

  /** Nothing has moved for `stallTimeoutMs`, or for the keep-alive time on an idle connection: with a listener, Node leaves the rest to it. */
  #quiet(socket: Socket | ServerHttp2Session): void {
    if (!(socket instanceof Socket)) return
    const watch = this.#watchOf(socket)
    if (watch === undefined) return void socket.destroy()
    if (!isStalled(watch, socket)) return
    // Closed, the kernel would go on holding what it has for this client, for as long as that reads a byte now and then: a reset drops it
    // (NGINX `reset_timedout_connection`). Unix sockets have none.
    if (socket.writableLength > 0 && watch.connection.remoteAddress !== undefined) watch.connection.resetAndDestroy()
    socket.destroy()
  }

  #clientError(error: Error, socket: Socket): void {
    if (this.#server.listenerCount('clientError') > 1) return
    answerClientError(error, socket, this.#watchOf(socket))
  }
}

function peerOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
