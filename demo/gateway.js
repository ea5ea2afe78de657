// The gateway itself: this file is what an application would have.
import { once } from 'node:events'
import { attachUpgrade, createGateway, createPool, EventHub, forward } from 'edgewise'
import { toExpress } from 'edgewise/express'
import express from 'express'

/**
 * @param {{ name: string, url: string, weight?: number }[]} endpoints
 * @param {{ port: number }} options
 */
export async function startGateway(endpoints, { port }) {
  const events = new EventHub()
  const pool = createPool({
    name: 'demo',
    endpoints,
    health: { active: { path: '/healthz', intervalMs: 200, timeoutMs: 1_000, rise: 2, fall: 2 } },
    events,
  })
  const gateway = createGateway({ routes: [{ path: '/**', handler: forward({ pool }) }], events })

  const app = express()
  const middleware = toExpress(gateway, { base: '/api' })
  app.use('/api', middleware)
  app.get('/', (_req, res) => res.type('text').send('The application itself. Try /api/hello.\n'))

  const server = app.listen(port, '127.0.0.1')
  await once(server, 'listening')
  attachUpgrade(server, middleware)
  return {
    events,
    port: server.address().port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      await gateway.close({ graceMs: 3_000 })
      await pool.close()
      await closed
    },
  }
}
