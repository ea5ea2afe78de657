import { createGateway, type EdgeEvents, EventHub, reply, shed } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { request } from '../../adapters/contract/kit.js'
import { node } from '../../adapters/harness/node.js'
import { drained, eventually, h2Client, rawOpen } from '../../support/index.js'
import { http2Front } from '../http2/front.js'

/** A handler that takes the processor for a while. */
const busy = (ms: number) => async () => {
  const until = performance.now() + ms
  while (performance.now() < until);
  return reply(200, 'ok')
}

describe('shed', () => {
  it('what waits behind a turn of 120 ms is shed, each connection as it is told, and later requests are not', async () => {
    const events = new EventHub()
    const told: EdgeEvents['overload'][] = []
    events.on('overload', (event) => told.push(event))
    const filters = [shed({ maxQueuedMs: 10, exempt: ['/healthz'], events })]
    const routes = [
      { path: '/healthz', filters, handler: async () => reply(204) },
      { path: '/**', filters, handler: busy(120) },
    ]
    await using app = await node.listen(createGateway({ events, routes }))
    const connections = await Promise.all(Array.from({ length: 6 }, () => rawOpen(app.port)))
    await eventually(() => app.sockets.length === 6)
    // All in one go, so that the server finds them in one turn of its loop.
    const written = connections.map((connection, at) => connection.write(request(at === 5 ? '/healthz' : '/')))
    await Promise.all(written)
    const statuses = await Promise.all(connections.map(async (each) => (await each.waitFor('\r\n\r\n')).slice(9, 12)))
    expect(statuses.toSorted()).toEqual(['200', '204', '503', '503', '503', '503'])
    expect(statuses[5]).toBe('204')
    await eventually(() => told.length === 2, { timeoutMs: 5_000 })
    expect(told.map(({ change, shed: count }) => [change, count])).toEqual([
      ['shedding', 1],
      ['calm', 4],
    ])
    await using again = await rawOpen(app.port)
    await again.write(request('/'))
    expect((await again.waitFor('\r\n\r\n')).slice(9, 12)).toBe('200')
  })

  it('H-202 leaves no timer behind when its gateway has closed', async () => {
    const rest = drained()
    const routes = [{ path: '/**', filters: [shed({ maxHeapShare: 0.99 })], handler: busy(0) }]
    const app = await node.listen(createGateway({ routes }))
    await using connection = await rawOpen(app.port)
    await connection.write(request('/'))
    await connection.closed
    await app[Symbol.asyncDispose]()
    await rest()
  })

  it('sheds streams of HTTP/2, and leaves the connection open for those that follow', async () => {
    let answer = (): void => {}
    const first = new Promise<void>((resolve) => {
      answer = resolve
    })
    const filter = shed({ maxInFlight: 1, events: new EventHub() })
    const handler = async () => {
      await first
      return reply(200, 'ok')
    }
    await using front = await http2Front('http://127.0.0.1:1', {
      gateway: { routes: [{ path: '/**', filters: [filter], handler }] },
    })
    await using client = h2Client(front.port)
    const waiting = client.ask('/')
    await eventually(() => filter.inFlight === 1)
    expect((await client.ask('/', { method: 'POST', body: 'x'.repeat(100_000) })).status).toBe(503)
    answer()
    expect((await waiting).status).toBe(200)
    expect((await client.ask('/')).status).toBe(200)
  })
})
