import { createServer, type Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createAdaptorServer } from '@hono/node-server'
import { exchangeOf } from 'edgewise'
import { toHono } from 'edgewise/hono'
import { type Context, Hono } from 'hono'
import { adapterOptions, appText, type Harness, serve } from './harness.js'

export const hono: Harness = {
  name: 'hono',
  traits: {
    strips: false,
    changesReply: true,
    direct: 'option',
    answersFirst: ['H-013'],
    contentType: 'text/plain; charset=UTF-8',
    findsKept: true,
    mountMisses: ['//api/x', '/api%2fx'],
  },
  async listen(subject, options = {}) {
    const errors: unknown[] = []
    const finished: number[] = []
    const middleware = toHono(subject, adapterOptions(options, true))
    const app = new Hono()
    app.onError((error, c) => {
      errors.push(error)
      return c.text(`framework: ${error.message}`, 500)
    })
    if (options.outer) {
      app.use(async (c, next) => {
        // Hono keeps a copy of the fields once they have been read.
        void c.req.header()
        c.header('x-outer', 'before')
        c.header('set-cookie', 'outer=1', { append: true })
        await next()
        finished.push(c.res.status)
        c.header('x-after', String(c.res.status))
      })
    }
    if (options.reader) {
      app.use(async (c, next) => {
        if (c.req.method === 'POST') await c.req.json()
        await next()
      })
    }
    app.use(options.mount === undefined || options.mount === '/' ? '*' : `${options.mount}/*`, middleware)
    app.all('*', async (c) => c.body(appText(rawUrl(c), await c.req.text(), exchangeOf(c), c.req.header())))
    const server = createAdaptorServer({
      fetch: app.fetch,
      createServer: (options.http2 ? createHttp2Server : createServer) as typeof createServer,
    }) as Server
    return serve(server, middleware, options, { errors, finished })
  },
}

function rawUrl(c: Context): string | undefined {
  return (c.env as { incoming?: { url?: string } }).incoming?.url
}
