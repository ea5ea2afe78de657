// Hono on Node: needs @hono/node-server, which hands Node's request to the adapter.
import { type ServerType, serve } from '@hono/node-server'
import { createGateway, forward } from 'edgewise'
import { toHono } from 'edgewise/hono'
import { Hono } from 'hono'
import { startService } from './support/service.js'

const gateway = createGateway({ routes: [{ path: '/**', handler: forward(await startService('api')) }] })

const app = new Hono()
app.use(async (c, next) => {
  await next()
  c.header('x-served-by', 'hono')
})
app.use(toHono(gateway, { base: '/api' }))
app.get('/', (c) => c.text('the application\n'))

const server: ServerType = serve(
  { fetch: app.fetch, port: Number(process.env['PORT'] ?? 3000), hostname: '127.0.0.1' },
  ({ port }) => console.log(`http://127.0.0.1:${port}/api/hello`),
)

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
})
