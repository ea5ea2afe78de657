import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** What Node keeps on a socket: the response that is being written, if any. */
type SpokenOver = Duplex & { readonly _httpMessage?: ServerResponse | null }

/**
 * Runs `then` when the replies to what a client has pipelined before have left; never if the connection ends with them. Node announces an
 * upgrade or a CONNECT while they are under way: what is written then would be taken for one of them, and a response of our own can't have
 * the socket.
 */
export function afterReplies(socket: Duplex, then: () => void): void {
  if (socket.destroyed || socket.writableEnded) return
  const before = (socket as SpokenOver)._httpMessage
  if (before === null || before === undefined) return then()
  before.once('close', () => afterReplies(socket, then))
}
