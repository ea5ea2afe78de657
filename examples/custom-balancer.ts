// A balancer of your own: the first endpoint that is there, as configured. The others stand by.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Balancer, createGateway, createPool, type Endpoint, forward } from 'edgewise'
import { toNode } from 'edgewise/node'
import { startService } from './support/service.js'

function standby(): Balancer<Endpoint> {
  let order: readonly Endpoint[] = []
  return {
    name: 'standby',
    rebuild: (endpoints) => {
      order = endpoints.filter((endpoint) => endpoint.weight > 0)
    },
    pick: (_exchange, skip) => order.find((endpoint) => !skip(endpoint)),
  }
}

const pool = createPool({
  name: 'api',
  endpoints: [await startService('primary'), await startService('spare')],
  balancer: standby(),
})
const gateway = createGateway({ routes: [{ path: '/**', handler: forward({ pool }) }] })

const server = http.createServer(toNode(gateway))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}/hello`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
  await pool.close()
})
