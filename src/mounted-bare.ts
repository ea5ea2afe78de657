import type { ServerResponse } from 'node:http'
import { EdgeError } from './errors.js'
import { errorReply, type Reply } from './reply.js'

/**
 * What becomes of a handler that a framework was given without its adapter, and calls with a request of its own: an error for the framework, where it
 * would wait for ever. Where there is only Node, whose process would end by it, it is a 500 and a warning.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function mountedBare(name: string, second: unknown, third: unknown): Promise<Reply> {
  const error = new EdgeError(
    'ERR_EDGE_OPTION',
    `${name} is a handler, and no middleware: wrap it, as app.use('/api', toExpress(handler, { base: '/api' })) (docs/adapters.md)`,
  )
  const res = second as ServerResponse | undefined
  if (third !== undefined || typeof res?.writeHead !== 'function') throw error
  process.emitWarning(error.message)
  const reply = errorReply(error)
  res.writeHead(reply.status).end()
  return Promise.resolve(reply)
}
