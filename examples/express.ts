// Express: /api goes to a service, the rest is the application's own.
import type { AddressInfo } from 'node:net'
import { createGateway, createPool, forward, leastConnections } from 'edgewise'
import { toExpress } from 'edgewise/express'
import express from 'express'
import { startService } from './support/service.js'

const pool = createPool({
  name: 'api',
  endpoints: [await startService('api-1'), await startService('api-2')],
  balancer: leastConnections(),
})
const gateway = createGateway({ routes: [{ path: '/**', handler: forward({ pool }) }] })

const app = express()
app.use('/api', toExpress(gateway, { base: '/api' }))
app.use(express.json())
app.get('/', (_req, res) => {
  res.send('the application\n')
})

const server = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}/api/hello`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
  await pool.close()
})
