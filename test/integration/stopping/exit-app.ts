import { writeFileSync } from 'node:fs'
import { get } from 'node:http'
import {
  cache,
  createGateway,
  createPool,
  fileDiscovery,
  forward,
  gracefulShutdown,
  hardenServer,
  rateLimit,
  readiness,
  shed,
} from 'edgewise'
import { redisConnection, redisLimitStore, redisStore } from 'edgewise/redis'
import { Redis } from 'ioredis'
import { harnessOf } from '../../adapters/harness/by-name.js'

// An app with everything that has a timer, a socket or a watcher, on one framework. It gets its own SIGTERM and has to end by itself.
const [name, far, redisPort, folder] = process.argv.slice(2) as [string, string, string, string]
writeFileSync(`${folder}/far.json`, JSON.stringify([far]))
const client = new Redis({ port: Number(redisPort), host: '127.0.0.1' })
const connection = redisConnection(client, { timeoutMs: 5_000 })
const health = { active: { path: '/', intervalMs: 60_000, timeoutMs: 10_000 }, passive: {} }
const fixed = createPool({ name: 'fixed', endpoints: [far, 'http://127.0.0.1:9'], health, slowStartMs: 60_000 })
const found = createPool({ name: 'found', discovery: fileDiscovery({ path: `${folder}/far.json` }), health })
const gateway = createGateway({
  filters: [
    shed({ maxQueuedMs: 0, maxEventLoopDelayMs: 60_000 }),
    rateLimit({ name: 'all', limit: 1_000, windowMs: 60_000, store: redisLimitStore(connection) }),
  ],
  routes: [
    {
      path: '/readyz',
      handler: readiness({ pools: [fixed, found], checks: { redis: () => client.ping() }, timeoutMs: 10_000 }),
    },
    { path: '/found', filters: [cache()], handler: forward({ pool: found, totalTimeoutMs: 60_000 }) },
    { path: '/fixed', filters: [cache({ store: redisStore(connection) })], handler: forward({ pool: fixed }) },
    { path: '/own', handler: forward(far, { totalTimeoutMs: 60_000 }) },
  ],
})
const harness = await harnessOf(name)
const { server, port, middleware } = await harness.listen(gateway, { fallThrough: true })
hardenServer(server)
const shutdown = gracefulShutdown(server, {
  gateways: [middleware],
  onShutdown: async () => {
    connection.close()
    client.disconnect()
    await Promise.all([fixed.close(), found.close()])
  },
})
console.log('READY 0')
await Promise.all([found.discovered, client.ping()])
const statuses: (number | undefined)[] = []
for (const path of ['/readyz', '/found', '/fixed', '/fixed', '/own', '/app'])
  statuses.push(
    await new Promise((resolve, reject) =>
      get({ port, host: '127.0.0.1', path }, (reply) => reply.resume().on('end', () => resolve(reply.statusCode))).on(
        'error',
        reject,
      ),
    ),
  )
process.kill(process.pid, 'SIGTERM')
process.send!({ statuses, report: await shutdown.done })
