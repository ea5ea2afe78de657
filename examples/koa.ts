// Koa: outer middleware sees and changes the proxied reply.
import type { AddressInfo } from 'node:net'
import { createGateway, forward } from 'edgewise'
import { toKoa } from 'edgewise/koa'
import Koa from 'koa'
import { startService } from './support/service.js'

const gateway = createGateway({ routes: [{ path: '/**', handler: forward(await startService('api')) }] })

const app = new Koa()
app.use(async (ctx, next) => {
  const started = performance.now()
  await next()
  ctx.set('server-timing', `edge;dur=${(performance.now() - started).toFixed(1)}`)
})
app.use(toKoa(gateway, { base: '/api' }))
app.use((ctx) => {
  ctx.body = 'the application\n'
})

const server = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}/api/hello`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
})
