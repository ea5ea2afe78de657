import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import { check, checkOptions, optionError } from '../../options.js'
import type { OpenTelemetryApi, Tracer } from './otel/api.js'

export interface TracingOptions {
  /**
   * Whose trace is continued: that of a peer in `trustedProxies`, anybody's, nobody's, or as a function says. For others a trace of our own
   * starts, with a link to theirs: a stranger must not decide what is recorded, nor write into traces that are not his.
   *
   * @default 'proxies'
   */
  readonly trust?: 'proxies' | 'always' | 'never' | ((exchange: Exchange) => boolean) | undefined
  /**
   * What becomes of `baggage`, which applications put user ids and the like into. `pass` lets it through from those whose trace is continued;
   * from others it never passes, as an upstream would take it for ours. `drop` takes it from all, for upstreams that are somebody
   * else's (https://www.w3.org/TR/baggage/#security-considerations).
   *
   * @default 'pass'
   */
  readonly baggage?: 'pass' | 'drop' | undefined
  /** Share of the traces started here that are recorded, 0 to 1. With OpenTelemetry its own sampler decides. @default 1 */
  readonly sample?: number | undefined
  /**
   * Tells the client the trace: by `traceresponse` (https://w3c.github.io/trace-context/#traceresponse-header), or in Server-Timing, which scripts
   * of a page can read.
   *
   * @default false
   */
  readonly tellClient?: 'traceresponse' | 'server-timing' | false | undefined
  /** Makes spans through the package `@opentelemetry/api`, and the SDK that you register there. @default false */
  readonly openTelemetry?: boolean | undefined
  /** The same, with the module as you import it: for bundles. @default none */
  readonly api?: OpenTelemetryApi | undefined
  /** The same, with a tracer of your own. @default the registered provider's, named `edgewise` */
  readonly tracer?: Tracer | undefined
  /** What spans tell of a query: the names of its parameters, all of it, or nothing. @default 'redact' */
  readonly urlQuery?: 'redact' | 'keep' | 'omit' | undefined
  /** Whether active health checks make spans, each a trace of its own. @default false */
  readonly probes?: boolean | undefined
  /** Where filters and pools tell what spans are marked with. @default the shared `events` */
  readonly events?: EventHub | undefined
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkTracingOptions(options: TracingOptions): void {
  checkOptions('tracing', options, {
    trust: check.either(check.oneOf('proxies', 'always', 'never'), check.function),
    baggage: check.oneOf('pass', 'drop'),
    sample: (value) => (typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a number from 0 to 1'),
    tellClient: (value) =>
      value === false || value === 'traceresponse' || value === 'server-timing'
        ? undefined
        : "'traceresponse', 'server-timing', or false",
    openTelemetry: check.boolean,
    api: (value) =>
      typeof (value as OpenTelemetryApi | null)?.trace?.getTracer === 'function'
        ? undefined
        : 'the module @opentelemetry/api',
    tracer: (value) =>
      typeof (value as Tracer | null)?.startSpan === 'function' ? undefined : 'a tracer, as trace.getTracer() returns',
    urlQuery: check.oneOf('redact', 'keep', 'omit'),
    probes: check.boolean,
    events: check.object,
  })
  if (makesSpans(options)) {
    if (options.openTelemetry === false)
      throw optionError('tracing', 'openTelemetry', false, 'true, or absent, beside "api" or "tracer"')
    if (options.sample !== undefined)
      throw optionError('tracing', 'sample', options.sample, 'none beside OpenTelemetry, whose own sampler decides')
    return
  }
  for (const name of ['urlQuery', 'probes'] as const)
    if (options[name] !== undefined && options[name] !== false)
      throw optionError('tracing', name, options[name], 'only with openTelemetry: true')
}

/** Whether OpenTelemetry is asked for. */
export function makesSpans({ openTelemetry, api, tracer }: TracingOptions): boolean {
  return openTelemetry === true || api !== undefined || tracer !== undefined
}
