import { asError } from '../../errors.js'
import { type EventHub, events as sharedEvents } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import type { Handler } from '../../filter.js'
import { loadPackage } from '../../load-package.js'
import { check, checkOptions, type Milliseconds } from '../../options.js'
import { emptyReply, type Reply, reply } from '../../reply.js'
import type { HandlerVerdict } from '../../verdict.js'
import { type MetricsRegistry, registryCheck } from './registry.js'

export interface MetricsPageOptions {
  /** Whose metrics are shown. @default prom-client's own `register` */
  readonly register?: MetricsRegistry | undefined
  /** A text that is no older is given again, so that it costs little who asks, and how often. 0 makes one for each. @default 1000 */
  readonly maxAgeMs?: Milliseconds | undefined
  /** Where a `fault` goes if a metric can't be read. @default the shared `events` */
  readonly events?: EventHub | undefined
  /** Reads a clock that never steps. @default performance.now */
  readonly now?: (() => Milliseconds) | undefined
}

const NOT_KEPT = { 'cache-control': 'no-store' }

/**
 * Makes the handler that Prometheus scrapes: the text of a registry, for GET and HEAD. Put a guard in front: it tells how your
 * upstreams are called and how they are.
 *
 * It answers to its own spelling only: what reaches it as `/%6detrics` or `//metrics`, past a rule for `/metrics` of a proxy in front, is a
 * 404 (H-197). Whoever comes while a text is being made gets that one.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also if prom-client is not installed.
 * @example
 * ```ts
 * const routes = [{ path: '/metrics', filters: [ipRules({ allow: ['10.0.0.0/8'] })], handler: metricsPage() }]
 * ```
 */
export function metricsPage(options: MetricsPageOptions = {}): Handler {
  checkOptions('metricsPage', options, {
    register: registryCheck,
    maxAgeMs: check.durationOrOff,
    events: check.object,
    now: check.function,
  })
  const { maxAgeMs = 1_000, events = sharedEvents, now = () => performance.now() } = options
  const register: MetricsRegistry =
    options.register ?? loadPackage<typeof import('prom-client')>('prom-client', 'metricsPage').register
  const make = async (): Promise<Reply> => {
    try {
      return reply(200, await register.metrics(), { ...NOT_KEPT, 'content-type': register.contentType })
    } catch (error) {
      events.emit('fault', { where: 'metricsPage', error: asError(error) })
      return reply(500, '500 Internal Server Error\n', NOT_KEPT)
    }
  }
  let text: Promise<Reply> | null = null
  let underWay = false
  let begunAt = 0
  const scrape = (): Promise<Reply> => {
    if (text !== null && (underWay || now() - begunAt < maxAgeMs)) return text
    underWay = true
    begunAt = now()
    text = make().finally(() => {
      underWay = false
    })
    return text
  }
  const page: Handler = async (exchange) => {
    const { method } = exchange
    if (!isPlain(exchange)) return emptyReply(404, NOT_KEPT)
    if (method !== 'GET' && method !== 'HEAD') return emptyReply(405, { ...NOT_KEPT, allow: 'GET, HEAD' })
    return scrape()
  }
  const explain = (exchange: Exchange): HandlerVerdict => {
    const { method } = exchange
    const deny = { handler: 'metricsPage', verdict: 'deny' } as const
    if (!isPlain(exchange)) return { ...deny, status: 404, why: 'another spelling than its own' }
    if (method !== 'GET' && method !== 'HEAD') return { ...deny, status: 405, why: 'a method other than GET, HEAD' }
    return { handler: 'metricsPage', verdict: 'answer', status: 200, why: 'the metrics of a registry' }
  }
  return Object.assign(page, { explain })
}

/** Whether a client wrote the path as it is matched: any other way of writing it is a way around somebody's rule. */
function isPlain({ target, base, requestTarget }: Exchange): boolean {
  const path = base === '/' ? target.path : `${base}${target.path}`
  return requestTarget === path + target.query || (target.path === '/' && requestTarget === base + target.query)
}
