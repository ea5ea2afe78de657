import { createServer, type Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { exchangeOf } from 'edgewise'
import { toKoa } from 'edgewise/koa'
import Koa from 'koa'
import { adapterOptions, appText, type Harness, readAll, serve } from './harness.js'

export const koa: Harness = {
  name: 'koa',
  traits: {
    strips: true,
    changesReply: true,
    direct: 'option',
    answersFirst: [],
    contentType: undefined,
    findsKept: false,
    mountMisses: ['//api/x', '/%61pi/x', '/api%2fx'],
  },
  async listen(subject, options = {}) {
    const errors: unknown[] = []
    const finished: number[] = []
    const middleware = toKoa(subject, adapterOptions(options, true))
    const app = new Koa()
    // What breaks behind the head comes here too; the framework has no other place for it.
    app.on('error', () => {})
    app.use(async (ctx, next) => {
      try {
        await next()
      } catch (error) {
        errors.push(error)
        ctx.status = 500
        ctx.body = `framework: ${(error as Error).message}`
      }
    })
    if (options.outer) {
      app.use(async (ctx, next) => {
        ctx.set('x-outer', 'before')
        ctx.append('set-cookie', 'outer=1')
        await next()
        finished.push(ctx.status)
        if (ctx.respond !== false) ctx.set('x-after', String(ctx.status))
      })
    }
    if (options.reader) {
      app.use(async (ctx, next) => {
        await readAll(ctx.req)
        await next()
      })
    }
    app.use(mounted(options.mount ?? '/', middleware))
    app.use(async (ctx) => {
      ctx.body = appText(ctx.originalUrl, await readAll(ctx.req), exchangeOf(ctx), ctx.headers)
    })
    const server = options.http2 ? createHttp2Server(app.callback()) : createServer(app.callback())
    return serve(server as Server, middleware, options, { errors, finished })
  },
}

/** What koa-mount does: takes a prefix off the path, and puts it back for what comes behind. */
export function mounted(prefix: string, middleware: Koa.Middleware): Koa.Middleware {
  if (prefix === '/') return middleware
  return async (ctx, next) => {
    const before = ctx.path
    if (before !== prefix && !before.startsWith(`${prefix}/`)) return next()
    ctx.path = before.slice(prefix.length) || '/'
    await middleware(ctx, async () => {
      const inner = ctx.path
      ctx.path = before
      await next()
      ctx.path = inner
    })
    ctx.path = before
  }
}
