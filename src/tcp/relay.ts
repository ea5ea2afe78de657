import type { Socket } from 'node:net'
import type { Cancel } from '../cancel.js'
import { EdgeError, errorCode } from '../errors.js'
import type { Milliseconds } from '../options.js'

/** Looks per idle time: silence is noticed at most a quarter late, and costs nothing per byte. */
const LOOKS = 4

/**
 * Joins two connections, bytes both ways with back-pressure, until both are closed. The end of one direction is passed on and leaves
 * the other open. What breaks off on one side, by a reset, is broken off by a reset on the other: to end it in good order would make
 * half a message look whole.
 *
 * @param idleMs How long both directions may be silent; 0 is no limit.
 * @returns What broke it off; `null` if both sides ended in good order.
 */
export function relay(
  client: Socket,
  upstream: Socket,
  idleMs: Milliseconds,
  cancel: Cancel,
): Promise<EdgeError | null> {
  return new Promise((resolve) => {
    let failure: EdgeError | null = null
    let open = 2
    let moved = -1
    let silent = 0
    const fail = (error: Error): void => {
      failure ??= error as EdgeError
      breakOff(client)
      breakOff(upstream)
    }
    const look = (): void => {
      const now = taken(client) + taken(upstream)
      silent = now === moved ? silent + 1 : 0
      moved = now
      if (silent >= LOOKS) fail(new EdgeError('ERR_EDGE_IDLE_TIMEOUT', `silent both ways for ${idleMs} ms`))
    }
    const timer = idleMs === 0 ? undefined : setInterval(look, Math.ceil(idleMs / LOOKS)).unref()
    const watch = (side: Socket, lost: (why: string) => EdgeError): void => {
      side.on('error', (error) => fail(lost(errorCode(error))))
      const closed = (): void => {
        if (!side.readableEnded || !side.writableFinished) fail(lost('closed'))
        if (--open > 0) return
        clearInterval(timer)
        cancel.remove(fail)
        resolve(failure)
      }
      // What closed before tells nobody again.
      if (side.closed) queueMicrotask(closed)
      else side.on('close', closed)
    }
    watch(client, (why) => new EdgeError('ERR_EDGE_CLIENT_CLOSED', `the client broke the connection off (${why})`))
    watch(upstream, (why) => new EdgeError('ERR_EDGE_UPSTREAM_RESET', `the upstream broke the connection off (${why})`))
    cancel.add(fail)
    client.pipe(upstream)
    upstream.pipe(client)
  })
}

/** Bytes that have come from there, and that the system has taken for there. */
function taken(side: Socket): number {
  return side.bytesRead + side.bytesWritten - side.writableLength
}

/** Ends a connection by a reset. */
export function breakOff(socket: Socket): void {
  if (socket.destroyed) return
  try {
    socket.resetAndDestroy()
  } catch {
    // Unix sockets have no reset, and TLS sockets hide theirs; for these a close without a word is the sign.
    socket.destroy()
  }
}
