import type { IncomingMessage } from 'node:http'

/** Bytes of an unwanted upload that are read behind a reply, so that the client gets to read it (H-021). */
const LINGER_BYTES = 64 * 1024
const LINGER_MS = 1_000

/** Whether a client is still sending its body: what it sends must neither be taken for a request nor be waited for (H-003). */
export function isReceiving(req: IncomingMessage): boolean {
  if (req.complete || req.destroyed || (req as { upgrade?: boolean }).upgrade === true) return false
  return req.headers['transfer-encoding'] !== undefined || (req.headers['content-length'] ?? '0') !== '0'
}

/** Reads on behind a reply for a moment, then lets go: closing at once would reset what the client has not read yet. */
export function linger(req: IncomingMessage, then: () => void): void {
  let left = LINGER_BYTES
  const done = (): void => {
    clearTimeout(timer)
    req.off('data', count)
    req.off('end', done)
    req.off('close', done)
    if (!req.complete) req.pause()
    then()
  }
  const count = (chunk: Buffer): void => {
    left -= chunk.length
    if (left <= 0) done()
  }
  const timer = setTimeout(done, LINGER_MS)
  req.on('data', count)
  req.on('end', done)
  req.on('close', done)
  req.resume()
}
