import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Handler } from '../filter.js'
import type { ServedGateway } from '../gateway.js'
import type { AdapterOptions } from '../serving/ingress.js'
import { asMiddleware, type EdgeMiddleware } from '../serving/middleware.js'
import { type Next, Service } from '../serving/serve.js'

/** What of Express's request is read: of version 4 and 5 alike. */
export interface ExpressRequest extends IncomingMessage {
  /** The target as it came. */
  originalUrl?: string
  /** What the routers have taken off in front. */
  baseUrl?: string
}

/** What {@link toExpress} makes: middleware for `app.use`, with what the server's upgrades need. */
export type ExpressMiddleware = ((req: ExpressRequest, res: ServerResponse, next: Next) => void) & EdgeMiddleware

/**
 * Turns a gateway or a handler into middleware for Express 4 and 5. What no route answers goes to `next`; errors that are not
 * Edgewise's go to `next(error)`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; at the first request, `ERR_EDGE_BASE_MISMATCH` if mounted somewhere else than `base`.
 * @example
 * ```ts
 * app.use('/api', toExpress(gateway, { base: '/api' }))
 * ```
 */
export function toExpress(subject: ServedGateway | Handler, options: AdapterOptions = {}): ExpressMiddleware {
  const service = new Service('toExpress', subject, options)
  return asMiddleware((req: ExpressRequest, res: ServerResponse, next: Next) => {
    try {
      service.ingress.checkStripped(req.baseUrl ?? '')
      service.handle(req, res, req.originalUrl ?? req.url ?? '/', next)
    } catch (error) {
      next(error)
    }
  }, service)
}
