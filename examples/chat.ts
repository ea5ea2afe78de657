// A chat on two servers that know nothing of each other: whoever enters the same room comes to the same server. Try it, in two terminals:
//   node examples/support/talk.js ws://127.0.0.1:3000/rooms/tea
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { attachUpgrade, createGateway, createPool, forward, ringHash } from 'edgewise'
import { toNode } from 'edgewise/node'
import { WebSocketServer } from 'ws'

/** A server that tells what is said in a room to all who are in it, as far as it knows. */
async function startChat(name: string): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  server.on('connection', (socket, { url: room }) => {
    socket.on('message', (text) => server.emit(room!, text))
    const hear = (text: unknown): void => socket.send(`${name}: ${text}`)
    server.on(room!, hear)
    socket.on('close', () => server.off(room!, hear))
  })
  process.once('SIGTERM', () => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

// When a server is lost, its rooms move to the other one: clients see 1006 and come again. When it is back, new members find it,
// while the others still sit where they went; `roundRobin()` would part people from the first.
const chat = createPool({
  name: 'chat',
  endpoints: await Promise.all(['one', 'two'].map(async (name) => ({ name, url: await startChat(name) }))),
  balancer: ringHash({ key: { param: 'room' } }),
})
const gateway = createGateway({ routes: [{ path: '/rooms/:room', handler: forward({ pool: chat }) }] })

const listener = toNode(gateway)
const server = http.createServer(listener)
attachUpgrade(server, listener)
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/rooms/tea`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 2_000 })
  await chat.close()
})
