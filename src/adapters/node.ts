import type { Handler } from '../filter.js'
import type { ServedGateway } from '../gateway.js'
import type { NodeRequest, NodeResponse } from '../serving/codec.js'
import type { AdapterOptions } from '../serving/ingress.js'
import { lastResort } from '../serving/last-resort.js'
import { asMiddleware, type EdgeMiddleware } from '../serving/middleware.js'
import { type Next, Service } from '../serving/serve.js'

/** connect keeps the unstripped target in `originalUrl`. */
type ConnectRequest = NodeRequest & { readonly originalUrl?: string }

/** A request listener for `node:http`, `node:https` and `node:http2`; `next` makes it connect-style middleware. */
export type NodeMiddleware = ((req: NodeRequest, res: NodeResponse, next?: Next) => void) & EdgeMiddleware

/**
 * Turns a gateway or a handler into a request listener of `node:http`, or of `node:http2`. What no route answers gets a 404, unless `fallThrough` is
 * on and there is a `next`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const listener = toNode(gateway)
 * attachUpgrade(http.createServer(listener).listen(3000), listener)
 * ```
 */
export function toNode(subject: ServedGateway | Handler, options: AdapterOptions = {}): NodeMiddleware {
  const service = new Service('toNode', subject, options, false)
  return asMiddleware((req: ConnectRequest, res: NodeResponse, next?: Next) => {
    service.handle(req, res, req.originalUrl ?? req.url ?? '/', next ?? lastResort(res, service.gateway.events))
  }, service)
}
