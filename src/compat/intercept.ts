import type { IncomingMessage, ServerResponse } from 'node:http'
import { bytesBody } from '../body.js'
import { bytes } from '../body-tools.js'
import type { Exchange } from '../exchange.js'
import { decompress } from '../filters/decompress/decompress.js'
import { toHeaders } from '../http/header-map.js'
import type { Reply } from '../reply.js'
import { isBodyless } from '../serving/framing.js'
import type { IncomingReply, Interceptor } from './incoming-reply.js'

/** The most that is kept of a reply to intercept it: past it there is a 502. */
const LIMIT = 64 * 1024 * 1024

/** What was said of bytes that are not sent. */
const STALE = ['content-length', 'content-md5', 'digest', 'content-digest', 'repr-digest', 'trailer']

const decode = decompress({ maxBytes: LIMIT, unknown: 'pass' })

/**
 * For `on.proxyRes`, with `selfHandleResponse: true`: reads all of a reply, decompressed, up to 64 MiB, and sends what the function makes of it. Status and
 * fields are on `res`, to be changed there.
 *
 * @example
 * ```ts
 * createProxyMiddleware({
 *   target: 'http://127.0.0.1:3001',
 *   selfHandleResponse: true,
 *   on: { proxyRes: responseInterceptor(async (body) => body.toString('utf8').replace('Hello', 'Goodbye')) },
 * })
 * ```
 */
export function responseInterceptor(
  interceptor: Interceptor,
): (proxyRes: IncomingReply, req: IncomingMessage, res: ServerResponse) => void {
  return (proxyRes) => {
    proxyRes.interceptor = interceptor
  }
}

/** The reply that an interceptor makes. */
export async function intercepted(
  exchange: Exchange,
  given: Reply,
  proxyRes: IncomingReply,
  interceptor: Interceptor,
  res: ServerResponse,
): Promise<Reply> {
  if (isBodyless(exchange.method, given.status)) return given
  const { trailers: _, ...decoded } = await decode(exchange, async () => given)
  const body = Buffer.from(await bytes(decoded.body, LIMIT, 'reply'))
  const framework = res.getHeaders()
  const cookies = [framework['set-cookie'] ?? [], decoded.headers['set-cookie'] ?? []].flat().map(String)
  const { statusCode } = res
  try {
    lend(res, cookies.length === 0 ? decoded.headers : { ...decoded.headers, 'set-cookie': cookies })
    res.statusCode = decoded.status
    const made = bytesBody(await interceptor(body, proxyRes, exchange.raw as IncomingMessage, res))
    const headers = toHeaders(res.getHeaders() as Lent)
    for (const name of STALE) delete headers[name]
    // They are all in the reply by now.
    delete framework['set-cookie']
    return { ...decoded, status: res.statusCode, headers, body: made }
  } finally {
    // What was lent to be changed is the reply's again, and no part of the framework's own answer to a failure.
    for (const name of res.getHeaderNames()) res.removeHeader(name)
    lend(res, framework as Lent)
    res.statusCode = statusCode
  }
}

type Lent = Readonly<Record<string, string | readonly string[] | number | undefined>>

function lend(res: ServerResponse, headers: Lent): void {
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) res.setHeader(name, value)
}
