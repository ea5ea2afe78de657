import type { Exchange } from '../exchange.js'
import type { ProxyMiddlewareOptions } from './options.js'
import type { Place } from './target.js'

/** Tells of one exchange, when it is over: `GET /users/ -> http://10.0.0.1:3000 [304]`. */
export function logTo(
  logger: NonNullable<ProxyMiddlewareOptions['logger']>,
  exchange: Exchange,
  { endpoint }: Place,
): void {
  const { method, base, target } = exchange
  const asked = `${method} ${base === '/' ? '' : base}${target.href} -> ${endpoint}`
  exchange.onSettled(({ status, error }) => {
    if (error === null) logger.info(`${asked} [${status}]`)
    else logger.error(`${asked} [${status ?? error.status}] ${error.code}: ${error.message}`)
  })
}
