import { emptyBody } from '../../body.js'
import type { Exchange } from '../../exchange.js'
import type { Handler } from '../../filter.js'
import { denier } from '../../filters/denial.js'
import { problem } from '../../problem.js'
import type { Reply } from '../../reply.js'
import type { HandlerVerdict } from '../../verdict.js'
import { belowMount } from '../mount.js'
import { acting } from './acting.js'
import { Board } from './board.js'
import { formOf } from './form.js'
import { formReply } from './form-reply.js'
import { readStatusOptions, type StatusPageOptions } from './status-options.js'

/** A handler that watches what it shows until it is closed; a gateway closes it with itself. */
export type StatusPage = Handler & { close(): Promise<void> }

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
  const act = settings.authorize === null ? null : acting(() => board.pools, settings.authorize, settings.events)
  const allow = act === null ? 'GET, HEAD' : 'GET, HEAD, POST'
  const notAllowed = denier('statusPage', 405, settings.events, { allow })
  const show = (exchange: Exchange): Reply => {
    const form = formOf(exchange)
    if (form === null) return problem({ status: 400, detail: 'format is html, json or events' })
    if (form !== 'events') return board[form]
    // A HEAD has no stream, nor has who wants to switch protocols.
    if (exchange.method === 'HEAD' || exchange.upgrade !== null) return formReply('events', emptyBody)
    const body = board.watch(exchange)
    return body === null
      ? problem({ status: 503, detail: 'as many watch as may' }, { 'retry-after': '10' })
      : formReply('events', body)
  }
  const page = async (exchange: Exchange): Promise<Reply> => {
    const { method } = exchange
    // Mounted at `/status/**`, nothing lies below.
    if (belowMount(exchange) !== '') return problem({ status: 404 })
    if (method === 'GET' || method === 'HEAD') return show(exchange)
    if (method === 'POST' && act !== null) return act(exchange)
    return notAllowed(exchange, `a method other than ${allow}`)
  }
  const explain = (exchange: Exchange): HandlerVerdict => {
    const { method } = exchange
    const answer = { handler: 'statusPage', verdict: 'answer' } as const
    if (belowMount(exchange) !== '') return { ...answer, status: 404, why: 'nothing lies below the page' }
    if (method === 'POST' && act !== null)
      return { handler: 'statusPage', verdict: 'depends', why: 'its authorizer says who may act' }
    if (method !== 'GET' && method !== 'HEAD')
      return { handler: 'statusPage', verdict: 'deny', status: 405, why: `a method other than ${allow}` }
    const form = formOf(exchange)
    if (form === null) return { ...answer, status: 400, why: 'no such format' }
    return form === 'events'
      ? { ...answer, why: 'what changes, to as many as may watch' }
      : { ...answer, status: 200, why: `how everything is, in ${form === 'json' ? 'JSON' : 'HTML'}` }
  }
  return Object.assign(page, { close: async () => board.close(), explain })
}
