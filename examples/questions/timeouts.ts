// "The service hangs: who ends it, when, and with what?" Try it, also with /stops and /drips:
//   curl -i http://127.0.0.1:3000/hangs
import type { AddressInfo } from 'node:net'
import { events, forward } from 'edgewise'
import { toExpress } from 'edgewise/express'
import express from 'express'
import { startServer } from '../support/server.js'

const service = await startServer((req, res) => {
  if (req.url === '/hangs') return
  res.write('begun\n')
  const timer = setInterval(() => req.url === '/drips' && res.write('.'), 50)
  res.on('close', () => clearInterval(timer))
})
const limits = {
  connectTimeoutMs: 1_000, // until there is a connection: another endpoint, or 504
  firstByteTimeoutMs: 500, // /hangs, from the last byte sent to the first of the reply: 504
  idleTimeoutMs: 500, // /stops, between two bytes of the reply: the client's reply breaks off
  totalTimeoutMs: 1_500, // /drips, for all of it: 504, or breaks off once the reply has begun
}
const proxy = toExpress(forward(service, limits))
events.on('exchange', ({ exchange, outcome }) => console.error(exchange.target.path, outcome.error?.code))

const server = express()
  .use(proxy)
  .listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
    console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hangs`)
  })

process.once('SIGTERM', async () => {
  server.close()
  await proxy.close({ graceMs: 1_000 })
})
