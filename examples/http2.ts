// HTTP/2 in front of an Express application, which can't speak it: toNode answers the clients, also those of HTTP/1.1, and what is
// the application's own goes to it over a Unix socket.
import { mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attachUpgrade, createGateway, forward } from 'edgewise'
import { toNode } from 'edgewise/node'
import express from 'express'
import { selfSigned } from './support/certificate.js'
import { startService } from './support/service.js'

const app = express()
// Nobody but the gateway comes this way: what it says of the client is true.
app.set('trust proxy', () => true)
app.get('/', (req, res) => {
  res.send(`the application, asked by ${req.ip} over ${req.protocol}\n`)
})
const folder = mkdtempSync(join(tmpdir(), 'http2-example-'))
const own = http.createServer(app).listen(join(folder, 'app.sock'))

const gateway = createGateway({
  routes: [
    { path: '/api/**', handler: forward(await startService('api')) },
    { path: '/**', handler: forward(`unix:${join(folder, 'app.sock')}`) },
  ],
})

const listener = toNode(gateway)
const server = http2.createSecureServer({ ...selfSigned(), allowHTTP1: true }, listener)
attachUpgrade(server, listener)
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`https://127.0.0.1:${port}/`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
  own.close()
  rmSync(folder, { recursive: true })
})
