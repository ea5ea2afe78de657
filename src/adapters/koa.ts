import type { Context, Middleware, Next } from 'koa'
import { readable } from '../body-tools.js'
import type { Handler } from '../filter.js'
import type { ServedGateway } from '../gateway.js'
import { type Answer, answerTo, type ValueAdapterOptions, valueChecks } from '../serving/answer.js'
import { asMiddleware, type EdgeMiddleware } from '../serving/middleware.js'
import { fieldsOf, Service } from '../serving/serve.js'

/**
 * Turns a gateway or a handler into Koa middleware. Outer middleware sees status and headers, and can change them.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; at the first request, `ERR_EDGE_BASE_MISMATCH`.
 * @example
 * ```ts
 * app.use(toKoa(gateway, { base: '/api' }))
 * ```
 */
export function toKoa(
  subject: ServedGateway | Handler,
  options: ValueAdapterOptions = {},
): Middleware & EdgeMiddleware {
  const service = new Service('toKoa', subject, options, true, valueChecks)
  // Koa sends a 205 without any framing, and its client waits for the end of the connection.
  const cannot = (status: number): boolean => options.direct === true || status === 205
  return asMiddleware(async (ctx: Context, next: Next) => {
    service.ingress.checkStripped(strippedBy(ctx))
    const answer = await answerTo(service, ctx.req, ctx.res, ctx.originalUrl, cannot)
    if (answer.kind === 'value') return assign(ctx, answer)
    if (answer.kind === 'next') {
      answer.give(fieldsOf(ctx.res))
      return next()
    }
    ctx.respond = false
    ctx.status = answer.status
    answer.write()
  }, service)
}

/** Koa's way: body, status, headers. The headers come last, since Koa derives some from the body. */
function assign(ctx: Context, { reply, framed }: Answer & { kind: 'value' }): void {
  const { status, whole, fields } = framed
  // To a HEAD, Koa would state the length of what it holds.
  ctx.body = whole === undefined ? readable(reply.body) : ctx.method === 'HEAD' ? null : Buffer.from(whole ?? [])
  ctx.status = status
  for (const name of ['content-type', 'content-length']) ctx.remove(name)
  for (const [name] of fields) if (name !== 'set-cookie') ctx.remove(name)
  for (const [name, value] of fields) ctx.append(name, value)
}

/** What koa-mount took off the path, if anything. */
function strippedBy(ctx: Context): string {
  if (ctx.url === ctx.originalUrl) return ''
  const path = ctx.originalUrl.replace(/^https?:\/\/[^/?]*|\?.*/gi, '')
  if (path.endsWith(ctx.path)) return path.slice(0, -ctx.path.length)
  return ctx.path === '/' ? path : ''
}
