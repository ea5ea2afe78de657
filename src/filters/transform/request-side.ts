import { type Body, bytesBody } from '../../body.js'
import { EdgeError } from '../../errors.js'
import { type EventHub, events as sharedEvents } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import type { Verdict } from '../../filter.js'
import { changeHeaders, type HeaderMap } from '../../http/header-map.js'
import { recoded } from '../../http/recoded.js'
import { problem } from '../../problem.js'
import type { Reply } from '../../reply.js'
import { decoded } from '../decompress/decoded.js'
import { DECODABLE, type Decoder } from '../decompress/decoders.js'
import { type BodyChange, type FlowWork, Unreadable, type WholeWork } from './body-change.js'
import { judge } from './judging.js'
import { FLOW_LIMITS, wholeText } from './whole-text.js'

/** Changes the bodies of requests. A `no-transform` does not help a client past what its body must go through. */
export class RequestSide {
  readonly #filter: string
  readonly #change: BodyChange
  readonly #refusesOthers: boolean
  readonly #hub: EventHub

  constructor(filter: string, change: BodyChange, refusesOthers: boolean, hub: EventHub = sharedEvents) {
    this.#filter = filter
    this.#change = change
    this.#refusesOthers = refusesOthers
    this.#hub = hub
  }

  explain(exchange: Exchange): Verdict {
    const { body, headers } = exchange
    const judged = body.kind === 'empty' ? null : judge(headers, this.#change)
    if (typeof judged === 'string') return { verdict: 'deny', why: judged, status: 415 }
    if (judged === null)
      return body.kind !== 'empty' && this.#refusesOthers
        ? { verdict: 'deny', why: OTHER_TYPE, status: 415 }
        : { verdict: 'pass', why: 'the request has no body of the type' }
    const { work } = this.#change
    const why = 'the request has a body of the type'
    if (work.kind === 'flow' || body.kind === 'stream') {
      const onward = (copy: Exchange): Exchange => copy.with({ headers: this.#fields(copy.headers, undefined) })
      return { verdict: 'change', why, onward }
    }
    return { verdict: 'change', why, workOut: () => this.#foresee(exchange, work, judged, why) }
  }

  async #foresee(exchange: Exchange, work: WholeWork, decoders: readonly Decoder[], why: string): Promise<Verdict> {
    const changed = await this.#whole(exchange, work, decoders)
    if ('why' in changed) return { verdict: 'deny', ...changed }
    return { verdict: 'change', why, onward: (copy) => copy.with({ body: changed.body, headers: changed.headers }) }
  }

  /** The exchange with its body changed, or why not: at once where nothing is to be waited for. */
  apply(exchange: Exchange): Exchange | Reply | Promise<Exchange | Reply> {
    const { body, headers } = exchange
    if (body.kind === 'empty') return exchange
    const judged = judge(headers, this.#change)
    if (judged === null) return this.#refusesOthers ? this.#deny(exchange, { status: 415, why: OTHER_TYPE }) : exchange
    if (typeof judged === 'string') return this.#deny(exchange, { status: 415, why: judged })
    const { work } = this.#change
    if (work.kind === 'flow') return this.#flow(exchange, work, judged)
    return this.#whole(exchange, work, judged).then((changed) =>
      'why' in changed ? this.#deny(exchange, changed) : changed,
    )
  }

  async #whole(exchange: Exchange, work: WholeWork, decoders: readonly Decoder[]): Promise<Exchange | Refused> {
    let text: string
    try {
      text = await wholeText(exchange.body, decoders, work.maxBytes, 'request')
    } catch (error) {
      if (error instanceof EdgeError && (error.status === 400 || error.status === 413))
        return { status: error.status, why: error.message }
      return orThrow(error)
    }
    try {
      const body: Body = bytesBody(text === '' ? '' : await work.run(text, exchange))
      return exchange.with({ body, headers: this.#fields(exchange.headers, String(body.length)) })
    } catch (error) {
      return orThrow(error)
    }
  }

  #flow(exchange: Exchange, work: FlowWork, decoders: readonly Decoder[]): Exchange {
    const plain = decoded(exchange.body, decoders, FLOW_LIMITS, 'request') ?? exchange.body
    const failure = (why: string, cause?: unknown): Error => new EdgeError('ERR_EDGE_BAD_REQUEST', why, { cause })
    const body = work.run(plain, failure, exchange)
    return exchange.with({ body, headers: this.#fields(exchange.headers, undefined) })
  }

  #fields(headers: HeaderMap, length: string | undefined): HeaderMap {
    const { contentType } = this.#change
    return changeHeaders(recoded(headers, undefined), {
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      'content-length': length,
    })
  }

  #deny(exchange: Exchange, { status, why }: Refused): Reply {
    if (this.#hub.has('denied')) this.#hub.emit('denied', { exchange, filter: this.#filter, status, why })
    // RFC 7694 §3: what a 415 that is about codings would have taken.
    return problem({ status, detail: why }, status === 415 ? { 'accept-encoding': DECODABLE } : {})
  }
}

/** Why a request goes no further. */
interface Refused {
  readonly status: number
  readonly why: string
}

const OTHER_TYPE = 'the body is of another type'

function orThrow(error: unknown): Refused {
  if (error instanceof Unreadable) return { status: 400, why: error.message }
  throw error
}
