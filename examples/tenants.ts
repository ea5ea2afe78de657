// Tenants who share a service: each has a share of its own by its weight, and what costs more counts for more. Try it:
//   for i in 1 2 3; do curl -i -X POST -H 'x-api-key: small-key' http://127.0.0.1:3000/orders; done
//   curl -i -X POST -H 'x-api-key: other-key' http://127.0.0.1:3000/orders
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { apiKey, consumerOf, consumers, createGateway, type Exchange, forward, rateLimit } from 'edgewise'
import { toNode } from 'edgewise/node'
import { startService } from './support/service.js'

// The tenant is whose key it is, never a field that the client writes: by that it could be another one with each request.
const keys = apiKey({
  keys: { 'large-key': { id: 'large' }, 'small-key': { id: 'small' }, 'other-key': { id: 'other' } },
})
const tenants = consumers({
  list: [
    { id: 'large', metadata: { weight: 4 } },
    { id: 'small', metadata: { weight: 1 } },
    { id: 'other', metadata: { weight: 1 } },
  ],
  identityHeaders: { 'x-tenant': 'id' },
})
const shareOf = (exchange: Exchange, of: number): number => of * Number(consumerOf(exchange)!.metadata['weight'])

const fair = rateLimit({
  name: 'tenant',
  keyGenerator: 'consumer',
  windowMs: 60_000,
  limit: (exchange) => shareOf(exchange, 10),
  // A read is one unit, anything else five.
  cost: ({ method }) => (method === 'GET' ? 1 : 5),
})
const gateway = createGateway({
  filters: [keys, tenants, fair],
  routes: [{ path: '/**', handler: forward(await startService('orders')) }],
})

const server = http.createServer(toNode(gateway))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
})
