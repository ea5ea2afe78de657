// One process for each core on one port. The primary probes the services for all of them; with REDIS_URL, limits count for all, too.
import cluster, { type Worker } from 'node:cluster'
import http from 'node:http'
import { availableParallelism } from 'node:os'
import { createGateway, createPool, events, forward, gracefulShutdown, rateLimit } from 'edgewise'
import { toNode } from 'edgewise/node'
import { redisConnection, redisLimitStore } from 'edgewise/redis'
import { Redis } from 'ioredis'
import { startService } from './support/service.js'

if (cluster.isPrimary) await lead()
else work(process.env['SERVICES']!.split(' '))

async function lead(): Promise<void> {
  const services = [await startService('users-1'), await startService('users-2')]
  const users = createPool({
    name: 'users',
    endpoints: services,
    health: { active: { path: '/healthz', intervalMs: 1_000 } },
  })
  const ill = new Set<string>()
  const tell = (worker: Worker | undefined): void => {
    if (worker?.isConnected()) worker.send([...ill])
  }
  events.on('endpoint', ({ endpoint, change }) => {
    if (change === 'down') ill.add(endpoint)
    else if (change === 'up') ill.delete(endpoint)
    for (const worker of Object.values(cluster.workers!)) tell(worker)
  })

  const fork = (): Worker => cluster.fork({ SERVICES: services.join(' ') })
  cluster.on('online', tell)
  cluster.once('listening', (_worker, { port }) => console.log(`http://127.0.0.1:${port}/users/1`))
  // A second later, so that one that can't start does not keep the machine busy.
  let leaving = false
  cluster.on('exit', () => setTimeout(() => leaving || fork(), 1_000).unref())
  for (let worker = 0; worker < Number(process.env['WORKERS'] ?? availableParallelism()); worker++) fork()

  process.once('SIGTERM', async () => {
    leaving = true
    for (const worker of Object.values(cluster.workers!)) worker?.process.kill('SIGTERM')
    await users.close()
  })
}

function work(services: readonly string[]): void {
  let ill: readonly string[] = []
  process.on('message', (names: readonly string[]) => {
    ill = names
  })
  const users = createPool({
    name: 'users',
    endpoints: services,
    // Asks what the primary has said: as often as you like, since it costs nothing.
    health: { active: { probe: async ({ name }) => !ill.includes(name), intervalMs: 200, rise: 1, fall: 1 } },
  })
  const redis = process.env['REDIS_URL'] === undefined ? null : new Redis(process.env['REDIS_URL'])
  const store = redis === null ? undefined : redisLimitStore(redisConnection(redis))
  const gateway = createGateway({
    filters: [rateLimit({ name: 'all', limit: 1_000, windowMs: 60_000, store })],
    routes: [{ path: '/**', handler: forward({ pool: users }) }],
  })
  const server = http.createServer(toNode(gateway))
  gracefulShutdown(server, {
    gateways: [gateway],
    onShutdown: async () => {
      await users.close()
      redis?.disconnect()
    },
  })
  server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1')
}
