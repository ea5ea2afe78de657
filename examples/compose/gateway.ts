// The gateway of compose.yaml: with REDIS_URL, limits hold for all gateways together; metrics are on a port of their own. Alone:
//   node examples/compose/gateway.ts
//   curl -i http://127.0.0.1:8080/users/1; curl http://127.0.0.1:9090/metrics
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGateway, createPool, forward, gracefulShutdown, metrics, rateLimit, readiness } from 'edgewise'
import { toNode } from 'edgewise/node'
import { redisConnection, redisLimitStore } from 'edgewise/redis'
import { Redis } from 'ioredis'
import { collectDefaultMetrics, register } from 'prom-client'
import { startService } from '../support/service.js'

const {
  HOST = '127.0.0.1',
  PORT = '8080',
  METRICS_PORT = PORT === '0' ? '0' : '9090',
  REDIS_URL,
  UPSTREAM_URL,
} = process.env

const redis = REDIS_URL === undefined ? null : new Redis(REDIS_URL)
// What the client says of a Redis that is away; the gateway's limits count for themselves meanwhile.
redis?.on('error', ({ message }) => console.error(`redis: ${message}`))
const connection = redis === null ? null : redisConnection(redis)
const store = connection === null ? undefined : redisLimitStore(connection)

const users = createPool({ name: 'users', endpoints: [UPSTREAM_URL ?? (await startService('users'))] })
const gateway = createGateway({
  routes: [
    { path: '/readyz', handler: readiness() },
    {
      path: '/users/**',
      filters: [rateLimit({ name: 'users', limit: 20, windowMs: 60_000, store })],
      handler: forward({ pool: users }),
    },
  ],
})
collectDefaultMetrics({ register })
const measured = metrics({ register, pools: [users], gateways: [gateway] })

const server = http.createServer(toNode(gateway))
const inside = http.createServer(toNode(measured.handler))
gracefulShutdown([server, inside], {
  gateways: [gateway],
  delayMs: Number(process.env['DELAY_MS'] ?? 0),
  onShutdown: async () => {
    await users.close()
    connection?.close()
    redis?.disconnect()
  },
})
inside.listen(Number(METRICS_PORT), HOST)
await once(inside, 'listening')
server.listen(Number(PORT), HOST, () => {
  for (const [each, path] of [
    [server, '/users/1'],
    [inside, '/metrics'],
  ] as const)
    console.log(`http://127.0.0.1:${(each.address() as AddressInfo).port}${path}`)
})
