import type { Http2ServerRequest } from 'node:http2'
import type { Exchange } from '../../exchange.js'

/** Cuts a client off that can't be answered any more: its connection, or on HTTP/2 the one stream. */
export function cutOff({ raw }: Exchange): void {
  const { stream } = raw as Partial<Http2ServerRequest>
  if (stream === undefined) raw.socket.destroy()
  else stream.destroy()
}
