// Edgewise in front of the ten endpoints, with each strategy on a port of its own.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { toNode } from '../../dist/adapters/node.js'
import { createGateway, createPool, forward } from '../../dist/index.js'
import { model } from '../support/slow-model.js'
import { strategies } from '../support/strategies.js'

const endpoints = process.argv.slice(2)
const ports = []
for (const { name, make } of strategies) {
  const pool = createPool({
    name,
    endpoints,
    balancer: make(),
    maxConnections: model.maxConnections,
    queue: { limit: 10_000, timeoutMs: 10_000 },
  })
  const gateway = createGateway({ routes: [{ path: '/**', handler: forward({ pool }) }] })
  const server = createServer(toNode(gateway)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ports.push(server.address().port)
}
process.on('disconnect', () => process.exit(0))
process.on('SIGTERM', () => process.exit(0))
process.on('SIGINT', () => {}) // the runner decides
process.send({ ports })
