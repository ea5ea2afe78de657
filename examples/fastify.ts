// Fastify: a plugin with a root hook, in front of body parsers and of paths that no route knows.
import { createGateway, forward } from 'edgewise'
import { toFastify } from 'edgewise/fastify'
import Fastify from 'fastify'
import { startService } from './support/service.js'

const gateway = createGateway({ routes: [{ path: '/**', handler: forward(await startService('api')) }] })

const app = Fastify()
await app.register(toFastify(gateway, { base: '/api' }))
app.get('/', async () => 'the application\n')

const address = await app.listen({ port: Number(process.env['PORT'] ?? 3000), host: '127.0.0.1' })
console.log(`${address}/api/hello`)

process.once('SIGTERM', async () => {
  await app.close()
  await gateway.close({ graceMs: 5_000 })
})
