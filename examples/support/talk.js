// A WebSocket in a terminal: says each line, prints what it is told. `node examples/support/talk.js ws://127.0.0.1:3000/rooms/tea`
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'

const socket = new WebSocket(process.argv[2])
socket.on('open', () => {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => socket.send(line))
  lines.on('close', () => socket.close())
})
socket.on('message', (text) => console.log(String(text)))
socket.on('error', ({ message }) => console.error(message))
socket.on('close', (code) => {
  console.error(`closed: ${code}`)
  process.exit()
})
