import type { IncomingMessage } from 'node:http'
import { bodyText } from '../forwarding/consumed-body.js'
import { readMediaType } from '../http/media-type.js'
import type { OutgoingRequest } from './outgoing-request.js'

/**
 * For `on.proxyReq`: writes out again what a body parser in front has read, as JSON or a flat form. What neither can be made of is left, and the request
 * then fails with `ERR_EDGE_BODY_CONSUMED`, where it would hang or go on without its body.
 *
 * `keepRawBody` forwards the very bytes instead, whatever they are.
 *
 * @example
 * ```ts
 * app.use(express.json())
 * app.use('/api', createProxyMiddleware({ target: 'http://127.0.0.1:3001', on: { proxyReq: fixRequestBody } }))
 * ```
 */
export function fixRequestBody(proxyReq: OutgoingRequest, req: IncomingMessage & { readonly body?: unknown }): void {
  const type = readMediaType(String(proxyReq.getHeader('content-type') ?? ''))
  if (!req.readableEnded || req.body === undefined || type === null) return
  const text = bodyText(type, req.body)
  if (text !== null) proxyReq.write(text)
}
