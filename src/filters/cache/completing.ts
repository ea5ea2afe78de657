import type { Exchange } from '../../exchange.js'
import { changeHeaders, fieldValue } from '../../http/header-map.js'
import type { Reply } from '../../reply.js'
import { preceded } from './collect.js'
import { completes, missingRest } from './policy/ranges.js'
import { isConditional, merged, unconditional } from './policy/validating.js'
import type { CacheEntry } from './store.js'

/** Whether a stored part spares the upstream the beginning of what a request wants whole. */
export function isBeginning({ part, headers }: CacheEntry, { method, headers: asked }: Exchange): boolean {
  const whole = method === 'GET' && asked['range'] === undefined && !isConditional(asked)
  return whole && part !== null && missingRest(part, headers) !== null
}

/** The request for the rest of a stored part; if the content has changed meanwhile, it gets all of the new one (RFC 9110 §13.1.5). */
export function restOf({ part, headers }: CacheEntry, exchange: Exchange): Exchange {
  const asked = unconditional(exchange.headers)
  asked['range'] = missingRest(part!, headers)!
  asked['if-range'] = fieldValue(headers, 'etag')
  return exchange.with({ headers: asked })
}

/** A stored part and its rest as one reply; `null` if they don't fit together (RFC 9111 §3.4). */
export function joined({ part, headers, body }: CacheEntry, rest: Reply): Reply | null {
  const { total } = part!
  const { length } = rest.body
  if (rest.status !== 206 || length === undefined || !completes(rest.headers, length, part!, headers)) return null
  const fields = changeHeaders(merged(headers, rest.headers), {
    'content-range': undefined,
    'content-length': String(total),
  })
  return { status: 200, headers: fields, body: preceded(body, rest.body, total!) }
}
