import type { Socket } from 'node:net'

const waiting = new WeakMap<Socket, Set<() => void>>()

/**
 * Runs `leave` if a connection closes; the function returned calls that off. However many wait, a socket gets one listener: a client
 * may pipeline a thousand requests, of which Node tells none but the first when it leaves.
 */
export function ifGone(socket: Socket, leave: () => void): () => void {
  const known = waiting.get(socket)
  const all = known ?? new Set()
  if (known === undefined) {
    waiting.set(socket, all)
    socket.once('close', () => {
      for (const each of all) each()
    })
  }
  all.add(leave)
  return () => all.delete(leave)
}
