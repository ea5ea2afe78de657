import type { Exchange } from '../../../exchange.js'
import type { PlainHandler } from '../../../filter.js'
import { type AttemptListener, type AttemptWatcher, watchAttempts } from '../../../forwarding/attempt-watch.js'
import type { MutableHeaderMap } from '../../../http/header-map.js'
import type { Milliseconds } from '../../../options.js'
import type { Reply } from '../../../reply.js'
import type { Lease } from '../../../upstream/lease.js'
import { keepTrace, type Trace } from '../trace.js'
import { SAMPLED, writeTraceparent } from '../traceparent.js'
import { KIND, type Span, type SpanContext } from './api.js'
import { attemptAttributes, spanName } from './attributes.js'
import { endAttempt, endExchange } from './ending.js'
import type { Spans } from './spans.js'

/** The trace of an exchange that has a span of OpenTelemetry's, recorded or not. */
export class SpanTrace implements Trace, AttemptWatcher {
  readonly span: Span
  /** Holds the span. */
  readonly context: unknown
  readonly #spans: Spans
  readonly #known: SpanContext

  constructor(spans: Spans, span: Span, context: unknown) {
    this.#spans = spans
    this.span = span
    this.context = context
    this.#known = span.spanContext()
  }

  get traceId(): string {
    return this.#known.traceId
  }

  get spanId(): string {
    return this.#known.spanId
  }

  get sampled(): boolean {
    return (this.#known.traceFlags & SAMPLED) === SAMPLED
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.#known
    return writeTraceparent({ traceId, spanId, flags: traceFlags })
  }

  get tracestate(): string {
    return this.#known.traceState?.serialize() ?? ''
  }

  run<T>(work: () => T): T {
    return this.#spans.api.context.with(this.context, work)
  }

  /** Goes on with the exchange in its span, which ends with it. */
  enter(exchange: Exchange, next: PlainHandler): Promise<Reply> {
    keepTrace(exchange, this)
    if (this.span.isRecording()) {
      watchAttempts(exchange, this)
      exchange.onSettled((outcome) =>
        this.#spans.harmless('the end of an exchange', () => endExchange(this.span, outcome)),
      )
    }
    return this.#spans.api.context.with(this.context, next, undefined, exchange)
  }

  begin(exchange: Exchange, lease: Lease, resends: number, waitedMs: Milliseconds): AttemptListener | null {
    return this.#spans.harmless('an attempt', () => this.#begin(exchange, lease, resends, waitedMs)) ?? null
  }

  #begin(exchange: Exchange, { endpoint, pool }: Lease, resends: number, waitedMs: Milliseconds): AttemptListener {
    const { api, tracer, propagation, showQuery, harmless } = this.#spans
    const parent = this.#here()
    const attributes = attemptAttributes(exchange, pool, endpoint, showQuery)
    if (resends > 0) attributes['http.request.resend_count'] = resends
    if (waitedMs > 0) attributes['edgewise.queue_ms'] = Math.round(waitedMs)
    const kind = endpoint.protocol === 'local' ? KIND.internal : KIND.client
    const span = tracer.startSpan(spanName(exchange.method, null), { kind, attributes }, parent)
    const context = api.trace.setSpan(parent, span)
    harmless('the fields of an attempt', () => propagation.renew(exchange.headers as MutableHeaderMap, context))
    return { end: (outcome) => harmless('the end of an attempt', () => endAttempt(span, outcome)) }
  }

  /** Where the work for this exchange stands now: in a span of the application's own, if there is one, else in that of the exchange. */
  #here(): unknown {
    const { context, trace } = this.#spans.api
    const active = context.active()
    return trace.getSpanContext(active)?.traceId === this.traceId ? active : this.context
  }
}
