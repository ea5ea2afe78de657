import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter } from '../../filter.js'
import { type RedirectStatus, redirectReply } from './redirect-reply.js'

/**
 * Makes a filter that sends clients elsewhere, or lets them pass.
 *
 * @param elsewhere Where to; `null` to let pass.
 * @param otherwise Why a client passes.
 */
export function redirecting(
  filterName: string,
  status: RedirectStatus,
  elsewhere: (exchange: Exchange) => string | null,
  otherwise: string,
): Filter {
  return defineFilter(
    {
      filterName,
      explain: (exchange) => {
        const location = elsewhere(exchange)
        return location === null
          ? { verdict: 'pass', why: otherwise }
          : { verdict: 'answer', why: `${status} to ${location}`, status }
      },
    },
    (exchange, next) => {
      const location = elsewhere(exchange)
      return location === null ? next(exchange) : Promise.resolve(redirectReply(status, location))
    },
  )
}
