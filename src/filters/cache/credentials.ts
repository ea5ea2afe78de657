import type { Exchange } from '../../exchange.js'
import { principalOf } from '../auth/principal.js'

/**
 * Whether a request came with credentials (RFC 9111 §3.5): also with a key, a certificate, or a field that an authenticator has taken
 * away for the upstream, which still knows who asks.
 */
export function hasCredentials(exchange: Exchange): boolean {
  return exchange.headers['authorization'] !== undefined || principalOf(exchange) !== undefined
}
