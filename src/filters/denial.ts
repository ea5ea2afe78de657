import { STATUS_CODES } from 'node:http'
import { type EventHub, events as sharedEvents } from '../events.js'
import type { Exchange } from '../exchange.js'
import { defineFilter, type Filter } from '../filter.js'
import { type Reply, reply } from '../reply.js'

/** What every filter that denies takes. */
export interface DenialOptions {
  /** Where `denied` events go. @default the shared `events` */
  readonly events?: EventHub | undefined
}

/** Answers an exchange with a denial, and tells who listens. `why` is for them, never for the client. */
export interface Deny {
  (exchange: Exchange, why: string): Reply
  readonly status: number
}

/**
 * Makes the one denial of a filter: the status in words, nothing of the reason, not to be stored. A `denied` event tells why.
 *
 * @param headers Fields that the status asks for, as Allow of a 405.
 */
export function denier(
  filter: string,
  status: number,
  hub: EventHub = sharedEvents,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
): Deny {
  // A value that nobody changes: it can go out as often as it must.
  const answer = reply(status, `${status} ${STATUS_CODES[status]}\n`, { ...headers, 'cache-control': 'no-store' })
  const deny = (exchange: Exchange, why: string): Reply => {
    if (hub.has('denied')) hub.emit('denied', { exchange, filter, status, why })
    return answer
  }
  return Object.assign(deny, { status })
}

/**
 * Makes a guard of one question: `judge` returns why an exchange is denied, or `null` to let it pass. It reads the exchange and
 * nothing else, so that `explain` can ask it too.
 */
export function guard(filterName: string, deny: Deny, judge: (exchange: Exchange) => string | null): Filter {
  return defineFilter(
    {
      filterName,
      stage: 'guard',
      explain: (exchange) => {
        const why = judge(exchange)
        return why === null
          ? { verdict: 'pass', why: 'nothing speaks against it' }
          : { verdict: 'deny', why, status: deny.status }
      },
    },
    (exchange, next) => {
      const why = judge(exchange)
      return why === null ? next(exchange) : Promise.resolve(deny(exchange, why))
    },
  )
}
