import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import type { Reply } from '../../reply.js'

/** Ends a client's connection without a word; of HTTP/2 the one stream, since others may share its connection. */
export function drop(exchange: Exchange, why: string): Promise<Reply> {
  const wire = wireOf(exchange)
  const error = new EdgeError('ERR_EDGE_DROPPED', why)
  exchange.noteFailure(error)
  return new Promise((_resolve, reject) => {
    if (wire.closed) return reject(error)
    // Behind the server's own listeners, so that nobody thinks of writing a reply any more.
    wire.once('close', () => reject(error))
    if (isStream(wire)) wire.close(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    else wire.destroy()
  })
}

function wireOf({ raw, upgrade }: Exchange): Duplex | ServerHttp2Stream {
  if (upgrade !== null) return upgrade.socket
  return 'stream' in raw ? raw.stream : raw.socket
}

function isStream(wire: Duplex | ServerHttp2Stream): wire is ServerHttp2Stream {
  return 'rstCode' in wire
}
