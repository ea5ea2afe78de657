import { type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { asError, EdgeError } from '../errors.js'
import { isHandedOver } from '../hand-over.js'
import type { NodeExchange } from '../node-exchange.js'
import { OutcomeBuilder } from '../outcome.js'
import { discard, emptyReply, errorReply, notAReply, type Reply, type Tunnel } from '../reply.js'
import { writeReply } from './reply-writer.js'
import { fieldsOf, handBack, type Service } from './serve.js'
import { joinTunnel } from './tunnel.js'

/** Serves an `upgrade` event. `next` gets what is not ours, or is handed over; without it, see {@link upgradeListener}. */
export type UpgradeListener = (req: IncomingMessage, socket: Duplex, head: Buffer, next?: () => void) => void

/**
 * The `upgrade` side of an adapter: frameworks route no upgrades, so the same chain guards them from here (H-049).
 *
 * What no route answers is left for other listeners; if there is no other than Edgewise's, it gets a 404. Denials and failures are complete
 * HTTP/1.1 messages with `Connection: close`.
 */
export function upgradeListener(service: Service): UpgradeListener {
  return (req, socket, head, next) => {
    socket.on('error', () => {})
    const admission = service.ingress.admit(req, req.url ?? '/', { socket, head })
    if (admission === null) {
      if (next !== undefined) next()
      else if (nobodyElse(req)) answer(req, socket, emptyReply(404))
      return
    }
    if (!('handler' in admission)) return answer(req, socket, admission)
    const { exchange, handler } = admission
    service.gateway.traffic.begin(exchange.origin)
    const leave = (): void => {
      exchange.origin.cancel.abort(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'the client left'))
      // A tunnel settles when both its sides have closed and its bytes are counted.
      if (exchange.origin.outcome.status !== 101) service.settle(exchange)
    }
    socket.on('close', leave)
    // A filter that is no async function may throw at once.
    new Promise<Reply>((resolve) => resolve(handler(exchange))).then(
      (reply) => deliver(service, exchange, reply, next),
      (error) => fail(exchange, error),
    )
  }
}

function deliver(service: Service, exchange: NodeExchange, reply: Reply, next: (() => void) | undefined): void {
  const { socket } = exchange.upgrade!
  const req = exchange.raw as IncomingMessage
  const wrong = notAReply(reply)
  if (wrong !== null) return fail(exchange, wrong)
  if (isHandedOver(reply) && next !== undefined) {
    handBack(exchange, reply, fieldsOf(new ServerResponse(req)))
    return next()
  }
  if (socket.destroyed) return discard(reply)
  if (reply.tunnel !== undefined) return open(service, exchange, reply, reply.tunnel)
  const final = reply.status === 101 || isHandedOver(reply) ? emptyReply(501) : reply
  answer(req, socket, final, exchange.origin.outcome)
}

function fail(exchange: NodeExchange, thrown: unknown): void {
  const error = asError(thrown)
  exchange.noteFailure(error)
  const { socket } = exchange.upgrade!
  if (socket.destroyed) return
  const reply = error instanceof EdgeError ? errorReply(error) : emptyReply(500)
  answer(exchange.raw as IncomingMessage, socket, reply, exchange.origin.outcome)
}

/** Writes the 101 and joins the two sockets. */
function open(service: Service, exchange: NodeExchange, reply: Reply, tunnel: Tunnel): void {
  const { socket, protocol, head } = exchange.upgrade!
  const { traffic } = service.gateway
  const { outcome } = exchange.origin
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', `Upgrade: ${protocol}`]
  for (const name in reply.headers) {
    for (const value of [reply.headers[name] ?? []].flat()) if (!/[\r\n\0]/.test(value)) lines.push(`${name}: ${value}`)
  }
  socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  if (head.byteLength > 0) socket.unshift(head)
  outcome.status = 101
  outcome.phase = 'data'
  const joined = joinTunnel(socket, tunnel, (summary) => {
    outcome.tunnel = summary
    outcome.bytesIn = summary.bytes.in
    outcome.bytesOut = summary.bytes.out
    // Broken off: it ended without a close frame.
    if (summary.closeCode === 1006) outcome.who = summary.closedBy
    else outcome.phase = 'done'
    traffic.shut(exchange, joined, summary)
    service.settle(exchange)
  })
  traffic.open(exchange, joined)
}

/** Writes an ordinary reply onto the socket of a request that wanted to upgrade, through Node's own response, and closes. */
function answer(
  req: IncomingMessage,
  socket: Duplex,
  reply: Reply,
  outcome: OutcomeBuilder = new OutcomeBuilder(performance.now()),
): void {
  const res = new ServerResponse(req)
  res.shouldKeepAlive = false
  res.assignSocket(socket as Socket)
  socket.on('drain', () => res.emit('drain'))
  res.on('finish', () => {
    res.detachSocket(socket as Socket)
    socket.end(() => socket.destroy())
  })
  try {
    writeReply(res, reply, outcome)
  } catch {
    discard(reply)
    socket.destroy()
  }
}

const declined = new WeakMap<IncomingMessage, number>()

/** Whether every `upgrade` listener of the server has declined: several of ours must not leave a socket to each other for ever. */
function nobodyElse(req: IncomingMessage): boolean {
  const { server } = req.socket as Socket & { server?: Server }
  const count = (declined.get(req) ?? 0) + 1
  declined.set(req, count)
  return server === undefined || count >= server.listenerCount('upgrade')
}

const attached = new WeakMap<Server, WeakSet<object>>()

/** What {@link attachUpgrade} needs of a middleware. */
export interface Upgradable {
  readonly upgrade: UpgradeListener
}

/**
 * Lets a server's upgrades go through a middleware: once per server, until the server closes. Where Node can tell
 * (`shouldUpgradeCallback`), only WebSocket upgrades become `upgrade` events; an `h2c` one stays an ordinary request. A CONNECT
 * is answered with 405.
 *
 * @returns What takes it off again.
 * @example
 * ```ts
 * const middleware = toExpress(gateway, { base: '/api' })
 * attachUpgrade(app.listen(3000), middleware)
 * ```
 */
export function attachUpgrade(server: Server, middleware: Upgradable): () => void {
  const known = attached.get(server) ?? new WeakSet()
  attached.set(server, known)
  if (known.has(middleware)) return () => {}
  known.add(middleware)
  const listener: UpgradeListener = (req, socket, head) => middleware.upgrade(req, socket, head)
  const refuse = (_req: IncomingMessage, socket: Duplex): void => refuseConnect(server, socket)
  server.on('upgrade', listener)
  if (server.listenerCount('connect') === 0) server.on('connect', refuse)
  if ('shouldUpgradeCallback' in server) {
    ;(server as { shouldUpgradeCallback: (req: IncomingMessage) => boolean }).shouldUpgradeCallback = (req) =>
      req.headers.upgrade?.toLowerCase() === 'websocket'
  }
  const detach = (): void => {
    known.delete(middleware)
    server.off('upgrade', listener)
    server.off('connect', refuse)
    server.off('close', detach)
  }
  server.on('close', detach)
  return detach
}

/** No tunnel to anywhere (H-015): a CONNECT gets an answer, where Node alone would hang up without a word. */
function refuseConnect(server: Server, socket: Duplex): void {
  socket.on('error', () => {})
  if (server.listenerCount('connect') > 1) return
  socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () =>
    socket.destroy(),
  )
}
