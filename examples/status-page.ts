// A status page with something to see: open it, watch an endpoint fail and come back, drain another. Try it:
//   curl 'http://127.0.0.1:3000/status?format=json'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGateway, createPool, forward, type Gateway, ipRules, reply, statusPage } from 'edgewise'
import { toNode } from 'edgewise/node'
import { startService } from './support/service.js'

let well = true
const health = { breaker: { consecutiveFailures: 3, openMs: 5_000 } }
const users = createPool({
  name: 'users',
  endpoints: [
    { name: 'users-1', url: await startService('users-1') },
    { name: 'users-2', url: await startService('users-2'), weight: 2 },
    { name: 'users-3', handler: async () => reply(well ? 200 : 503, 'three\n') },
  ],
  health,
  slowStartMs: 10_000,
})
const orders = createPool({ name: 'orders', endpoints: [{ name: 'orders-1', url: await startService('orders-1') }] })

const gateway: Gateway = createGateway({
  routes: [
    {
      path: '/status/**',
      filters: [ipRules({ allow: ['loopback'] })],
      handler: statusPage({
        title: 'Example',
        pools: [users, orders],
        gateways: () => ({ main: gateway }),
        // Who is at this machine may act here; elsewhere, ask who it is (docs/status-page.md).
        authorize: () => 'somebody at this machine',
      }),
    },
    { path: '/users/**', handler: forward({ pool: users }) },
    { path: '/orders/**', handler: forward({ pool: orders }) },
  ],
})

const server = http.createServer(toNode(gateway))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}/status`)
  // Load, so that there is something to see.
  for (const path of ['users', 'users', 'users', 'orders'])
    setInterval(
      () => http.get({ port, path: `/${path}/1` }, (answer) => answer.resume()).on('error', () => {}),
      40,
    ).unref()
  setInterval(() => {
    well = !well
  }, 20_000).unref()
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
  await Promise.all([users.close(), orders.close()])
})
