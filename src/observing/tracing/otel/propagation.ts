import type { Exchange } from '../../../exchange.js'
import { changeHeaders, emptyHeaders, type HeaderMap, type MutableHeaderMap } from '../../../http/header-map.js'
import { cleaned, hasAny, type Incoming, type Intake, NO_FIELDS, TRACE_FIELDS } from '../incoming.js'
import { writeTraceparent } from '../traceparent.js'
import type { OpenTelemetryApi, SpanContext } from './api.js'

/** Where a trace comes from. */
export interface Origin {
  /** Holds the caller's span, if its trace is continued. */
  readonly context: unknown
  /** The span of a caller whose trace is not. */
  readonly link: SpanContext | undefined
  readonly baggage: string
}

/**
 * Carries traces from and to header fields: as the propagator does that is registered with OpenTelemetry (B3, X-Ray, …), else by W3C Trace Context.
 * A propagator sees `traceparent`, `tracestate` and `baggage` only as far as they are in good order.
 */
export class Propagation {
  readonly #api: OpenTelemetryApi
  readonly #intake: Intake
  readonly #dropsBaggage: boolean
  readonly #nowhere: Origin
  /** Fields of the registered propagator, none without one; as each exchange's beginning found them. */
  #others: readonly string[] = []
  #known: readonly string[] = TRACE_FIELDS

  constructor(api: OpenTelemetryApi, intake: Intake, dropsBaggage: boolean) {
    this.#api = api
    this.#intake = intake
    this.#dropsBaggage = dropsBaggage
    this.#nowhere = { context: api.ROOT_CONTEXT, link: undefined, baggage: '' }
  }

  /** What a request's own fields say, of whom one may believe. */
  origin(exchange: Exchange): Origin {
    const { ROOT_CONTEXT, trace } = this.#api
    const incoming = this.#intake.read(exchange, this.#fields())
    if (incoming === NO_FIELDS) return this.#nowhere
    const context = this.#extract(exchange.headers, incoming)
    const { trusted, baggage } = incoming
    return trusted
      ? { context, link: undefined, baggage }
      : { context: ROOT_CONTEXT, link: trace.getSpanContext(context), baggage }
  }

  /** The fields of a request that goes on in this context, in place of those that it came with. */
  outgoing(headers: HeaderMap, context: unknown, baggage: string): HeaderMap {
    const fields = this.#fields()
    const sent = hasAny(headers, fields) ? without(headers, fields) : changeHeaders(headers, {})
    if (baggage !== '') sent['baggage'] = baggage
    this.#inject(context, sent)
    // An instrumentation around us may have taken a stranger's into the context.
    const unwanted = this.#dropsBaggage || (headers['baggage'] !== undefined && baggage === '')
    return unwanted && sent['baggage'] !== undefined ? changeHeaders(sent, { baggage: undefined }) : sent
  }

  /** Sets the fields anew where they stand: what a rule has taken away stays away. */
  renew(headers: MutableHeaderMap, context: unknown): void {
    const fields: MutableHeaderMap = {}
    this.#inject(context, fields)
    for (const name in fields) if (headers[name] !== undefined) headers[name] = fields[name]
  }

  /** Made anew where another propagator is registered. */
  #fields(): readonly string[] {
    const others = this.#api.propagation.fields()
    if (others.length !== this.#others.length || others.some((name, at) => name !== this.#others[at])) {
      this.#others = others
      this.#known = [...TRACE_FIELDS, ...others.map((name) => name.toLowerCase())]
    }
    return this.#known
  }

  #extract(headers: HeaderMap, incoming: Incoming): unknown {
    const { ROOT_CONTEXT, trace, propagation, createTraceState } = this.#api
    const { parent, state } = incoming
    if (this.#others.length > 0) {
      const traceparent = parent === null ? '' : writeTraceparent(parent)
      return propagation.extract(ROOT_CONTEXT, cleaned(headers, traceparent, incoming), GETTER)
    }
    if (parent === null) return ROOT_CONTEXT
    const { traceId, spanId, flags } = parent
    const caller: SpanContext = { traceId, spanId, traceFlags: flags, isRemote: true }
    if (state !== '') caller.traceState = createTraceState(state)
    return trace.setSpanContext(ROOT_CONTEXT, caller)
  }

  #inject(context: unknown, carrier: MutableHeaderMap): void {
    const { trace, propagation } = this.#api
    if (this.#others.length > 0) propagation.inject(context, carrier, SETTER)
    else {
      const { traceId, spanId, traceFlags, traceState } = trace.getSpanContext(context)!
      carrier['traceparent'] = writeTraceparent({ traceId, spanId, flags: traceFlags })
      const state = traceState?.serialize() ?? ''
      if (state !== '') carrier['tracestate'] = state
    }
  }
}

function without(headers: HeaderMap, names: readonly string[]): MutableHeaderMap {
  const rest = emptyHeaders()
  for (const name in headers) if (!names.includes(name)) rest[name] = headers[name]
  return rest
}

const GETTER = {
  get: (headers: HeaderMap, name: string): string | string[] | undefined =>
    headers[name.toLowerCase()] as string | string[] | undefined,
  keys: (headers: HeaderMap): string[] => Object.keys(headers),
}

/** What can't be sent is left out, rather than fail a request for its trace. */
const SENDABLE = /^[\t\x20-\x7e]*$/
const SETTER = {
  set(carrier: MutableHeaderMap, name: string, value: string): void {
    if (typeof value === 'string' && SENDABLE.test(value)) carrier[name.toLowerCase()] = value
  },
}
