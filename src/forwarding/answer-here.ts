import type { Exchange } from '../exchange.js'
import { emptyReply, type Reply } from '../reply.js'
import type { ForwardParts } from './forward-parts.js'
import { handshakeRefusal } from './websocket.js'

/** What is not forwarded: TRACE, a request that has no hops left, a malformed or unwanted handshake. `null` for what is. */
export function answerHere(
  exchange: Exchange,
  { trace, websocket }: Pick<ForwardParts, 'trace' | 'websocket'>,
): Reply | null {
  const { method, headers, upgrade } = exchange
  if (method === 'TRACE' && !trace) return emptyReply(405, { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' })
  if ((method === 'OPTIONS' || method === 'TRACE') && headers['max-forwards'] === '0') {
    return emptyReply(200, { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' })
  }
  return upgrade === null ? null : handshakeRefusal(exchange, websocket)
}
