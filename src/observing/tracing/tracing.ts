import { events as sharedEvents } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter, type PlainHandler, type Verdict } from '../../filter.js'
import { changeReply } from '../../filters/reply-fields.js'
import type { Reply } from '../../reply.js'
import { Intake, TRACE_FIELDS } from './incoming.js'
import { Marking } from './otel/marking.js'
import { Spans } from './otel/spans.js'
import { Starter } from './starter.js'
import { TELL } from './tell-client.js'
import { traceOf } from './trace.js'
import { checkTracingOptions, makesSpans, type TracingOptions } from './tracing-options.js'

/**
 * Passes traces on, or starts them: W3C Trace Context and Baggage, without any package. With OpenTelemetry it makes spans as well: one of each
 * exchange, and one of each attempt at an endpoint, whose id goes out with that attempt. Goes first in a chain: what stands in front of it is
 * in no span.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`, also where `openTelemetry` is on and `@opentelemetry/api` is not installed.
 * @example
 * ```ts
 * const gateway = createGateway({ filters: [tracing({ openTelemetry: true })], routes })
 * ```
 */
export function tracing(options: TracingOptions = {}): Filter {
  checkTracingOptions(options)
  const { tellClient = false, probes = false, events = sharedEvents } = options
  const intake = new Intake(options, events)
  const spans = makesSpans(options) ? new Spans(options, intake, events) : null
  const starter = new Starter(intake, options.sample ?? 1)
  const marking = spans === null ? null : new Marking(spans, events, probes)
  const trace = (exchange: Exchange, next: PlainHandler): Promise<Reply> => {
    const spanned = spans?.begin(exchange)
    return spanned === undefined ? next(starter.begin(exchange)) : spanned.trace.enter(spanned.exchange, next)
  }
  const tell = tellClient === false ? null : TELL[tellClient]
  const explain = (exchange: Exchange): Verdict => {
    const { trusted, parent } = intake.read(exchange, TRACE_FIELDS)
    if (trusted && parent !== null) return { verdict: 'pass', why: `continues trace ${parent.traceId}` }
    return {
      verdict: 'change',
      why: parent === null ? 'starts a trace' : 'starts a trace in place of the one it came with',
    }
  }
  return defineFilter(
    {
      filterName: 'tracing',
      stage: 'observe',
      explain,
      ...(marking === null ? {} : { start: async () => marking.start(), close: async () => marking.close() }),
    },
    (exchange, next) => {
      // A chain inside another one: its trace is there already.
      if (traceOf(exchange) !== undefined) return next(exchange)
      if (tell === null) return trace(exchange, next)
      return changeReply(
        exchange,
        () => trace(exchange, next),
        (headers) => tell(headers, traceOf(exchange)!),
      )
    },
  )
}
