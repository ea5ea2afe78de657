// A gateway on plain node:http: two services behind one address.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGateway, createPool, forward, reply, roundRobin } from 'edgewise'
import { toNode } from 'edgewise/node'
import { startService } from './support/service.js'

const users = createPool({
  name: 'users',
  endpoints: [await startService('users-1'), { url: await startService('users-2'), weight: 2 }],
  balancer: roundRobin(),
  health: { active: { path: '/healthz', intervalMs: 2_000 } },
})

const gateway = createGateway({
  routes: [
    { path: '/users/**', methods: ['GET', 'POST'], handler: forward({ pool: users }) },
    { path: '/status', handler: async () => reply(200, 'ok\n') },
  ],
})

const server = http.createServer(toNode(gateway))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}/users/1`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
  await users.close()
})
