import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { Hardening } from './hardening-options.js'

/**
 * Watches one HTTP/2 session: the first request must come in time, an idle session is closed in good order, and a stream whose client
 * has stopped reading is reset.
 */
export function watchSession(session: ServerHttp2Session, hardening: Hardening): void {
  const { headersTimeoutMs, keepAliveTimeoutMs, stallTimeoutMs } = hardening
  const streams = new Set<ServerHttp2Stream>()
  const idle = (): void => session.close()
  let timer = setTimeout(() => session.destroy(), headersTimeoutMs).unref()
  session.on('stream', (stream) => {
    clearTimeout(timer)
    streams.add(stream)
    stream.on('close', () => {
      streams.delete(stream)
      if (streams.size > 0 || session.destroyed) return
      clearTimeout(timer)
      timer = setTimeout(idle, keepAliveTimeoutMs).unref()
    })
  })
  session.setTimeout(stallTimeoutMs)
  session.on('timeout', () => {
    for (const stream of streams) if (stream.writableLength > 0) stream.close(constants.NGHTTP2_CANCEL)
  })
  session.on('close', () => clearTimeout(timer))
}
