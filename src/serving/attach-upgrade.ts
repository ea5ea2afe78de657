import type { IncomingMessage, Server } from 'node:http'
import type { Http2SecureServer, Http2Server, Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Duplex } from 'node:stream'
import { emptyReply } from '../reply.js'
import { afterReplies } from './after-replies.js'
import { http2Door } from './http2/upgrade-door.js'
import type { ConnectListener, UpgradeListener } from './upgrade.js'

/** What {@link attachUpgrade} needs of a middleware. */
export interface Upgradable {
  readonly upgrade: UpgradeListener
  /** For the WebSockets of HTTP/2 clients; without it they get a 404. */
  readonly connect?: ConnectListener | undefined
}

/** A server that upgrades come to: of `node:http`, `node:https` or `node:http2`. */
export type UpgradableServer = Server | Http2Server | Http2SecureServer

/** What is attached to each server: the middleware, and the one listener for its CONNECTs. */
const attached = new WeakMap<UpgradableServer, Attachment>()

interface Attachment {
  readonly known: Set<Upgradable>
  detach(): void
}

/**
 * Lets a server's upgrades go through a middleware: once per server, until the server closes. Where Node can tell
 * (`shouldUpgradeCallback`), only WebSocket upgrades become `upgrade` events; an `h2c` one stays an ordinary request. A CONNECT
 * is answered with 405. A server of `node:http2` offers WebSockets to its clients from then on (RFC 8441).
 *
 * @returns What takes it off again.
 * @example
 * ```ts
 * const middleware = toExpress(gateway, { base: '/api' })
 * attachUpgrade(app.listen(3000), middleware)
 * ```
 */
export function attachUpgrade(server: UpgradableServer, middleware: Upgradable): () => void {
  const attachment = attached.get(server) ?? open(server as Server)
  const { known } = attachment
  if (known.has(middleware)) return () => {}
  known.add(middleware)
  const listener: UpgradeListener = (req, socket, head) => middleware.upgrade(req, socket, head)
  ;(server as Server).on('upgrade', listener)
  const detach = (): void => {
    known.delete(middleware)
    server.off('upgrade', listener)
    server.off('close', detach)
    if (known.size === 0) attachment.detach()
  }
  server.on('close', detach)
  return detach
}

/** What is once per server, however many middleware are attached. */
function open(server: Server): Attachment {
  const known = new Set<Upgradable>()
  const onConnect = (req: IncomingMessage | Http2ServerRequest, answer: unknown): void => {
    // Somebody else's CONNECT, if there is anybody.
    const alone = server.listenerCount('connect') === 1
    if ('stream' in req) onStream([...known], req, answer as Http2ServerResponse, alone)
    else refuse(answer as Duplex, alone)
  }
  server.on('connect', onConnect)
  if ('shouldUpgradeCallback' in server) {
    ;(server as { shouldUpgradeCallback: (req: IncomingMessage) => boolean }).shouldUpgradeCallback = (req) =>
      req.headers.upgrade?.toLowerCase() === 'websocket'
  }
  if ('updateSettings' in server) (server as unknown as Http2Server).updateSettings({ enableConnectProtocol: true })
  const attachment = {
    known,
    detach() {
      server.off('connect', onConnect)
      attached.delete(server)
    },
  }
  attached.set(server, attachment)
  return attachment
}

/** An extended CONNECT is whose route it is; a plain one is nobody's. */
function onStream(
  asked: readonly Upgradable[],
  req: Http2ServerRequest,
  res: Http2ServerResponse,
  alone: boolean,
): void {
  const [first, ...rest] = req.headers[':protocol'] === undefined ? [] : asked
  if (first?.connect !== undefined) return first.connect(req, res, () => onStream(rest, req, res, alone))
  if (first !== undefined) return onStream(rest, req, res, alone)
  if (alone) http2Door(req, res).answer(emptyReply(req.headers[':protocol'] === undefined ? 405 : 404))
}

/** No tunnel to anywhere (H-015): a CONNECT gets an answer, where Node alone would hang up without a word. */
function refuse(socket: Duplex, alone: boolean): void {
  socket.on('error', () => {})
  if (!alone) return
  afterReplies(socket, () =>
    socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () =>
      socket.destroy(),
    ),
  )
}
