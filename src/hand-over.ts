import { emptyBody } from './body.js'
import { EdgeError } from './errors.js'
import type { Exchange } from './exchange.js'
import type { Handler } from './filter.js'
import { emptyHeaders } from './http/header-map.js'
import type { Reply } from './reply.js'
import type { HandlerVerdict } from './verdict.js'
import { isReadByFilter, type KeepsBody } from './whole-body.js'

const HANDED_OVER: unique symbol = Symbol('edgewise.handedOver')

/**
 * The terminal handler that lets the framework's own handlers answer: what stands in front of it denies or lets pass. Header
 * changes that filters make to its reply are set on the framework's response.
 *
 * @example
 * ```ts
 * app.use('/admin', toExpress(compose(ipRules({ allow: ['10.0.0.0/8'] }), handOver()), { base: '/admin' }))
 * app.get('/admin/me', (req, res) => res.json({ address: exchangeOf(req)?.client.address }))
 * ```
 */
export function handOver(): Handler {
  const handler: Handler = async (exchange) =>
    ({ status: 200, headers: emptyHeaders(), body: emptyBody, [HANDED_OVER]: bodyLeft(exchange) }) as Reply
  return Object.assign(handler, { handsOver: true, explain: () => TO_FRAMEWORK })
}

const TO_FRAMEWORK: HandlerVerdict = {
  handler: 'handOver',
  verdict: 'hand-over',
  why: 'the framework’s own handlers answer',
}

/** Where the framework finds the body: in the request, where a parser or a filter kept it, or nowhere any more. */
type BodyLeft = 'as it came' | 'kept' | 'gone'

function bodyLeft({ body, raw }: Exchange): BodyLeft {
  if (body.kind !== 'bytes' || !raw.readableDidRead) return 'as it came'
  if ((raw as KeepsBody).rawBody === undefined) return 'gone'
  return isReadByFilter(raw) ? 'kept' : 'as it came'
}

/**
 * What keeps a framework from going on, which would wait for the body for ever, or find it empty; `null` for nothing.
 *
 * @param findsKept Whether its parsers look where a filter has kept the bytes.
 */
export function handOverFailure(reply: Reply, findsKept: boolean): EdgeError | null {
  const left = (reply as { [HANDED_OVER]?: BodyLeft })[HANDED_OVER]
  if (left === undefined || left === 'as it came' || (left === 'kept' && findsKept)) return null
  return new EdgeError(
    'ERR_EDGE_BODY_CONSUMED',
    'a filter in front of handOver() read the request body, so that the framework could not. Let a parser in front of both keep the bytes: express.json({ verify: keepRawBody })',
  )
}

/** Whether a reply is {@link handOver}'s, perhaps with changed headers, rather than one of a filter's own. */
export function isHandedOver(reply: Reply): boolean {
  return HANDED_OVER in reply
}

const exchanges = new WeakMap<object, Exchange>()

/** @internal Remembers the exchange of a request that the framework goes on with. */
export function rememberExchange(exchange: Exchange): void {
  exchanges.set(exchange.raw, exchange)
}

/**
 * The exchange of a request that was handed over, so that what filters found (a principal, say) reaches the app: takes Express's
 * `req`, Koa's `ctx`, Hono's `c`, Fastify's `request` or Node's own. `undefined` if none was handed over.
 *
 * @example
 * ```ts
 * app.use('/admin', toExpress(compose(jwt({ jwksUri }), handOver()), { base: '/admin' }))
 * app.get('/admin/me', (req, res) => res.json({ id: principalOf(exchangeOf(req))?.id }))
 * ```
 */
export function exchangeOf(subject: object): Exchange | undefined {
  const { req, raw, env } = subject as { req?: object; raw?: object; env?: { incoming?: object } }
  for (const candidate of [subject, raw, req, env?.incoming]) {
    const exchange = candidate === undefined ? undefined : exchanges.get(candidate)
    if (exchange !== undefined) return exchange
  }
  return undefined
}
