import { Readable } from 'node:stream'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context, MiddlewareHandler } from 'hono'
import type { StatusCode } from 'hono/utils/http-status'
import { readable } from '../body-tools.js'
import { EdgeError } from '../errors.js'
import type { Handler } from '../filter.js'
import { droppedFrom } from '../filters/auth/identity-headers.js'
import type { ServedGateway } from '../gateway.js'
import { type Answer, answerTo, type ValueAdapterOptions, valueChecks } from '../serving/answer.js'
import { asMiddleware, type EdgeMiddleware } from '../serving/middleware.js'
import { Service } from '../serving/serve.js'

/**
 * Turns a gateway or a handler into Hono middleware, on `@hono/node-server`. Outer middleware can set headers on the way out.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also at the first request on a runtime without Node's sockets.
 * @example
 * ```ts
 * app.use(toHono(gateway, { base: '/api' }))
 * ```
 */
export function toHono(
  subject: ServedGateway | Handler,
  options: ValueAdapterOptions = {},
): MiddlewareHandler & EdgeMiddleware {
  const service = new Service('toHono', subject, options, true, valueChecks)
  service.findsKept = true
  // `Response` has no status past 599.
  const cannot = (status: number): boolean => options.direct === true || status > 599
  return asMiddleware<MiddlewareHandler>(async (c, next) => {
    const { incoming, outgoing } = (c.env ?? {}) as Partial<HttpBindings>
    if (incoming === undefined || outgoing === undefined)
      throw new EdgeError(
        'ERR_EDGE_OPTION',
        'toHono: no incoming and outgoing in c.env; serve with @hono/node-server (docs/adapters.md)',
      )
    const answer = await answerTo(service, incoming, outgoing, incoming.url ?? '/', cannot)
    if (answer.kind === 'value') return toResponse(c, answer)
    if (answer.kind === 'next') {
      // Outer middleware that looked at a field has had Hono copy them all.
      for (const name of droppedFrom(incoming)) c.req.raw.headers.delete(name)
      answer.give((name, value, append) => c.header(name, value, { append }))
      return answer.go(next)
    }
    for (const [name, value] of c.res.headers) outgoing.appendHeader(name, value)
    answer.write()
    const sent = new Response(null, { status: Math.min(answer.status, 599), headers: RESPONSE_ALREADY_SENT.headers })
    // Looked at once, or a copy (outer middleware that sets a header makes one) would be sent into the client's message.
    void sent.body
    return sent
  }, service)
}

/** Hono's way: a response with what outer middleware has prepared. */
function toResponse(c: Context, { reply, framed }: Answer & { kind: 'value' }): Response {
  const body = framed.whole === undefined ? Readable.toWeb(readable(reply.body)) : framed.whole
  const init = { status: framed.status as StatusCode, headers: new Headers(framed.fields) }
  const response = c.newResponse(body as ReadableStream | null, init)
  // Over a response that is there already, Hono would put its cookies in place of the reply's.
  c.res = undefined
  c.res = response
  return response
}
