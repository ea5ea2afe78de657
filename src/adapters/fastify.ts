import { Readable } from 'node:stream'
import type { FastifyPluginCallback } from 'fastify'
import type { Handler } from '../filter.js'
import type { ServedGateway } from '../gateway.js'
import type { AdapterOptions } from '../serving/ingress.js'
import { asMiddleware, type EdgeMiddleware } from '../serving/middleware.js'
import { Service } from '../serving/serve.js'
import type { KeepsBody } from '../whole-body.js'

/**
 * Turns a gateway or a handler into a Fastify plugin: a root `onRequest` hook, in front of the body parsers and of unmatched
 * paths alike. Headers that earlier hooks set are kept.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * await app.register(toFastify(gateway, { base: '/api' }))
 * ```
 */
export function toFastify(
  subject: ServedGateway | Handler,
  options: AdapterOptions = {},
): FastifyPluginCallback & EdgeMiddleware {
  const service = new Service('toFastify', subject, options)
  service.findsKept = true
  const plugin: FastifyPluginCallback = (fastify, _options, done) => {
    fastify.addHook('onRequest', (request, reply, next) => {
      const { raw } = reply
      service.handle(
        request.raw,
        raw,
        request.originalUrl,
        (error) => {
          // What was set on Node's response would make way for Fastify's own of the same name.
          for (const name of raw.getHeaderNames()) {
            reply.header(name, raw.getHeader(name))
            raw.removeHeader(name)
          }
          next(error as Error | undefined)
        },
        () => {
          reply.hijack()
          for (const [name, value] of Object.entries(reply.getHeaders()))
            if (value !== undefined) raw.setHeader(name, value)
        },
      )
    })
    // A body that a filter has read is there for Fastify's parsers, which would wait for the end of the request for ever.
    fastify.addHook('preParsing', (request, _reply, payload, next) => {
      const { rawBody } = request.raw as KeepsBody
      next(null, rawBody !== undefined && request.raw.readableEnded ? Readable.from([rawBody]) : payload)
    })
    done()
  }
  // What fastify-plugin does: the hook counts for the whole app, not for an encapsulated part of it.
  return asMiddleware(Object.assign(plugin, { [Symbol.for('skip-override')]: true }), service)
}
