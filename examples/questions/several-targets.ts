// "I have several targets": a pool takes turns, goes round the one that is down, and notices when it is back. Try it:
//   for i in 1 2 3 4; do curl -X POST http://127.0.0.1:3000/api/orders; done
import type { AddressInfo } from 'node:net'
import { createPool, events, forward, leastConnections } from 'edgewise'
import { toExpress } from 'edgewise/express'
import express from 'express'
import { startService } from '../support/service.js'

const pool = createPool({
  name: 'orders',
  endpoints: [
    { name: 'one', url: await startService('one') },
    { name: 'two', url: await startService('two'), weight: 2 },
    // Nobody listens there.
    { name: 'down', url: 'http://127.0.0.1:1' },
  ],
  balancer: leastConnections(),
  health: { active: { path: '/healthz', intervalMs: 1_000 } },
})
events.on('endpoint', ({ endpoint, change, why }) => console.error(`${endpoint}: ${change}, ${why}`))

const app = express()
const proxy = toExpress(forward({ pool }), { base: '/api' })
app.use('/api', proxy)
const server = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/orders`)
})

process.once('SIGTERM', async () => {
  server.close()
  await proxy.close({ graceMs: 5_000 })
  await pool.close()
})
