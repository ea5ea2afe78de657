// A TCP balancer: connections to two services in turn, and a line for each when it has ended.
import type { AddressInfo } from 'node:net'
import { createPool, events, leastConnections } from 'edgewise'
import { createTcpBalancer } from 'edgewise/tcp'
import { startService } from './support/service.js'

const services = await Promise.all([startService('tcp-1'), startService('tcp-2')])
const pool = createPool({
  name: 'services',
  endpoints: services.map((url) => url.replace('http:', 'tcp:')),
  balancer: leastConnections(),
  health: { active: { probe: 'tcp', intervalMs: 1_000 } },
})

const balancer = createTcpBalancer({ pool, maxConnectionsPerClient: 100 })
const server = await balancer.listen({ port: Number(process.env['PORT'] ?? 3000), host: '127.0.0.1' })
// The services speak HTTP; the balancer does not mind.
console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)

events.on('connection', ({ exchange, outcome }) => {
  console.log(exchange.client.address, outcome.attempts.at(-1)?.endpoint, outcome.bytes, outcome.error?.code ?? 'ok')
})

process.once('SIGTERM', async () => {
  await balancer.close({ graceMs: 1_000 })
  await pool.close()
})
