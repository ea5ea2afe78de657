// "My WebSocket does not connect", or only after a GET, or by another path; "and it took the server with it". Try it:
//   node examples/support/talk.js ws://127.0.0.1:3000/chat/room
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { attachUpgrade, forward } from 'edgewise'
import { toExpress } from 'edgewise/express'
import express from 'express'
import { WebSocketServer } from 'ws'

const upstream = new WebSocketServer({ port: 0, host: '127.0.0.1' })
await once(upstream, 'listening')
upstream.on('connection', (socket, { url }) => {
  socket.send(url!)
  // One that dies without a word: the client's connection ends, and nothing else does.
  socket.on('message', (text) => (String(text) === 'die' ? socket.terminate() : socket.send(text)))
})
const chat = toExpress(forward(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`), { base: '/chat' })

const app = express()
app.use('/chat', chat)
const server = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/chat/room`)
})
// Node tells of an upgrade by an event of the server, and Express listens to requests only.
attachUpgrade(server, chat)

process.once('SIGTERM', async () => {
  server.close()
  await chat.close({ graceMs: 1_000 })
  upstream.close()
})
