// The server that is overloaded: one kind of work, with shed() or without.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { toNode } from '../../dist/adapters/node.js'
import { createGateway, createPool, defineFilter, forward, reply, shed } from '../../dist/index.js'

const [kind, workMs, maxQueuedMs, upstreamUrl] = process.argv.slice(2)

/** Takes the processor's time, as parsing, templates or cryptography do. */
function work() {
  const until = performance.now() + Number(workMs)
  while (performance.now() < until);
}

const body = JSON.stringify({ name: 'edgewise', what: 'a reply of about ninety bytes, as in the other tables' })
const worker = defineFilter({ filterName: 'work' }, (exchange, next) => {
  work()
  return next(exchange)
})
const kinds = {
  handler: async () => {
    work()
    return reply(200, body)
  },
  later: async () => {
    await new Promise((resolve) => setImmediate(resolve))
    work()
    return reply(200, body)
  },
  forward: forward({ pool: createPool({ name: 'far', endpoints: [upstreamUrl] }) }),
}

const filters = [
  ...(Number(maxQueuedMs) > 0 ? [shed({ maxQueuedMs: Number(maxQueuedMs) })] : []),
  ...(kind === 'forward' ? [worker] : []),
]
const gateway = createGateway({ routes: [{ path: '/**', filters, handler: kinds[kind] }] })
const server = createServer({ keepAliveTimeout: 0 }, toNode(gateway)).listen({ port: 0, host: '127.0.0.1' })
await once(server, 'listening')
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {}) // the runner decides
process.send({ port: server.address().port })
