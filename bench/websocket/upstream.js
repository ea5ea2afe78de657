// Takes every handshake, and answers each message that came whole by one of its own: it counts bytes, as all messages are alike.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { ACCEPT, CLIENT_CLOSE, FROM_CLIENT, FROM_SERVER, SERVER_CLOSE } from './wire.js'

const server = createServer()
server.on('upgrade', (_request, socket) => {
  let bytes = 0
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    if (chunk.length === CLIENT_CLOSE.length) return socket.end(SERVER_CLOSE)
    for (bytes += chunk.length; bytes >= FROM_CLIENT.length; bytes -= FROM_CLIENT.length) socket.write(FROM_SERVER)
  })
  socket.on('end', () => socket.end())
  socket.setNoDelay()
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`,
  )
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
await once(server, 'listening')
process.on('disconnect', () => process.exit(0))
process.send(server.address().port)
