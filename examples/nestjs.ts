// NestJS: /api goes to a service, its WebSockets too; the rest is Nest's own. Try it:
//   curl -X POST -H 'content-type: application/json' -d '{"a":1}' http://127.0.0.1:3000/api/orders
//   curl -X POST -H 'content-type: application/json' -d '{"a":1}' http://127.0.0.1:3000/orders
import type { AddressInfo } from 'node:net'
import { Body, Controller, Module, Post } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { attachUpgrade, createGateway, forward } from 'edgewise'
import { toExpress } from 'edgewise/express'
import { startServer } from './support/server.js'
import { startService } from './support/service.js'

class Orders {
  create(order: unknown): unknown {
    return { own: order }
  }
}
class Application {}
// Decorators by hand: Node takes types off, and runs no decorators.
Body()(Orders.prototype, 'create', 0)
Post()(Orders.prototype, 'create', Object.getOwnPropertyDescriptor(Orders.prototype, 'create')!)
Controller('orders')(Orders)
Module({ controllers: [Orders] })(Application)

const gateway = createGateway({
  routes: [
    { path: '/echo', handler: forward(await startService('echo')) },
    { path: '/orders', handler: forward(await startServer((req, res) => req.pipe(res))) },
  ],
})

const app = await NestFactory.create<NestExpressApplication>(Application, { logger: ['error', 'warn'] })
// Nest adds its body parsers in listen(). What is mounted before stands in front of them and streams; the controllers' bodies are
// parsed as ever, which `bodyParser: false` would end. As middleware of a module it would stand behind them: then `rawBody: true`.
const middleware = toExpress(gateway, { base: '/api' })
app.use('/api', middleware)
attachUpgrade(app.getHttpServer(), middleware)

await app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1')
const { port } = app.getHttpServer().address() as AddressInfo
console.log(`http://127.0.0.1:${port}/api/orders`)

process.once('SIGTERM', async () => {
  await Promise.all([app.close(), gateway.close({ graceMs: 5_000 })])
})
