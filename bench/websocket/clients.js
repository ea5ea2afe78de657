// The clients: told a load, a port and an amount, they tell how much they did of it.
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { CLIENT_CLOSE, FROM_CLIENT, FROM_SERVER, KEY } from './wire.js'

const AT_ONCE = 16
const HANDSHAKE = `GET / HTTP/1.1\r\nHost: edge.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`

/** A socket that has been switched. */
async function open(port) {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => {})
  socket.write(HANDSHAKE)
  const [head] = await once(socket, 'data')
  const text = head.toString('latin1')
  if (!text.startsWith('HTTP/1.1 101 ') || !text.endsWith('\r\n\r\n'))
    throw new Error(`no handshake: ${text.slice(0, 80)}`)
  return socket
}

/** Opens that many, a few at a time. */
async function openMany(port, count) {
  const sockets = []
  let left = count
  const worker = async () => {
    while (left-- > 0) sockets.push(await open(port))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return sockets
}

/** Connections that are open from one load to the next. */
let held = []

const LOADS = {
  /** One message under way on each of the connections that are open. */
  async echo(_port, ms) {
    let echoes = 0
    let counting = true
    const done = held.map(
      (socket) =>
        new Promise((resolve) => {
          let bytes = 0
          const onData = (chunk) => {
            bytes += chunk.length
            if (bytes < FROM_SERVER.length) return
            bytes -= FROM_SERVER.length
            echoes++
            if (counting) return socket.write(FROM_CLIENT)
            socket.off('data', onData)
            resolve()
          }
          socket.on('data', onData)
          socket.write(FROM_CLIENT)
        }),
    )
    await delay(ms)
    counting = false
    await Promise.all(done)
    return echoes
  },
  /** Opens, and closes as a WebSocket is closed. */
  async handshakes(port, ms) {
    const until = performance.now() + ms
    let count = 0
    const worker = async () => {
      while (performance.now() < until) {
        const socket = await open(port)
        socket.resume()
        socket.end(CLIENT_CLOSE)
        await once(socket, 'close')
        count++
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    return count
  },
  async open(port, count) {
    held = await openMany(port, count)
    return held.length
  },
  async close() {
    const closed = Promise.all(held.map((socket) => once(socket.resume(), 'close')))
    for (const socket of held) socket.end(CLIENT_CLOSE)
    await closed
    held = []
    return 0
  },
}

process.on('disconnect', () => process.exit(0))
process.on('message', ({ load, port, amount }) =>
  LOADS[load](port, amount).then(
    (done) => process.send({ amount: done }),
    (error) => process.send({ error: error.message }),
  ),
)
process.send('ready')
