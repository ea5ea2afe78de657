import { events as sharedEvents } from '../../events.js'
import type { Handler } from '../../filter.js'
import { loadPackage } from '../../load-package.js'
import { Attempts } from './attempts.js'
import { gatewayMetrics } from './gateways.js'
import { happenings } from './happenings.js'
import { lookedAt } from './looked-at.js'
import { checkMetricsOptions, type MetricsOptions, USUAL_BUCKETS } from './metrics-options.js'
import { metricsPage } from './metrics-page.js'
import { Pools } from './pools.js'
import { enter } from './registry.js'
import { Requests } from './requests.js'
import type { Section } from './section.js'
import { signs } from './signs.js'

/** Metrics that are being kept. */
export interface Metrics extends Disposable {
  /** Serves the registry's text, as {@link metricsPage}. */
  readonly handler: Handler
  /** Counts no more, and takes the metrics out of the registry. */
  close(): void
}

/**
 * Keeps metrics for Prometheus, in a registry of `prom-client` (an optional peer): rate, errors and duration by route, attempts and state
 * of pools and endpoints, and what filters did. It listens to events and looks at pools when somebody scrapes; a request costs it a
 * fraction of a microsecond, and nothing at all where it is not called.
 *
 * Labels are routes as they are written, names from the configuration, and words of a fixed list. No path, query, host, user agent, address or
 * unregistered method becomes one, so that no client can make series (H-196).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also if prom-client is not installed, or the registry has metrics of these names.
 * @example
 * ```ts
 * const measured = metrics({ pools: [users], gateways: () => [gateway] })
 * const gateway = createGateway({
 *   routes: [
 *     { path: '/metrics', filters: [ipRules({ allow: ['10.0.0.0/8'] })], handler: measured.handler },
 *     { path: '/users/**', handler: forward({ pool: users }) },
 *   ],
 * })
 * ```
 */
export function metrics(options: MetricsOptions = {}): Metrics {
  checkMetricsOptions(options)
  const { pools = [], gateways = [], servers = [], tls = [], bans = [], events = sharedEvents, exemplar } = options
  const { buckets = USUAL_BUCKETS, prefix = 'edgewise_', maxSeries = 5_000 } = options
  const register = options.register ?? loadPackage<typeof import('prom-client')>('prom-client', 'metrics').register
  const sections: readonly Section[] = [
    new Requests({ buckets, maxSeries, exemplar }),
    gatewayMetrics(gateways),
    new Attempts({ buckets, maxSeries, pools }),
    new Pools(pools, maxSeries),
    happenings(maxSeries),
    signs(maxSeries),
    lookedAt({ servers, bans, tls }),
  ]
  const leave = enter(
    register,
    prefix,
    sections.flatMap(({ families }) => families),
  )
  const unsubscribe = sections.flatMap((section) => section.listen?.(events) ?? [])
  const close = (): void => {
    leave()
    for (const each of unsubscribe.splice(0)) each()
  }
  return { handler: metricsPage({ register, events }), close, [Symbol.dispose]: close }
}
