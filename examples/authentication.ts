// Who asks, and what they may: partners by a key, staff by a password, everybody else may read. Try it:
//   curl -i http://127.0.0.1:3000/orders
//   curl -u ada:wonderland http://127.0.0.1:3000/orders
//   curl -X POST -H 'x-api-key: demo-key' http://127.0.0.1:3000/orders
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { anyOf, apiKey, authorize, basicAuth, createGateway, forward, hashPassword, optional } from 'edgewise'
import { toNode } from 'edgewise/node'
import { startService } from './support/service.js'

const identityHeaders = { 'x-user': 'id', 'x-roles': 'roles' } as const
const partners = apiKey({ keys: { 'demo-key': { id: 'acme', roles: ['partner'] } }, identityHeaders })
const staff = basicAuth({
  users: { ada: { password: await hashPassword('wonderland'), roles: ['admin'] } },
  realm: 'Staff',
  identityHeaders,
})
const may = authorize({
  rules: [
    { methods: ['GET'], paths: ['/public/**'], allow: 'anyone' },
    { methods: ['GET'], paths: ['/orders/**'] },
    { paths: ['/orders/**'], roles: ['partner'] },
  ],
})

const gateway = createGateway({
  filters: [optional(anyOf(partners, staff)), may],
  routes: [{ path: '/**', handler: forward(await startService('orders')) }],
})

const server = http.createServer(toNode(gateway))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}/orders`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
})
