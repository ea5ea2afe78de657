// Metrics for Prometheus, of the gateway and of the process: GET /metrics, for this machine only.
// A dashboard is in grafana/edgewise.json, alert rules are in prometheus/alerts.yml.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGateway, createPool, forward, ipRules, metrics } from 'edgewise'
import { toNode } from 'edgewise/node'
import { collectDefaultMetrics, register } from 'prom-client'
import { startService } from './support/service.js'

const users = createPool({ name: 'users', endpoints: [await startService('users-1'), await startService('users-2')] })
const server = http.createServer()

collectDefaultMetrics({ register })
const measured = metrics({ register, pools: [users], gateways: () => [gateway], servers: [server] })

const gateway = createGateway({
  routes: [
    { path: '/metrics', filters: [ipRules({ allow: ['loopback'] })], handler: measured.handler },
    { path: '/users/**', handler: forward({ pool: users }) },
  ],
})

server.on('request', toNode(gateway))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}/metrics`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
  await users.close()
  measured.close()
})
