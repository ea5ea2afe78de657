// "My POST hangs since I use express.json()." The parser has read the body, and nothing is left to send. Try it, also with /kept and /lost:
//   curl -i -X POST -H 'content-type: application/json' -d '{"a": 1}' http://127.0.0.1:3000/front/orders
import type { AddressInfo } from 'node:net'
import { createGateway, forward, keepRawBody } from 'edgewise'
import { toExpress } from 'edgewise/express'
import express from 'express'
import { startServer } from '../support/server.js'

const echo = await startServer((req, res) => req.pipe(res))
const gateway = createGateway({ routes: [{ path: '/**', handler: forward(echo) }] })

const app = express()
// In front of the parser: the body streams through, whatever its type and length.
app.use('/front', toExpress(gateway, { base: '/front' }))
// Behind one that keeps the bytes: they are sent as they came.
app.use('/kept', express.json({ verify: keepRawBody }), toExpress(gateway, { base: '/kept' }))
// Behind one that does not: 500 ERR_EDGE_BODY_CONSUMED, at once.
app.use('/lost', express.json(), toExpress(gateway, { base: '/lost' }))
// The application's own routes have the parser as ever.
app.post('/own', express.json(), (req, res) => {
  res.json({ own: req.body })
})

const server = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/front/orders`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
})
