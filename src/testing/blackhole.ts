import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'

/** What {@link blackhole} makes. */
export interface Blackhole extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number
  /** Ends the listener and the connections that fill its queue. */
  close(): Promise<void>
}

// Listens, tells the port, and then blocks its own event loop for ever: nothing will be accepted. Terminating the worker frees the port.
const LISTENER = `
  const { parentPort } = require('node:worker_threads')
  const server = require('node:net').createServer()
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })
`
const MOST = 64

/**
 * Makes a port on 127.0.0.1 to which connecting neither succeeds nor fails: a listener with a backlog of 1 that never accepts, its
 * queue filled by connections of our own. Linux drops further SYNs then. The listener lives in a worker thread, so it cannot outlive the process.
 *
 * @throws Error where the system answers differently (it still connects after 64 connections, or it refuses).
 * @example
 * ```ts
 * await using hole = await blackhole()
 * const pool = createPool({ name: 'hole', endpoints: [`http://127.0.0.1:${hole.port}`] })
 * const handler = forward({ pool, connectTimeoutMs: 50 })
 * ```
 */
export async function blackhole(): Promise<Blackhole> {
  const worker = new Worker(LISTENER, { eval: true, execArgv: [] })
  const fillers: Socket[] = []
  const close = async (): Promise<void> => {
    for (const socket of fillers) socket.destroy()
    await worker.terminate()
  }
  try {
    const port = await new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject))
    // Two attempts in a row must hang: one alone may have been a slow machine.
    for (let hanging = 0; hanging < 2; ) {
      if (fillers.length >= MOST) throw new Error(`blackhole: still connecting after ${MOST} connections`)
      const socket = connect(port, '127.0.0.1')
      fillers.push(socket)
      if (await connects(socket)) {
        hanging = 0
        continue
      }
      hanging += 1
      // It must not retry: it would take the place of the connection under test, should one ever become free.
      fillers.pop()
      socket.destroy()
    }
    return { port, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Whether the socket connects within 100 ms. @throws the socket's error. */
function connects(socket: Socket): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 100, false)
    socket.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}
