import type { EdgeEvents, EventHub } from '../../../events.js'
import type { Exchange } from '../../../exchange.js'
import { traceOf } from '../trace.js'
import { type Attributes, ERROR, KIND } from './api.js'
import { SpanTrace } from './span-trace.js'
import type { Spans } from './spans.js'

/** Marks spans with what filters decide, and makes those of probes, from what the parts of a gateway tell. */
export class Marking {
  readonly #spans: Spans
  readonly #events: EventHub
  readonly #probes: boolean
  /** Gateways that the filter stands in; one that is closing may have its successor already. */
  #users = 0
  #ends: readonly (() => void)[] = []

  constructor(spans: Spans, events: EventHub, probes: boolean) {
    this.#spans = spans
    this.#events = events
    this.#probes = probes
  }

  start(): void {
    if (this.#users++ > 0) return
    const events = this.#events
    this.#ends = [
      events.on('cache', ({ exchange, result, collapsed }) =>
        mark(exchange, { 'edgewise.cache.result': result, ...(collapsed ? { 'edgewise.cache.collapsed': true } : {}) }),
      ),
      events.on('denied', ({ exchange, filter, why }) =>
        mark(exchange, { 'edgewise.denied.by': filter, 'edgewise.denied.why': why }),
      ),
      events.on('limited', ({ exchange, limit, dryRun }) =>
        mark(exchange, { 'edgewise.limit.name': limit, ...(dryRun ? { 'edgewise.limit.dry_run': true } : {}) }),
      ),
      ...(this.#probes ? [events.on('probe', (probe) => this.#probed(probe))] : []),
    ]
  }

  close(): void {
    if (this.#users === 0 || --this.#users > 0) return
    for (const end of this.#ends) end()
  }

  /** A trace of its own, made afterwards: nothing of it goes out with the probe. */
  #probed({ pool, endpoint, well, why, startedAt, endedAt }: EdgeEvents['probe']): void {
    const { tracer, api } = this.#spans
    const { timeOrigin } = performance
    const span = tracer.startSpan(
      'health check',
      {
        kind: KIND.internal,
        root: true,
        attributes: { 'edgewise.pool': pool, 'edgewise.endpoint': endpoint, 'edgewise.probe.well': well },
        startTime: timeOrigin + startedAt,
      },
      api.ROOT_CONTEXT,
    )
    if (!well) span.setStatus({ code: ERROR, message: why })
    span.end(timeOrigin + endedAt)
  }
}

function mark(exchange: Exchange, attributes: Attributes): void {
  const trace = traceOf(exchange)
  if (trace instanceof SpanTrace) trace.span.setAttributes(attributes)
}
