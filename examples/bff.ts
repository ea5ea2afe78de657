// A backend for a frontend: one request of the page, three of services, one document. Try it:
//   curl -i http://127.0.0.1:3000/home/7
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { aggregate, createGateway, forward, respond } from 'edgewise'
import { toNode } from 'edgewise/node'
import { startService } from './support/service.js'

const home = aggregate({
  parts: {
    // Without it there is no page: its failure is the whole's.
    user: { handler: forward(await startService('users')), path: '/users/{params.id}' },
    orders: { handler: forward(await startService('orders')), path: '/orders?user={params.id}', fallback: [] },
    // One that is slow today: the page comes without it, and says so in Edge-Partial.
    offers: { handler: respond({ json: ['tea'], delayMs: 60_000 }), timeoutMs: 200, fallback: [] },
  },
})
const gateway = createGateway({ routes: [{ path: '/home/:id', methods: ['GET'], handler: home }] })

const server = http.createServer(toNode(gateway))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/home/7`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
})
