// Operators see and change what runs, on a port of its own and behind a password. Try it, with the address that is printed:
//   curl -u ada:wonderland http://127.0.0.1:9000/pools/users
//   curl -u ada:wonderland -H 'X-Edgewise-Admin: 1' -X POST http://127.0.0.1:9000/pools/users/endpoints/users-1/drain
//   curl -i http://127.0.0.1:9000/pools
import http, { type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  adminApi,
  basicAuth,
  compose,
  createGateway,
  createPool,
  events,
  forward,
  hashPassword,
  principalOf,
} from 'edgewise'
import { toNode } from 'edgewise/node'
import { startService } from './support/service.js'

const names = ['users-1', 'users-2']
const endpoints = await Promise.all(names.map(async (name) => ({ name, url: await startService(name) })))
const users = createPool({ name: 'users', endpoints })
const gateway = createGateway({ routes: [{ path: '/**', handler: forward({ pool: users }) }] })

const staff = basicAuth({ users: { ada: await hashPassword('wonderland') }, realm: 'Staff' })
const admin = toNode(
  compose(staff, adminApi({ authorize: (exchange) => principalOf(exchange)?.id, pools: [users], gateways: gateway })),
)
events.on('admin', ({ who, action, subject, result }) => console.log(`${who}: ${action} ${subject}, ${result}`))

async function listen(listener: RequestListener, port: number): Promise<Server> {
  const server = http.createServer(listener)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return server
}

const free = process.env['PORT'] === '0'
const servers = [await listen(toNode(gateway), free ? 0 : 3000), await listen(admin, free ? 0 : 9000)]
const [own, operators] = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
console.log(`${own}/`)
console.log(`${operators}/pools/users`)

process.once('SIGTERM', async () => {
  for (const server of servers) server.close()
  await Promise.all([gateway.close({ graceMs: 5_000 }), admin.close(), users.close()])
})
