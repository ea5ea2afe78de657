import type { EventHub } from '../../../events.js'
import type { Exchange } from '../../../exchange.js'
import { loadPackage } from '../../../load-package.js'
import type { Intake } from '../incoming.js'
import { SAMPLED } from '../traceparent.js'
import type { TracingOptions } from '../tracing-options.js'
import { KIND, type OpenTelemetryApi, type Span, type Tracer } from './api.js'
import { moreAttributes, QUERY, requestAttributes, routeOf, type ShowQuery, spanName } from './attributes.js'
import { Propagation } from './propagation.js'
import { SpanTrace } from './span-trace.js'

/** An exchange that goes on in a span. */
export interface Spanned {
  readonly trace: SpanTrace
  /** With the fields that name the span. */
  readonly exchange: Exchange
}

/** Makes the spans of one `tracing()`. Whatever a tracer, sampler or propagator throws is told as a `fault`, and the request goes on without. */
export class Spans {
  readonly api: OpenTelemetryApi
  readonly tracer: Tracer
  readonly propagation: Propagation
  readonly showQuery: ShowQuery
  readonly #events: EventHub

  /** @throws {@link EdgeError} `ERR_EDGE_OPTION` where the package is not installed. */
  constructor(options: TracingOptions, intake: Intake, events: EventHub) {
    this.api = options.api ?? loadPackage<OpenTelemetryApi>('@opentelemetry/api', 'tracing')
    this.tracer = options.tracer ?? this.api.trace.getTracer('edgewise')
    this.propagation = new Propagation(this.api, intake, options.baggage === 'drop')
    this.showQuery = QUERY[options.urlQuery ?? 'redact']
    this.#events = events
  }

  /** `undefined` where no SDK is registered that would make a span. */
  begin(exchange: Exchange): Spanned | undefined {
    // Not by `harmless`, here and for the fields: every request comes this way, and a closure costs it more than the `try`.
    try {
      return this.#begin(exchange)
    } catch (error) {
      this.#failed('an exchange', error)
      return undefined
    }
  }

  /** @param of Of what the tracing may fail. */
  readonly harmless = <T>(of: string, work: () => T): T | undefined => {
    try {
      return work()
    } catch (error) {
      this.#failed(of, error)
      return undefined
    }
  }

  #failed(of: string, error: unknown): void {
    this.#events.emit('fault', { where: `tracing ${of}`, error })
  }

  #begin(exchange: Exchange): Spanned | undefined {
    const { api, tracer } = this
    const around = this.#around()
    const route = routeOf(exchange)
    const { context: caller, link, baggage } = this.propagation.origin(exchange)
    const parent = around ?? caller
    const span = tracer.startSpan(
      spanName(exchange.method, route),
      {
        kind: around === undefined ? KIND.server : KIND.internal,
        attributes: requestAttributes(exchange, route, this.showQuery),
        links: link === undefined ? [] : [{ context: link }],
      },
      parent,
    )
    if (!api.trace.isSpanContextValid(span.spanContext())) return undefined
    const context = api.trace.setSpan(parent, span)
    const trace = new SpanTrace(this, span, context)
    if (span.isRecording()) span.setAttributes(moreAttributes(exchange))
    return { trace, exchange: this.#named(exchange, context, baggage) }
  }

  /** With the fields that name its span. */
  #named(exchange: Exchange, context: unknown, baggage: string): Exchange {
    try {
      return exchange.with({ headers: this.propagation.outgoing(exchange.headers, context, baggage) })
    } catch (error) {
      this.#failed('the fields of an exchange', error)
      return exchange
    }
  }

  /**
   * A context whose span is of this request already: the HTTP instrumentation's. One that has ended is another's, such as that of an application's
   * start, in which the server began to listen.
   */
  #around(): unknown {
    const { context, trace, ROOT_CONTEXT } = this.api
    const active = context.active()
    if (active === ROOT_CONTEXT) return undefined
    const span: Span | undefined = trace.getSpan(active)
    if (span === undefined) return undefined
    const known = span.spanContext()
    const alive = span.isRecording() || (known.traceFlags & SAMPLED) === 0
    return alive && trace.isSpanContextValid(known) ? active : undefined
  }
}
