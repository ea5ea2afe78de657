// @fastify/http-proxy with timeouts, an error handler that tells nothing, headers set in its hooks, and WebSockets on.

import proxy from '@fastify/http-proxy'
import Fastify from 'fastify'

/** @param {{ target: string, prefix: string }} site */
export async function serve({ target, prefix }) {
  const app = Fastify({ logger: false })
  app.register(proxy, {
    upstream: target,
    prefix: prefix.slice(0, -1),
    rewritePrefix: prefix.slice(0, -1),
    undici: { connect: { timeout: 1_000 }, headersTimeout: 1_000, bodyTimeout: 1_000 },
    replyOptions: {
      timeout: 1_000,
      retriesCount: 1,
      rewriteRequestHeaders: (_request, headers) => ({ ...headers, 'x-tenant': 'edge' }),
      onError: (reply, { error }) => reply.code(error.statusCode ?? 502).send({ error: 'Bad Gateway' }),
    },
    websocket: true,
    wsClientOptions: {
      handshakeTimeout: 1_000,
      rewriteRequestHeaders: (headers) => ({ ...headers, 'x-tenant': 'edge' }),
    },
  })
  await app.ready()
  return app.server
}
