import { createServer } from 'node:http'
import { exchangeOf } from 'edgewise'
import { toExpress } from 'edgewise/express'
import type express from 'express'
import { adapterOptions, appText, type Harness, readAll, serve } from './harness.js'

/** Express, of either version. */
export function expressHarness(name: string, framework: typeof express): Harness {
  return {
    name,
    traits: {
      strips: true,
      changesReply: false,
      direct: 'always',
      answersFirst: [],
      contentType: undefined,
      findsKept: false,
      mountMisses: ['//api/x', '/%61pi/x', '/api%2fx'],
    },
    async listen(subject, options = {}) {
      const errors: unknown[] = []
      const finished: number[] = []
      const middleware = toExpress(subject, adapterOptions(options, false))
      const app = framework()
      if (options.outer) {
        app.use((_req, res, next) => {
          res.set('x-outer', 'before').cookie('outer', '1', { path: '' })
          res.on('finish', () => finished.push(res.statusCode))
          next()
        })
      }
      if (options.reader) app.use(framework.json())
      app.use(options.mount ?? '/', middleware)
      app.use(async (req, res) => {
        res
          .type('json')
          .send(appText(req.originalUrl, await readAll(req), exchangeOf(req), req.headers, req.headersDistinct))
      })
      app.use(((error, _req, res, _next) => {
        errors.push(error)
        res.status(500).send(`framework: ${(error as Error).message}`)
      }) satisfies express.ErrorRequestHandler)
      return serve(createServer(app), middleware, options, { errors, finished })
    },
  }
}
