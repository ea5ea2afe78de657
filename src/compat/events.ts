import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { IncomingReply } from './incoming-reply.js'
import type { ProxyMiddlewareOptions } from './options.js'
import type { OutgoingRequest } from './outgoing-request.js'

/**
 * What `on` takes. As methods, so that functions written for Node's own `ClientRequest` and `IncomingMessage` fit; what they are given is a
 * part of those.
 */
export interface ProxyEvents<
  Req extends IncomingMessage = IncomingMessage,
  Res extends ServerResponse = ServerResponse,
> {
  /** Before a request is sent: change its fields, its path, or its body. One that answers by `res` ends it. */
  proxyReq?(proxyReq: OutgoingRequest, req: Req, res: Res, options: ProxyMiddlewareOptions<Req, Res>): unknown
  /** The same of a WebSocket's handshake. */
  proxyReqWs?(
    proxyReq: OutgoingRequest,
    req: Req,
    socket: Duplex,
    options: ProxyMiddlewareOptions<Req, Res>,
    head: Uint8Array,
  ): unknown
  /** Before a reply is passed on: change its status or its fields; with `selfHandleResponse`, answer by `res`. */
  proxyRes?(proxyRes: IncomingReply, req: Req, res: Res): unknown
  /** The target failed. Answer by `res`, or leave it: then the error's status is the answer. */
  error?(error: Error, req: Req, res: Res | Duplex, target: string): unknown
  /** The client left. */
  econnreset?(error: Error, req: Req, res: Res | Duplex, target: string): unknown
  /** It is known where the request goes. */
  start?(req: Req, res: Res | undefined, target: string): unknown
  /** The reply's last byte has left, or all is lost. */
  end?(req: Req, res: Res | undefined, proxyRes: IncomingReply): unknown
}
