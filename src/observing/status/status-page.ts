import { bytesBody, emptyBody } from '../../body.js'
import type { Exchange } from '../../exchange.js'
import type { Handler } from '../../filter.js'
import { type Deny, denier } from '../../filters/denial.js'
import { shareHeaders, toHeaders } from '../../http/header-map.js'
import { problem } from '../../problem.js'
import type { Reply } from '../../reply.js'
import { Board } from './board.js'
import { formOf } from './form.js'
import { policyOf } from './page/policy.js'
import { readStatusOptions, type StatusPageOptions } from './status-options.js'

/** A handler that watches what it shows until it is closed; a gateway closes it with itself. */
export type StatusPage = Handler & { close(): Promise<void> }

/** Of every form: what is true now concerns nobody later on (H-197), and nobody else. */
const COMMON = {
  'cache-control': 'no-store',
  vary: 'Accept',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/**
 * Shows pools, endpoints and gateways: state and why, load, latencies, sparklines, the latest changes. A page that updates itself, JSON
 * (`Accept: application/json` or `?format=json`), and server-sent events (`text/event-stream`), all at one address, as HAProxy's
 * statistics page. Mount it behind what keeps strangers out.
 *
 * It looks at everything once a `refreshMs` at most, whoever asks.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const routes = [
 *   { path: '/status/**', filters: [ipRules({ allow: ['10.0.0.0/8'] })], handler: statusPage({ pools: [users, orders] }) },
 * ]
 * ```
 */
export function statusPage(options: StatusPageOptions): StatusPage {
  const settings = readStatusOptions(options)
  const board = new Board(settings)
  const notAllowed = denier('statusPage', 405, settings.events, { allow: 'GET, HEAD' })
  const htmlHeaders = shareHeaders(toHeaders({ ...COMMON, ...policyOf(), 'content-type': 'text/html; charset=utf-8' }))
  const jsonHeaders = shareHeaders(toHeaders({ ...COMMON, 'content-type': 'application/json' }))
  const eventHeaders = shareHeaders(
    // NGINX in front would gather events into buffers.
    toHeaders({ ...COMMON, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' }),
  )
  const show = (exchange: Exchange): Reply => {
    const refusal = refuse(exchange, notAllowed)
    if (refusal !== null) return refusal
    const form = formOf(exchange)
    if (form === null) return problem({ status: 400, detail: 'format is html, json or events' })
    if (form === 'html') return { status: 200, headers: htmlHeaders, body: bytesBody(board.html) }
    if (form === 'json') return { status: 200, headers: jsonHeaders, body: bytesBody(board.json) }
    // A HEAD has no stream, nor has who wants to switch protocols.
    if (exchange.method === 'HEAD' || exchange.upgrade !== null)
      return { status: 200, headers: eventHeaders, body: emptyBody }
    const body = board.watch(exchange)
    return body === null
      ? problem({ status: 503, detail: 'as many watch as may' }, { 'retry-after': '10' })
      : { status: 200, headers: eventHeaders, body }
  }
  return Object.assign(async (exchange: Exchange) => show(exchange), { close: async () => board.close() })
}

/** What is not asked of the page itself. */
function refuse(exchange: Exchange, notAllowed: Deny): Reply | null {
  const { method, params } = exchange
  if (method !== 'GET' && method !== 'HEAD') return notAllowed(exchange, `${method} of a page that is only looked at`)
  // Mounted at `/status/**`, nothing lies below.
  return (params['0'] ?? '') === '' ? null : problem({ status: 404 })
}
