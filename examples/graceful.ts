// Leaves without losing a request: on SIGTERM (or Ctrl-C) it says so, serves on for a moment, finishes what is under way, and ends by itself.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { attachUpgrade, createGateway, createPool, forward, gracefulShutdown, liveness, readiness } from 'edgewise'
import { toNode } from 'edgewise/node'
import { startService } from './support/service.js'

const users = createPool({ name: 'users', endpoints: [await startService('users-1'), await startService('users-2')] })

const gateway = createGateway({
  routes: [
    { path: '/livez', handler: liveness() },
    { path: '/readyz', handler: readiness({ pools: [users] }) },
    { path: '/**', handler: forward({ pool: users }) },
  ],
})

const listener = toNode(gateway)
const server = http.createServer(listener)
attachUpgrade(server, listener)

const shutdown = gracefulShutdown(server, {
  gateways: [gateway],
  delayMs: Number(process.env['DELAY_MS'] ?? 500),
  graceMs: Number(process.env['GRACE_MS'] ?? 10_000),
  onShutdown: () => users.close(),
})

server.listen(Number(process.env['PORT'] ?? 3000), process.env['HOST'] ?? '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}/users/1`)
})

console.log(await shutdown.done)
