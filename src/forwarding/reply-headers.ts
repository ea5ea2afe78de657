import type { Exchange } from '../exchange.js'
import { changeHeaders, type MutableHeaderMap } from '../http/header-map.js'
import type { HeaderChange } from '../http/header-rules.js'
import { appendVia } from '../http/via.js'
import type { Reply } from '../reply.js'
import type { Lease } from '../upstream/lease.js'
import { ownCookies } from './own-cookies.js'

export interface ReplyHeaderOptions {
  readonly via: string | false
  readonly rules: HeaderChange | null
}

/** What goes back to the client: the upstream's end-to-end fields, this hop's Via, the configured changes, a balancer's cookie. */
export function replyHeaders(
  reply: Reply,
  exchange: Exchange,
  lease: Lease | null,
  options: ReplyHeaderOptions,
): MutableHeaderMap {
  // A transport's map is fresh; one from a handler in this process may be shared.
  const headers =
    lease?.endpoint.protocol === 'local' ? changeHeaders(reply.headers, {}) : (reply.headers as MutableHeaderMap)
  if (options.via !== false) headers['via'] = appendVia(headers['via'] as string | undefined, '1.1', options.via)
  options.rules?.apply(headers, exchange, reply)
  const cookie = lease?.cookieFor(exchange)
  if (cookie !== undefined) {
    headers['set-cookie'] = [...((headers['set-cookie'] ?? []) as readonly string[]), cookie]
    exchange.set(ownCookies, [cookie])
  }
  return headers
}
