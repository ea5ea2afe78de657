import type { Socket } from 'node:net'

const MOST = 16
let held: Socket[] = []

/** Holds a socket's writes until the events at hand are dealt with. */
export function holdWrites(socket: Socket): void {
  socket.cork()
  if (held.push(socket) === 1) setImmediate(letGo)
  else if (held.length >= MOST) letGo()
}

function letGo(): void {
  const sockets = held
  held = []
  for (const socket of sockets) socket.uncork()
}
