// Several processes on one port: `node workers.js PORT WORKERS cluster|reuseport ENDPOINT…`. The first starts the others and does nothing else.

import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { toNode } from '../../dist/adapters/node.js'
import * as edgewise from '../../dist/index.js'
import { createMeasuredGateway } from './edgewise-gateway.js'

const [port, count, way, ...endpoints] = process.argv.slice(2)

if (cluster.isPrimary) {
  for (let worker = 0; worker < Number(count); worker++) cluster.fork()
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM')
    process.exit(0)
  })
} else {
  process.on('disconnect', () => process.exit(0))
  // With `reusePort` each has a socket of its own, and the primary is not asked.
  createServer(toNode(createMeasuredGateway(edgewise, endpoints))).listen({
    port: Number(port),
    host: '127.0.0.1',
    reusePort: way === 'reuseport',
    exclusive: way === 'reuseport',
  })
}
