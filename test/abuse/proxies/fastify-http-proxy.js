// @fastify/http-proxy with timeouts, an error handler that tells nothing, headers set in its hooks, and WebSockets on.

import proxy from '@fastify/http-proxy'
import Fastify from 'fastify'

/** @param {{ target: string, prefix: string, timeoutMs: number }} site */
export async function serve({ target, prefix, timeoutMs }) {
  const app = Fastify({ logger: false })
  app.register(proxy, {
    upstream: target,
    prefix: prefix.slice(0, -1),
    rewritePrefix: prefix.slice(0, -1),
    undici: { connect: { timeout: timeoutMs }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs },
    replyOptions: {
      timeout: timeoutMs,
      retriesCount: 1,
      rewriteRequestHeaders: (_request, headers) => ({ ...headers, 'x-tenant': 'edge' }),
      onError: (reply, { error }) => reply.code(error.statusCode ?? 502).send({ error: 'Bad Gateway' }),
    },
    websocket: true,
    wsClientOptions: {
      handshakeTimeout: timeoutMs,
      rewriteRequestHeaders: (headers) => ({ ...headers, 'x-tenant': 'edge' }),
    },
  })
  await app.ready()
  return app.server
}
