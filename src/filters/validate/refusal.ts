import { type EventHub, events as sharedEvents } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import { problem } from '../../problem.js'
import type { Reply } from '../../reply.js'

/** One thing wrong with a message, as an item of `errors` in a problem (RFC 9457 §3). */
export interface Fault {
  readonly in: 'body' | 'query' | 'headers' | 'params' | 'cookies'
  /** Where, as a JSON pointer in a URI fragment (RFC 6901 §6). */
  readonly pointer: string
  /** What is wanted there; never what was sent. */
  readonly detail: string
}

/** Why a request goes no further. Nothing in it is a value that the client sent. */
export interface Refusal {
  readonly status: number
  /** For the client. */
  readonly detail: string
  /** The rule that was broken, for those who listen. @default the detail */
  readonly rule?: string | undefined
  readonly errors?: readonly Fault[] | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Tells a refusal from a map of what was read, which has no prototype: `status` and `detail` may be names in it. */
export function isRefusal(found: object): found is Refusal {
  return found instanceof Object
}

/** Answers an exchange with a refusal, and tells who listens. */
export type Refuse = (exchange: Exchange, refusal: Refusal) => Reply

/** Makes the refusals of one filter: `write` makes the reply, by default a problem of RFC 9457. */
export function refuser(
  filter: string,
  hub: EventHub = sharedEvents,
  write: (refusal: Refusal, exchange: Exchange) => Reply = writeProblem,
): Refuse {
  return (exchange, refusal) => {
    const { status, detail, rule = detail } = refusal
    if (hub.has('denied')) hub.emit('denied', { exchange, filter, status, why: rule })
    return write(refusal, exchange)
  }
}

function writeProblem({ status, detail, errors, headers }: Refusal): Reply {
  return problem({ status, detail, ...(errors === undefined ? {} : { errors }) }, headers)
}
