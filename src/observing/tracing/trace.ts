import { type Exchange, type StateKey, stateKey } from '../../exchange.js'

/** The trace that an exchange belongs to. */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits: the exchange's own span; where none is made here, the caller's. */
  readonly spanId: string
  /** Whether the trace is recorded. */
  readonly sampled: boolean
  /** Goes with calls of your own (`fetch`) that belong to the trace. */
  readonly traceparent: string
  /** Goes with it; empty for none. */
  readonly tracestate: string
  /**
   * Runs something inside the exchange's span: for work that comes from somewhere else, as from a socket's event. Filters and handlers are there
   * already. Without OpenTelemetry it is run, and no more.
   */
  run<T>(work: () => T): T
}

const KEY: StateKey<Trace> = stateKey('trace')

/**
 * The trace of an exchange; `undefined` where {@link tracing} does not stand in the chain.
 *
 * @example
 * ```ts
 * const trace = traceOf(exchange)
 * const users = await fetch('http://users.internal/', { headers: trace === undefined ? {} : { traceparent: trace.traceparent } })
 * ```
 */
export function traceOf(exchange: Exchange | undefined): Trace | undefined {
  return exchange?.get(KEY)
}

/**
 * The id of an exchange's trace, for logs.
 *
 * @example
 * ```ts
 * events.on('exchange', ({ exchange, outcome }) => console.log(traceIdOf(exchange), outcome.status))
 * ```
 */
export function traceIdOf(exchange: Exchange | undefined): string | undefined {
  return exchange?.get(KEY)?.traceId
}

/** Goes on with an exchange inside its span, if it has one. */
export function runTraced<T>(exchange: Exchange, work: () => T): T {
  const trace = exchange.get(KEY)
  return trace === undefined ? work() : trace.run(work)
}

export function keepTrace(exchange: Exchange, trace: Trace): void {
  exchange.set(KEY, trace)
}
