// A Redis for a benchmark, empty and without snapshots.

import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, start } from './children.js'

/** @param {number} core */
export async function startRedis(core) {
  const port = await freePort()
  const child = start('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], { core })
  await listening(port)
  return { port, pid: child.pid }
}

async function listening(port) {
  for (let left = 200; left > 0; left--) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('error', () => resolve(false))
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
    })
    if (open) return
    await delay(25)
  }
  throw new Error('redis-server does not listen')
}
