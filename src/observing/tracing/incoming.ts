import type { EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import { changeHeaders, type HeaderMap, type MutableHeaderMap } from '../../http/header-map.js'
import { readBaggage } from './baggage.js'
import { readTraceparent, type TraceParent } from './traceparent.js'
import { readTracestate } from './tracestate.js'
import type { TracingOptions } from './tracing-options.js'

/** The fields of W3C Trace Context, and of Baggage. */
export const TRACE_FIELDS = ['traceparent', 'tracestate', 'baggage'] as const

/** What of a request's own trace fields counts. */
export interface Incoming {
  /** Whether it comes from whom traces are continued. */
  readonly trusted: boolean
  /** Where the caller stands in its trace; `null` for no field, or none that can be read. */
  readonly parent: TraceParent | null
  /** Belongs to `parent`; empty for none. */
  readonly state: string
  /** Empty for none that passes. */
  readonly baggage: string
}

/** Reads the trace fields of requests. */
export class Intake {
  readonly #trust: (exchange: Exchange) => boolean
  readonly #baggage: boolean
  readonly #events: EventHub

  constructor({ trust = 'proxies', baggage = 'pass' }: TracingOptions, events: EventHub) {
    this.#trust = typeof trust === 'function' ? trust : TRUST[trust]
    this.#baggage = baggage === 'pass'
    this.#events = events
  }

  /** @param fields Those that a trace may come by. */
  read(exchange: Exchange, fields: readonly string[]): Incoming {
    const { headers } = exchange
    if (!hasAny(headers, fields)) return NO_FIELDS
    const parent = readTraceparent(headers['traceparent'])
    const trusted = this.#trusts(exchange)
    return {
      trusted,
      parent,
      // §3.3: whose traceparent can't be read, his tracestate must not be.
      state: parent === null || !trusted ? '' : readTracestate(headers['tracestate']),
      baggage: trusted && this.#baggage ? readBaggage(headers['baggage']) : '',
    }
  }

  #trusts(exchange: Exchange): boolean {
    try {
      return this.#trust(exchange) === true
    } catch (error) {
      this.#events.emit('fault', { where: 'tracing trust', error })
      return false
    }
  }
}

const TRUST: Readonly<Record<'proxies' | 'always' | 'never', (exchange: Exchange) => boolean>> = {
  proxies: ({ client }) => client.trusted,
  always: () => true,
  never: () => false,
}

/** Of a request that comes by none. */
export const NO_FIELDS: Incoming = Object.freeze({ trusted: false, parent: null, state: '', baggage: '' })

/** Whether a request has one of these fields. */
export function hasAny(headers: HeaderMap, fields: readonly string[]): boolean {
  for (const name of fields) if (headers[name] !== undefined) return true
  return false
}

/** Fields in which what came in bad order, or from a stranger, is not any more. */
export function cleaned(headers: HeaderMap, traceparent: string, { state, baggage }: Incoming): HeaderMap {
  const change: MutableHeaderMap = {}
  setField(change, headers, 'traceparent', traceparent)
  setField(change, headers, 'tracestate', state)
  setField(change, headers, 'baggage', baggage)
  for (const _ in change) return changeHeaders(headers, change)
  return headers
}

function setField(change: MutableHeaderMap, headers: HeaderMap, name: string, value: string): void {
  const wanted = value === '' ? undefined : value
  if (headers[name] !== wanted) change[name] = wanted
}
