import { once } from 'node:events'
import { createWriteStream, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import {
  accessLog,
  cache,
  createGateway,
  createPool,
  eventLog,
  fileDiscovery,
  forward,
  type Gateway,
  gracefulShutdown,
  hardenServer,
  metrics,
  rateLimit,
  readiness,
  shed,
  statusPage,
  tracing,
} from 'edgewise'
import { redisConnection, redisLimitStore, redisStore } from 'edgewise/redis'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { harnessOf } from '../../adapters/harness/by-name.js'

// An app with everything that has a timer, a socket, a watcher or a listener, on one framework. It gets its own SIGTERM and has to end by itself,
// though nobody closes its logs and metrics.
const [name, far, redisPort, folder] = process.argv.slice(2) as [string, string, string, string]
writeFileSync(`${folder}/far.json`, JSON.stringify([far]))
const client = new Redis({ port: Number(redisPort), host: '127.0.0.1' })
const connection = redisConnection(client, { timeoutMs: 5_000 })
const health = { active: { path: '/', intervalMs: 60_000, timeoutMs: 10_000 }, passive: {} }
const fixed = createPool({ name: 'fixed', endpoints: [far, 'http://127.0.0.1:9'], health, slowStartMs: 60_000 })
const found = createPool({ name: 'found', discovery: fileDiscovery({ path: `${folder}/far.json` }), health })
const pools = [fixed, found]
const register = new Registry()
collectDefaultMetrics({ register })
accessLog({ stream: createWriteStream(`${folder}/${name}.log`) })
eventLog({ logger: pino(createWriteStream(`${folder}/${name}-events.log`)) })
const measured = metrics({ register, pools, gateways: () => [gateway] })
const status = statusPage({ pools, gateways: () => ({ app: gateway }) })
const gateway: Gateway = createGateway({
  filters: [
    tracing({ openTelemetry: true, probes: true }),
    shed({ maxQueuedMs: 0, maxEventLoopDelayMs: 60_000 }),
    rateLimit({ name: 'all', limit: 1_000, windowMs: 60_000, store: redisLimitStore(connection) }),
  ],
  routes: [
    {
      path: '/readyz',
      handler: readiness({ pools, checks: { redis: () => client.ping() }, timeoutMs: 10_000 }),
    },
    { path: '/found', filters: [cache()], handler: forward({ pool: found, totalTimeoutMs: 60_000 }) },
    { path: '/fixed', filters: [cache({ store: redisStore(connection) })], handler: forward({ pool: fixed }) },
    { path: '/metrics', handler: measured.handler },
    { path: '/status', handler: status },
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
const asked = (path: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => get({ port, host: '127.0.0.1', path }, resolve).on('error', reject))
const statuses: (number | undefined)[] = []
for (const path of ['/readyz', '/found', '/fixed', '/fixed', '/own', '/metrics', '/status', '/app']) {
  const reply = await asked(path)
  await once(reply.resume(), 'end')
  statuses.push(reply.statusCode)
}
// Watches until the end.
const viewer = await asked('/status?format=events')
let seen = ''
viewer.setEncoding('utf8').on('data', (text) => {
  seen += text
})
const left = once(viewer, 'end')
process.kill(process.pid, 'SIGTERM')
const report = await shutdown.done
await left
const watched = [...seen.matchAll(/^event: (\w+)$/gm)].map(([, event]) => event)
process.send!({ statuses, report, watched: [watched[0], watched.at(-1)] })
