import type { Socket } from 'node:net'
import { Cancel } from '../cancel.js'
import { EdgeError } from '../errors.js'
import type { EventHub } from '../events.js'
import type { ClientInfo } from '../http/client-info.js'
import type { Milliseconds } from '../options.js'
import { OutcomeBuilder } from '../outcome.js'
import type { ClientHello } from './client-hello.js'
import type { ClientLimit } from './client-limit.js'
import { ConnectionExchange, clientHello } from './connection-exchange.js'
import { dial } from './dial.js'
import { type Preread, preread } from './preread.js'
import type { ReadProxied } from './proxied.js'
import { proxyHeaderBytes } from './proxy-header-bytes.js'
import type { Place, ProxyHeader } from './proxy-protocol.js'
import { relay } from './relay.js'
import type { SniRoute, SniRoutes } from './sni-routes.js'

/** What the connections of one balancer have in common. */
export interface ConnectionSettings {
  /** Where those go that are not routed by name. */
  readonly straight: SniRoute | null
  readonly routes: SniRoutes | null
  readonly hello: Preread<ClientHello | null>
  readonly readProxied: ReadProxied | null
  readonly sendProxyProtocol: 'v1' | 'v2' | null
  readonly prereadTimeoutMs: Milliseconds
  readonly connectTimeoutMs: Milliseconds
  readonly maxConnectAttempts: number
  readonly idleTimeoutMs: Milliseconds
  readonly clients: ClientLimit
  readonly events: EventHub
}

/** One client's connection, from accept to the last byte. */
export class Connection {
  readonly cancel: Cancel = new Cancel()
  readonly #socket: Socket
  readonly #settings: ConnectionSettings
  readonly #outcome: OutcomeBuilder = new OutcomeBuilder(performance.now())
  /** Both ends as the socket has them: a socket that is gone has forgotten. */
  readonly #ends: { readonly from: Place | null; readonly to: Place | null }
  #exchange: ConnectionExchange | null = null
  #headerLength = 0

  constructor(socket: Socket, settings: ConnectionSettings) {
    this.#socket = socket
    this.#settings = settings
    this.#ends = {
      from: placeOf(socket.remoteAddress, socket.remotePort),
      to: placeOf(socket.localAddress, socket.localPort),
    }
    // Never taken off, as an error that nobody listens for ends the process; what matters of it comes as `close`.
    socket.on('error', () => {})
    socket.on('close', this.#left)
    // However the server was made: the end of the client's bytes must not end the upstream's (H-081).
    socket.allowHalfOpen = true
    socket.setNoDelay(true)
  }

  /** Sees the connection through; never rejects. @param refusal Why it is not wanted. */
  async run(refusal: EdgeError | null): Promise<void> {
    let failure: unknown = refusal
    try {
      if (refusal === null) await this.#carry()
    } catch (error) {
      failure = error
    }
    this.#settle(failure)
  }

  async #carry(): Promise<void> {
    const { header, hello, route } = await this.#preread()
    const { clients, events: _, sendProxyProtocol, idleTimeoutMs, ...dialing } = this.#settings
    const client = this.#clientInfo(header, hello)
    const exchange = ConnectionExchange.of(client, route?.name ?? null, this.cancel, this.#outcome)
    this.#exchange = exchange
    if (hello !== null) exchange.set(clientHello, hello)
    if (route === null) throw noRoute(hello)
    const leave = clients.enter(client.address)
    if (leave === null) throw new EdgeError('ERR_EDGE_CONNECTION_LIMIT', 'too many connections of this client')
    try {
      const { attempt, socket: upstream } = await dial(route.pool, exchange, this.#outcome, dialing)
      this.#outcome.phase = 'data'
      // From here on the relay watches both sides.
      this.#socket.off('close', this.#left)
      const preface =
        sendProxyProtocol === null
          ? null
          : proxyHeaderBytes(sendProxyProtocol, header?.source ?? this.#ends.from, header?.destination ?? this.#ends.to)
      if (preface !== null) upstream.write(preface)
      upstream.once('data', () => {
        attempt.times.firstByteAt = performance.now()
      })
      const failure = await relay(this.#socket, upstream, idleTimeoutMs, this.cancel)
      attempt.end(failure, { in: upstream.bytesRead, out: upstream.bytesWritten - (preface?.length ?? 0) })
      if (failure !== null) throw failure
    } finally {
      leave()
    }
  }

  /** What the first bytes tell, within the time that they may take. */
  async #preread(): Promise<{ header: ProxyHeader | null; hello: ClientHello | null; route: SniRoute | null }> {
    const { readProxied, routes, straight, hello: parser, prereadTimeoutMs } = this.#settings
    if (readProxied === null && routes === null) return { header: null, hello: null, route: straight }
    const timer = setTimeout(() => {
      const late = `the first bytes did not come within ${prereadTimeoutMs} ms`
      this.cancel.abort(new EdgeError('ERR_EDGE_REQUEST_TIMEOUT', late))
    }, prereadTimeoutMs)
    try {
      const proxied = await readProxied?.(this.#socket, this.#ends.from?.address ?? '', this.cancel)
      this.#headerLength = proxied?.length ?? 0
      const hello = routes === null ? null : (await preread(this.#socket, parser, this.cancel)).value
      const route = routes === null || hello === null ? straight : routes.find(hello.serverName)
      return { header: proxied?.value ?? null, hello, route }
    } finally {
      clearTimeout(timer)
    }
  }

  readonly #left = (): void => this.cancel.abort(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'the client left'))

  #clientInfo(header: ProxyHeader | null, hello: ClientHello | null): ClientInfo {
    const { from, to } = this.#ends
    const peer = from?.address ?? ''
    const encrypted = hello !== null || (this.#socket as { encrypted?: boolean }).encrypted === true
    const host = hello?.serverName ?? null
    return {
      address: header?.source?.address ?? peer,
      protocol: encrypted ? 'https' : 'http',
      host,
      port: (header?.destination ?? to)?.port ?? 0,
      authority: host,
      peer,
      trusted: header !== null,
      forwardedFor: '',
      certificate: null,
    }
  }

  #settle(failure: unknown): void {
    const socket = this.#socket
    const outcome = this.#outcome
    const { events } = this.#settings
    const fault = (where: string) => (error: unknown) => events.emit('fault', { where, error })
    if (failure !== null && !(failure instanceof EdgeError)) fault('a pool or balancer')(failure)
    const error = failure === null || failure instanceof EdgeError ? failure : brokenPart(failure)
    socket.destroy()
    outcome.error = error
    if (error === null) outcome.phase = 'done'
    else outcome.who = error.code === 'ERR_EDGE_IDLE_TIMEOUT' ? 'edge' : error.source
    outcome.bytesIn = socket.bytesRead - this.#headerLength
    outcome.bytesOut = socket.bytesWritten
    outcome.lastByte = performance.now()
    if (this.#exchange === null && !events.has('connection')) return
    const exchange = this.#exchange ?? ConnectionExchange.of(this.#clientInfo(null, null), null, this.cancel, outcome)
    const settled = exchange.settle(fault('onSettled'))
    if (events.has('connection')) events.emit('connection', { exchange, outcome: settled })
  }
}

function placeOf(address: string | undefined, port: number | undefined): Place | null {
  return address === undefined || port === undefined ? null : { address, port }
}

function noRoute(hello: ClientHello | null): EdgeError {
  return new EdgeError('ERR_EDGE_NO_ROUTE', hello === null ? 'not TLS' : 'no pool for the name that was asked for')
}

function brokenPart(cause: unknown): EdgeError {
  return new EdgeError('ERR_EDGE_BAD_VALUE', 'a pool or balancer threw', { cause })
}
