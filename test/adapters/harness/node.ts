import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { exchangeOf } from 'edgewise'
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
    mountMisses: [],
  },
  async listen(subject, options = {}) {
    const errors: unknown[] = []
    const finished: number[] = []
    const middleware = toNode(subject, { fallThrough: true, ...adapterOptions(options, false) })
    const own = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
      res.end(appText(req.url, await readAll(req), exchangeOf(req)))
    }
    const next = (req: IncomingMessage, res: ServerResponse, error: unknown): void => {
      if (error === undefined) return void own(req, res)
      errors.push(error)
      res.writeHead(500).end(`framework: ${(error as Error).message}`)
    }
    const server = createServer(async (req, res) => {
      if (options.outer) {
        res.setHeader('x-outer', 'before').setHeader('set-cookie', 'outer=1')
        res.on('finish', () => finished.push(res.statusCode))
      }
      if (options.reader) await readAll(req)
      middleware(req, res, (error) => next(req, res, error))
    })
    return serve(server, middleware, options, { errors, finished })
  },
}
