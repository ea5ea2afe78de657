export type { ProxyEvents } from './events.js'
export { fixRequestBody } from './fix-request-body.js'
export type { IncomingReply, Interceptor } from './incoming-reply.js'
export { responseInterceptor } from './intercept.js'
export type {
  PathRewriteOption,
  ProxyMiddlewareOptions,
  ProxyMiddlewareOptions as Options,
  RouterOption,
} from './options.js'
export type { OutgoingRequest } from './outgoing-request.js'
export type { PathFilter, PathFilter as Filter } from './path-filter.js'
export {
  createProxyMiddleware,
  type ProxyMiddleware,
  type ProxyMiddleware as RequestHandler,
} from './proxy-middleware.js'
export type { ProxyTarget, ProxyTargetParts } from './target.js'
