// WebSockets through the gateway: the same routes and filters guard requests and upgrades.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { attachUpgrade, createGateway, type Filter, forward, reply } from 'edgewise'
import { toNode } from 'edgewise/node'
import { startService } from './support/service.js'

/** Lets in who brings a ticket. A refusal is a reply, also to a handshake. */
const ticket: Filter = async (exchange, next) =>
  new URLSearchParams(exchange.target.query).has('ticket') ? next(exchange) : reply(403, 'no ticket\n')

const gateway = createGateway({
  routes: [{ path: '/echo', filters: [ticket], handler: forward(await startService('echo')) }],
})

const listener = toNode(gateway)
const server = http.createServer(listener)
attachUpgrade(server, listener)
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`ws://127.0.0.1:${port}/echo?ticket=1`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 1_000 })
})
