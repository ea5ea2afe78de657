import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { exchangeOf, type NodeRequest, type NodeResponse } from 'edgewise'
import { toNode } from 'edgewise/node'
import { adapterOptions, appText, type Harness, readAll, serve } from './harness.js'

/** Plain `node:http`, with the adapter as connect-style middleware in front of the app's listener. */
export const node: Harness = {
  name: 'node',
  traits: {
    strips: false,
    changesReply: false,
    direct: 'always',
    answersFirst: [],
    contentType: undefined,
    findsKept: false,
    mountMisses: [],
  },
  async listen(subject, options = {}) {
    const errors: unknown[] = []
    const finished: number[] = []
    const middleware = toNode(subject, { fallThrough: true, ...adapterOptions(options, false) })
    const own = async (req: NodeRequest, res: NodeResponse): Promise<void> => {
      res.end(appText(req.url, await readAll(req), exchangeOf(req), req.headers))
    }
    const next = (req: NodeRequest, res: NodeResponse, error: unknown): void => {
      if (error === undefined) return void own(req, res)
      errors.push(error)
      res.statusCode = 500
      res.end(`framework: ${(error as Error).message}`)
    }
    const listener = async (req: NodeRequest, res: NodeResponse): Promise<void> => {
      if (options.outer) {
        res.setHeader('x-outer', 'before')
        res.setHeader('set-cookie', 'outer=1')
        res.on('finish', () => finished.push(res.statusCode))
      }
      if (options.reader) await readAll(req)
      middleware(req, res, (error) => next(req, res, error))
    }
    const server = options.http2 ? createHttp2Server(listener) : createServer(listener as RequestListener)
    return serve(server as Server, middleware, options, { errors, finished })
  },
}
