import type { IncomingMessage, Server } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { asError, EdgeError } from '../errors.js'
import { isHandedOver } from '../hand-over.js'
import type { NodeExchange } from '../node-exchange.js'
import { runTraced } from '../observing/tracing/trace.js'
import { discard, emptyReply, errorReply, notAReply, type Reply, type Tunnel } from '../reply.js'
import { afterReplies } from './after-replies.js'
import { http2Door } from './http2/upgrade-door.js'
import { fieldsOf, handBack, type Service } from './serve.js'
import { joinTunnel } from './tunnel.js'
import { http1Door, type UpgradeDoor } from './upgrade-door.js'

/**
 * Serves an `upgrade` event. `next` gets what is not ours, or is handed over; without it, that is left for other listeners, and gets a 404 where
 * there are none.
 */
export type UpgradeListener = (req: IncomingMessage, socket: Duplex, head: Buffer, next?: () => void) => void

/** Serves a `connect` event of an HTTP/2 server that is an extended CONNECT. `next` gets what is not ours; without it, that gets a 404. */
export type ConnectListener = (req: Http2ServerRequest, res: Http2ServerResponse, next?: () => void) => void

/**
 * The `upgrade` side of an adapter: frameworks route no upgrades, so the same chain guards them from here (H-049).
 *
 * What no route answers is left for other listeners; if there is no other than Edgewise's, it gets a 404. Denials and failures are complete
 * HTTP/1.1 messages with `Connection: close`.
 */
export function upgradeListener(service: Service): UpgradeListener {
  return (req, socket, head, next) => {
    socket.on('error', () => {})
    const door = http1Door(req, socket, head)
    afterReplies(socket, () =>
      serveUpgrade(service, door, next, () => {
        if (next !== undefined) next()
        else if (nobodyElse(req)) door.answer(emptyReply(404))
      }),
    )
  }
}

/** The same for WebSockets over HTTP/2 (RFC 8441): denials and failures are replies, and cost one stream. */
export function connectListener(service: Service): ConnectListener {
  return (req, res, next) => {
    if (res.headersSent || req.stream.destroyed) return
    const door = http2Door(req, res)
    serveUpgrade(service, door, undefined, next ?? (() => door.answer(emptyReply(404))))
  }
}

function serveUpgrade(service: Service, door: UpgradeDoor, next: (() => void) | undefined, notOurs: () => void): void {
  const { req, socket } = door
  socket.on('error', () => {})
  const admission = service.ingress.admit(req, req.url ?? '/', door)
  if (admission === null) return notOurs()
  if (!('handler' in admission)) return door.answer(admission)
  const { exchange, handler } = admission
  service.begin(exchange)
  const leave = (): void => {
    exchange.origin.cancel.abort(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'the client left'))
    // A tunnel settles when both its sides have closed and its bytes are counted.
    if (exchange.origin.outcome.status !== 101) service.settle(exchange)
  }
  socket.on('close', leave)
  // A filter that is no async function may throw at once.
  new Promise<Reply>((resolve) => resolve(handler(exchange))).then(
    (reply) => deliver(service, exchange, reply, door, next),
    (error) => fail(exchange, error, door),
  )
}

function deliver(
  service: Service,
  exchange: NodeExchange,
  reply: Reply,
  door: UpgradeDoor,
  next: (() => void) | undefined,
): void {
  const wrong = notAReply(reply)
  if (wrong !== null) return fail(exchange, wrong, door)
  if (isHandedOver(reply) && next !== undefined) {
    handBack(exchange, reply, fieldsOf(door.response()))
    exchange.origin.outcome.phase = 'done'
    return runTraced(exchange, next)
  }
  if (door.socket.destroyed) return discard(reply)
  if (reply.tunnel !== undefined) return open(service, exchange, reply, door, reply.tunnel)
  const final = reply.status === 101 || isHandedOver(reply) ? emptyReply(501) : reply
  door.answer(final, exchange.origin.outcome)
}

function fail(exchange: NodeExchange, thrown: unknown, door: UpgradeDoor): void {
  const error = asError(thrown)
  exchange.noteFailure(error)
  if (door.socket.destroyed) return
  door.answer(error instanceof EdgeError ? errorReply(error) : emptyReply(500), exchange.origin.outcome)
}

/** Tells the client that protocols are switched, and joins the two sockets. */
function open(service: Service, exchange: NodeExchange, reply: Reply, door: UpgradeDoor, tunnel: Tunnel): void {
  const { socket } = door
  const { traffic } = service.gateway
  const { outcome } = exchange.origin
  door.open(reply, exchange.upgrade!.protocol)
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

const declined = new WeakMap<IncomingMessage, number>()

/** Whether every `upgrade` listener of the server has declined: several of ours must not leave a socket to each other for ever. */
function nobodyElse(req: IncomingMessage): boolean {
  const { server } = req.socket as Socket & { server?: Server }
  const count = (declined.get(req) ?? 0) + 1
  declined.set(req, count)
  return server === undefined || count >= server.listenerCount('upgrade')
}
