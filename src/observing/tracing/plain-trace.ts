import type { Trace } from './trace.js'
import { SAMPLED, type TraceParent, writeTraceparent } from './traceparent.js'

/** A trace that is passed on, or started, and not recorded here. */
export class PlainTrace implements Trace {
  readonly traceparent: string
  readonly tracestate: string
  readonly #at: TraceParent

  constructor(at: TraceParent, tracestate: string) {
    this.#at = at
    this.traceparent = writeTraceparent(at)
    this.tracestate = tracestate
  }

  get traceId(): string {
    return this.#at.traceId
  }

  get spanId(): string {
    return this.#at.spanId
  }

  get sampled(): boolean {
    return (this.#at.flags & SAMPLED) === SAMPLED
  }

  run<T>(work: () => T): T {
    return work()
  }
}
