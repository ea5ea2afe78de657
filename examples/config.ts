// A gateway that a file describes, and that follows it: node examples/config.ts, then change examples/config/edge.yaml. Try it:
//   curl -i http://127.0.0.1:3000/orders/1
//   curl -i http://127.0.0.1:3000/v1/orders
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { events } from 'edgewise'
import { loadGateway } from 'edgewise/config'
import { toNode } from 'edgewise/node'
import { startService } from './support/service.js'

events.on('configuration', ({ change, why }) => console.error(`${change}: ${why}`))

const edge = await loadGateway(new URL('config/edge.yaml', import.meta.url).pathname, {
  watch: true,
  env: { ...process.env, ORDERS_URL: await startService('orders'), ORDERS_NEXT_URL: await startService('orders-next') },
})

const server = http.createServer(toNode(edge))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}/orders/1`)
})

process.once('SIGTERM', async () => {
  server.close()
  await edge.close({ graceMs: 5_000 })
})
