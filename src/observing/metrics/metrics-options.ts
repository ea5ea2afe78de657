import type { Server } from 'node:net'
import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import type { Ban } from '../../filters/abuse/ban.js'
import { type Check, check, checkOptions, optionError } from '../../options.js'
import { checkPools, type PoolSource } from '../pool-source.js'
import type { GatewaySource } from './gateways.js'
import type { MeasuredTls } from './looked-at.js'
import { type MetricsRegistry, registryCheck } from './registry.js'

export interface MetricsOptions {
  /** Where the metrics go. @default prom-client's own `register` */
  readonly register?: MetricsRegistry | undefined
  /** Pools whose endpoints have metrics of their own, of different names. Attempts of other pools are counted without their endpoints. @default none */
  readonly pools?: PoolSource | undefined
  /** Gateways whose requests and WebSockets under way are counted, all together. @default none */
  readonly gateways?: GatewaySource | undefined
  /** Servers whose open connections are counted. @default none */
  readonly servers?: readonly Server[] | undefined
  /** What `tlsOptions` made: whose certificates' ends are told. @default none */
  readonly tls?: readonly MeasuredTls[] | undefined
  /** Filters whose bans are counted. @default none */
  readonly bans?: readonly Ban[] | undefined
  /** Whose events are counted: the hub that gateways and pools have. @default the shared `events` */
  readonly events?: EventHub | undefined
  /** Upper bounds of the histograms' buckets, in seconds, rising. @default 14 from 1 ms to 30 s */
  readonly buckets?: readonly number[] | undefined
  /** Stands before every name. @default 'edgewise_' */
  readonly prefix?: string | undefined
  /**
   * Most sets of label values that a metric has: what is new then is counted under `other`. No label's value comes from a client, so that a
   * configuration alone gets near it (H-196). @default 5000
   */
  readonly maxSeries?: number | undefined
  /**
   * Labels of a request that stands for its bucket of `request_duration_seconds`, as `{ trace_id: '…' }`: up to 128 characters with their
   * names. A registry shows them that speaks OpenMetrics. @default none
   */
  readonly exemplar?: ((exchange: Exchange) => Readonly<Record<string, string>> | null | undefined) | undefined
}

/** For a gateway: from what a neighbour takes to what hardly anybody waits for. */
export const USUAL_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkMetricsOptions(options: MetricsOptions): void {
  checkOptions('metrics', options, {
    register: registryCheck,
    pools: checkPools,
    gateways: check.either(
      listOf('gateways', (each) => typeof each?.traffic === 'object'),
      check.function,
    ),
    servers: listOf('servers', (each) => typeof each?.getConnections === 'function'),
    tls: listOf('what tlsOptions() makes', (each) => Array.isArray(each?.inUse)),
    bans: listOf('filters that ban() makes', (each) => typeof each?.list === 'function'),
    events: check.object,
    buckets: (value) => (isRising(value) ? undefined : 'seconds above 0, rising, 1 to 100 of them'),
    prefix: (value) =>
      typeof value === 'string' && /^(?:[a-zA-Z_:][a-zA-Z0-9_:]*)?$/.test(value)
        ? undefined
        : 'letters, digits, "_" and ":", beginning with no digit',
    maxSeries: check.whole(10, 1_000_000),
    exemplar: check.function,
  })
  const { pools = [] } = options
  if (typeof pools === 'function') return
  const twice = pools.find(({ name }, at) => pools.findIndex((other) => other.name === name) < at)
  if (twice !== undefined) throw optionError('metrics', 'pools', twice.name, 'pools of different names')
}

function listOf(what: string, fits: (each: Record<string, unknown> | null) => boolean): Check {
  return (value) => (Array.isArray(value) && value.every(fits) ? undefined : `an array of ${what}`)
}

function isRising(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= 100 &&
    value.every((bound, at) => typeof bound === 'number' && bound > (at === 0 ? 0 : value[at - 1]) && bound < Infinity)
  )
}
