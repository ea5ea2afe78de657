import { exchangeOf } from 'edgewise'
import { toFastify } from 'edgewise/fastify'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { adapterOptions, appText, type Harness, readAll, serve } from './harness.js'

export const fastify: Harness = {
  name: 'fastify',
  traits: {
    strips: false,
    changesReply: false,
    direct: 'always',
    answersFirst: [],
    contentType: undefined,
    findsKept: true,
    mountMisses: [],
  },
  async listen(subject, options = {}) {
    const errors: unknown[] = []
    const finished: number[] = []
    const plugin = toFastify(subject, adapterOptions(options, false))
    const app: FastifyInstance = options.http2
      ? (Fastify({ http2: true }) as unknown as FastifyInstance)
      : Fastify({ forceCloseConnections: true })
    if (options.outer) {
      app.addHook('onRequest', async (_request, reply) => {
        reply.header('x-outer', 'before').header('set-cookie', 'outer=1')
      })
      app.addHook('onResponse', async (_request, reply) => void finished.push(reply.raw.statusCode))
    }
    if (options.reader) app.addHook('onRequest', async (request) => void (await readAll(request.raw)))
    await app.register(plugin)
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    app.setErrorHandler(async (error, _request, reply) => {
      errors.push(error)
      return reply.status(500).send(`framework: ${(error as Error).message}`)
    })
    const own = async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
      reply.status(200)
      const { body = '' } = request
      return appText(
        request.originalUrl,
        typeof body === 'string' ? body : JSON.stringify(body),
        exchangeOf(request),
        request.headers,
      )
    }
    app.all('/known', own)
    app.setNotFoundHandler(own)
    await app.listen({ port: 0, host: '127.0.0.1' })
    return serve(app.server, plugin, options, { errors, finished }, () => app.close())
  },
}
