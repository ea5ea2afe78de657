// A filter of your own: gives each request an id, tells the upstream and the client, and logs what came of it.
import { randomUUID } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { changeHeaders, createGateway, defineFilter, forward, type StateKey, stateKey } from 'edgewise'
import { toNode } from 'edgewise/node'
import { startService } from './support/service.js'

const requestId: StateKey<string> = stateKey('requestId')

const identify = defineFilter({ filterName: 'identify', stage: 'observe' }, async (exchange, next) => {
  const id = randomUUID()
  exchange.set(requestId, id)
  exchange.onSettled(({ status, bytes }) =>
    console.error(`${id} ${exchange.method} ${exchange.target.path} ${status} ${bytes.out}`),
  )
  const reply = await next(exchange.with({ headers: changeHeaders(exchange.headers, { 'x-request-id': id }) }))
  return { ...reply, headers: changeHeaders(reply.headers, { 'x-request-id': id }) }
})

const gateway = createGateway({
  filters: [identify],
  routes: [{ path: '/**', handler: forward(await startService('api')) }],
})

const server = http.createServer(toNode(gateway))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}/hello`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
})
