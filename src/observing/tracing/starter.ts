import type { Exchange } from '../../exchange.js'
import { IdSource, isSampled } from './ids.js'
import { cleaned, type Intake, TRACE_FIELDS } from './incoming.js'
import { PlainTrace } from './plain-trace.js'
import { keepTrace } from './trace.js'
import { SAMPLED, type TraceParent } from './traceparent.js'

/** Passes traces on or starts them, without making any span: a trace that goes on keeps its caller's span, so that no span is missing in it. */
export class Starter {
  readonly #intake: Intake
  readonly #share: number
  readonly #ids: IdSource = new IdSource()

  /** @param share Of the traces that start here, those that are to be recorded. */
  constructor(intake: Intake, share: number) {
    this.#intake = intake
    this.#share = share
  }

  /** The exchange with fields in good order, its trace kept with it. */
  begin(exchange: Exchange): Exchange {
    const incoming = this.#intake.read(exchange, TRACE_FIELDS)
    const { trusted, parent, state } = incoming
    const trace = new PlainTrace(trusted && parent !== null ? parent : this.#start(), state)
    keepTrace(exchange, trace)
    const headers = cleaned(exchange.headers, trace.traceparent, incoming)
    return headers === exchange.headers ? exchange : exchange.with({ headers })
  }

  #start(): TraceParent {
    const traceId = this.#ids.traceId()
    const flags = isSampled(traceId, this.#share) ? SAMPLED : 0
    return { traceId, spanId: this.#ids.spanId(), flags }
  }
}
