import type { Exchange } from '../exchange.js'
import { emptyReply, type Reply, reply } from '../reply.js'

/** A reply to a handshake that must not be forwarded, or `null` for one that may: a proxy that assumes an upgrade which the upstream refused is open to smuggling (H-073). */
export function handshakeRefusal(exchange: Exchange, allowed: boolean): Reply | null {
  const { headers, upgrade, method } = exchange
  if (!allowed || upgrade?.protocol !== 'websocket') return reply(501, 'this upgrade is not forwarded\n')
  if (method !== 'GET') return reply(400, 'a WebSocket handshake is a GET\n')
  // The exchange of an upgrade has no body whatever its head says; the upstream would take the bytes for frames.
  const { 'content-length': length = '0', 'transfer-encoding': coding } = exchange.raw.headers
  if (length !== '0' || coding !== undefined) return reply(400, 'a WebSocket handshake has no body\n')
  const key = headers['sec-websocket-key']
  if (typeof key !== 'string' || !/^[A-Za-z0-9+/]{22}==$/.test(key))
    return reply(400, 'Sec-WebSocket-Key is missing or malformed\n')
  // RFC 6455 §4.4: name the version that would do.
  if (headers['sec-websocket-version'] !== '13')
    return emptyReply(426, { 'sec-websocket-version': '13', upgrade: 'websocket' })
  return null
}
