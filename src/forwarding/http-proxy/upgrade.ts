import { createHash } from 'node:crypto'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { emptyBody } from '../../body.js'
import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { readReplyFields } from '../../http/reply-fields.js'
import type { Attempt, Transport } from '../transport.js'
import { outgoingHeaders, proxyServer, proxyTarget, requestFacade, setWirePath } from './proxy-server.js'
import { UpstreamRequest } from './upstream-request.js'

/**
 * Carries a WebSocket handshake: http-proxy-3 makes and sends the request, on a stand-in for the client's socket; what comes
 * back is checked here before anybody sees it. Only a 101 that proves the handshake (RFC 6455 §4.1) becomes a tunnel; any
 * other reply is an ordinary one.
 */
export const upgradeTransport: Transport = async (exchange, attempt) => {
  const server = await proxyServer()
  return new Promise((resolve, reject) => {
    const upstream = new UpstreamRequest(exchange, attempt, resolve, reject)
    const headers = outgoingHeaders(exchange.headers, { connection: 'Upgrade', upgrade: 'websocket' })
    const socket = new SocketStub()
    let made: ClientRequest | null = null
    const facade = requestFacade(exchange, headers, (request) => {
      setWirePath(request, attempt.endpoint, exchange)
      made = request
    })
    try {
      server.ws(
        facade as never,
        socket as never,
        Buffer.alloc(0),
        { ...proxyTarget(attempt.endpoint, 'wss:', 'ws:'), agent: false } as never,
        () => {},
      )
      // http-proxy-3 counts sockets until they close.
      socket.emit('close')
      takeOver(upstream, made)
    } catch (error) {
      upstream.fail(error as Error)
    }
  })
}

/** Makes the request ours: http-proxy-3 puts its listeners on after it has shown it, and they would write to the stand-in. */
function takeOver(upstream: UpstreamRequest, request: ClientRequest | null): void {
  if (request === null) return upstream.fail(new EdgeError('ERR_EDGE_UPGRADE', 'no handshake was made'))
  for (const event of ['upgrade', 'response', 'error'] as const) request.removeAllListeners(event)
  upstream.take(request)
  request.on('upgrade', (response, peer, head) => onUpgrade(upstream, request, response, peer, head))
  upstream.send(emptyBody)
}

function onUpgrade(
  upstream: UpstreamRequest,
  request: ClientRequest,
  response: IncomingMessage,
  socket: Socket,
  head: Buffer,
): void {
  socket.on('error', () => {})
  const wrong = handshakeFault(upstream.exchange, response)
  if (wrong !== null) {
    socket.destroy()
    request.destroy()
    return upstream.fail(new EdgeError('ERR_EDGE_UPGRADE', `upstream handshake refused: ${wrong}`))
  }
  arrived(upstream.attempt)
  upstream.release()
  upstream.resolve({
    status: 101,
    headers: readReplyFields(response.rawHeaders).headers,
    body: emptyBody,
    trailers: undefined,
    tunnel: { socket, head },
  })
}

function arrived({ progress }: Attempt): void {
  progress.phase = 'replying'
  progress.times.firstByteAt = performance.now()
}

/** What is wrong with a 101, or `null`: without this proof the far side may not have switched at all (H-073). */
function handshakeFault(exchange: Exchange, response: IncomingMessage): string | null {
  if (response.statusCode !== 101) return `status ${response.statusCode}`
  if (response.headers.upgrade?.toLowerCase() !== 'websocket') return 'Upgrade is not websocket'
  const key = exchange.headers['sec-websocket-key']
  const proof = createHash('sha1')
    .update(`${String(key)}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
  return response.headers['sec-websocket-accept'] === proof ? null : 'Sec-WebSocket-Accept does not match'
}

/** What of a client's socket http-proxy-3 touches before it has an answer. */
class SocketStub {
  #onClose: (() => void)[] = []

  on(event: string, listener: () => void): this {
    if (event === 'close') this.#onClose.push(listener)
    return this
  }

  emit(event: 'close'): void {
    if (event === 'close') for (const listener of this.#onClose.splice(0)) listener()
  }

  setTimeout(): void {}
  setNoDelay(): void {}
  setKeepAlive(): void {}
  destroySoon(): void {}
}
