import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { attachUpgrade, createGateway, createPool, forward, gracefulShutdown, liveness, readiness } from 'edgewise'
import { toNode } from 'edgewise/node'

// One gateway on a port that others may share: as a worker of a cluster, or by SO_REUSEPORT. It says what came of its shutdown.
const [far, port, delayMs] = process.argv.slice(2) as [string, string, string]
const pool = createPool({
  name: 'far',
  endpoints: [far],
  maxConnections: 10_000,
  health: { active: { path: '/healthz', intervalMs: 60_000 } },
})
const gateway = createGateway({
  routes: [
    { path: '/livez', handler: liveness() },
    { path: '/readyz', handler: readiness({ pools: [pool] }) },
    { path: '/**', handler: forward({ pool, firstByteTimeoutMs: 60_000 }) },
  ],
})
const listener = toNode(gateway)
const server = createServer((req, res) => {
  res.setHeader('x-served-by', process.pid)
  listener(req, res)
})
attachUpgrade(server, listener)
const shutdown = gracefulShutdown(server, {
  gateways: [gateway],
  delayMs: Number(delayMs),
  graceMs: 60_000,
  onShutdown: () => pool.close(),
})
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096, reusePort: !cluster.isWorker }, () => {
  process.send?.({ listening: (server.address() as { port: number }).port, requests: 0 })
})
process.send?.('started')
void shutdown.done.then((report) => console.log(JSON.stringify(report)))
