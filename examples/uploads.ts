// Uploads: streamed, a megabyte at most, and refused before anything is sent where the client says how much it is. Try it:
//   head -c 500000 /dev/zero | curl -i -T - http://127.0.0.1:3000/files/a
//   head -c 5000000 /dev/zero > /tmp/large; curl -i -T /tmp/large -H 'expect: 100-continue' http://127.0.0.1:3000/files/a
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { attachContinue, bodyLimit, createGateway, forward, hardenServer, minDataRate } from 'edgewise'
import { toNode } from 'edgewise/node'
import { startServer } from './support/server.js'

let received = 0
const files = forward(
  await startServer((req, res) => {
    if (req.method === 'GET') return res.end(String(received))
    received = 0
    req.on('data', (chunk) => {
      received += chunk.length
    })
    req.on('end', () => res.end(`${received} bytes\n`))
  }),
)

const gateway = createGateway({
  routes: [
    // Who sends without a length is stopped with the first byte too many: the service sees its request break off, never a whole one.
    {
      path: '/files/**',
      methods: ['PUT'],
      filters: [bodyLimit({ maxBytes: 1_000_000 }), minDataRate()],
      handler: files,
    },
    { path: '/progress', handler: files },
  ],
})

const server = http.createServer(toNode(gateway))
// Without it Node tells every client to go on that asks, before anybody has looked at the request.
attachContinue(server)
hardenServer(server)
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/files/a`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
})
