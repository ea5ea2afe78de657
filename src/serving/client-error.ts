import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorCode } from '../errors.js'
import type { ConnectionWatch } from './connection-watch.js'

const STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/**
 * Answers what Node's parser can't read with a status and nothing else: no bytes of the request, no reason, no version. Replies to requests that were in
 * good order and are still under way are not answered in their place, as Node's own answer would be: they come first, then the
 * connection ends.
 */
export function answerClientError(error: Error, socket: Duplex, watch: ConnectionWatch | undefined): void {
  const response = watch?.response ?? null
  if (!socket.writable || errorCode(error) === 'ECONNRESET') return void socket.destroy()
  if (response?.req.complete === true) {
    response.shouldKeepAlive = false
    response.once('close', () => socket.destroy())
    return
  }
  // A message has begun that a second status line would only spoil.
  if (response !== null && (response.headersSent || watch!.underWay > 1)) return void socket.destroy()
  const status = STATUSES[errorCode(error)] ?? 400
  socket.write(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\nCache-Control: no-store\r\n\r\n`,
  )
  socket.destroy(error)
}
