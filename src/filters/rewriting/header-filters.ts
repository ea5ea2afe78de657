import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter } from '../../filter.js'
import { compileRules, type HeaderRules } from '../../http/header-rules.js'
import { discard } from '../../reply.js'

/**
 * Changes the fields of a request on its way to the handler: what filters behind this one see, and what is sent upstream. The
 * `requestHeaders` of `forward()` are the same rules, applied last.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; for a value that can't be written, `ERR_EDGE_BAD_VALUE`.
 * @example
 * ```ts
 * const tenant = requestHeaders({ set: { 'x-tenant': '{params.tenant}' }, remove: ['cookie'] })
 * ```
 */
export function requestHeaders(rules: HeaderRules): Filter {
  const change = compileRules('requestHeaders', rules, 'request')
  const onward = (exchange: Exchange): Exchange => {
    const headers = change.copy(exchange.headers)
    change.apply(headers, exchange)
    return exchange.with({ headers })
  }
  return defineFilter(
    { filterName: 'requestHeaders', explain: () => ({ verdict: 'change', why: summary(rules), onward }) },
    (exchange, next) => next(onward(exchange)),
  )
}

/**
 * Changes the fields of a reply on its way to the client: the upstream's, and those of filters and handlers behind this one, also of
 * the 101 of an upgrade. Set-Cookie stays a line a cookie (H-071).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; for a value that can't be written, `ERR_EDGE_BAD_VALUE`.
 * @example
 * ```ts
 * const hardened = replyHeaders({ set: { 'x-content-type-options': 'nosniff' }, remove: ['server', 'x-powered-by'] })
 * ```
 */
export function replyHeaders(rules: HeaderRules): Filter {
  const change = compileRules('replyHeaders', rules, 'reply')
  return defineFilter(
    { filterName: 'replyHeaders', explain: () => ({ verdict: 'change', about: 'reply', why: summary(rules) }) },
    async (exchange, next) => {
      const reply = await next(exchange)
      const headers = change.copy(reply.headers)
      try {
        change.apply(headers, exchange, reply)
      } catch (error) {
        discard(reply)
        throw error
      }
      return { ...reply, headers }
    },
  )
}

/** What rules do, without their values: those may be secret. */
function summary({ remove = [], rename = {}, set = {}, append = {} }: HeaderRules): string {
  return [
    ['removes', remove],
    ['renames', Object.keys(rename)],
    ['sets', Object.keys(set)],
    ['appends', Object.keys(append)],
  ]
    .filter(([, names]) => names!.length > 0)
    .map(([verb, names]) => `${verb} ${(names as readonly string[]).join(', ')}`)
    .join('; ')
}
