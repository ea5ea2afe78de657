// A canary: one client in ten gets the new version, and stays with it by a cookie. Try it:
//   for i in $(seq 20); do curl -s http://127.0.0.1:3000/; done
//   curl http://127.0.0.1:3000/break; sleep 1; for i in $(seq 20); do curl -s http://127.0.0.1:3000/; done
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGateway, createPool, events, forward, split } from 'edgewise'
import { toNode } from 'edgewise/node'
import { startServer } from './support/server.js'

const stable = createPool({ name: 'stable', endpoints: [await startServer((_req, res) => res.end('stable\n'))] })
let well = true
const newVersion = await startServer((req, res) => {
  well &&= req.url !== '/break'
  res.writeHead(well ? 200 : 500).end('canary\n')
})
// Going back is a matter of health: while probes find the canary ill, its clients are the fallback's, whatever their cookies say.
const canary = createPool({
  name: 'canary',
  endpoints: [newVersion],
  health: { active: { path: '/healthz', intervalMs: 200, fall: 2 } },
  fallback: stable,
})
events.on('endpoint', ({ pool, change, why }) => console.error(`${pool}: ${change}, ${why}`))

const shop = split({
  branches: {
    stable: { handler: forward({ pool: stable }), weight: 90 },
    canary: { handler: forward({ pool: canary }), weight: 10 },
  },
  cookie: { name: 'shop-version' },
})
const breaking = { path: '/break', handler: forward({ pool: canary }) }
const gateway = createGateway({ routes: [{ path: '/**', handler: shop }, breaking] })

const server = http.createServer(toNode(gateway))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
  await Promise.all([canary.close(), stable.close()])
})
