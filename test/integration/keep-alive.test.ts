import diagnostics from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { sink } from '../support/index.js'
import { rawOpen } from '../support/raw-open.js'
import { afterReplies } from '../support/replies.js'
import { ask } from './client.js'
import { gatewayOver, transports } from './front.js'

/** How many listeners an emitter has for each event. */
const listeners = (emitter: EventEmitter): Record<string, number> =>
  Object.fromEntries(emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]))

describe.each(transports)('kept connections over %s', (_name, make) => {
  it.each([
    ['GET', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['POST', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello'],
    ['HEAD', 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ])(
    'H-115 500 %s requests on one client and one upstream socket add no listener and warn of nothing',
    async (method, request) => {
      const body = method === 'HEAD' ? '' : 'ok'
      await using far = await sink(['waitBody', `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${body}`])
      await using front = await gatewayOver(make(), [far.url])
      const warnings: Error[] = []
      const warn = (warning: Error): void => void warnings.push(warning)
      process.on('warning', warn)
      const outgoing: Socket[] = []
      const opened = ({ socket }: { socket: Socket }): void => void outgoing.push(socket)
      const incoming: Socket[] = []
      front.server.on('connection', (socket) => incoming.push(socket))
      await using client = await rawOpen(front.port)
      diagnostics.subscribe('net.client.socket', opened as never)
      try {
        const counts: unknown[] = []
        for (let at = 1; at <= 500; at++) {
          await client.write(request)
          await client.waitFor(afterReplies(at, { methods: Array.from({ length: at }, () => method) }))
          if (at % 50 === 0 || at === 20) {
            await front.atRest()
            counts.push([incoming, outgoing].map((sockets) => sockets.map(listeners)))
          }
        }
        expect([incoming.length, outgoing.length, far.connections.length]).toEqual([1, 1, 1])
        for (const count of counts) expect(count).toEqual(counts[0])
      } finally {
        diagnostics.unsubscribe('net.client.socket', opened as never)
        process.off('warning', warn)
      }
      expect(far.requests).toHaveLength(500)
      expect(warnings).toEqual([])
    },
  )

  it('H-115 nor do 100 requests that fail, each on a socket that was kept by the client', async () => {
    await using far = await sink(['waitBody', 'reset'])
    await using front = await gatewayOver(make(), [far.url], { pool: { health: { passive: false } } })
    const incoming: Socket[] = []
    front.server.on('connection', (socket) => incoming.push(socket))
    await using client = await rawOpen(front.port)
    let first: unknown
    for (let at = 1; at <= 100; at++) {
      await client.write('DELETE / HTTP/1.1\r\nHost: a\r\n\r\n')
      await client.waitFor(afterReplies(at))
      await front.atRest()
      first ??= incoming.map(listeners)
    }
    expect(incoming.map(listeners)).toEqual(first)
    expect(client.text.match(/HTTP\/1\.1 502 /g)).toHaveLength(100)
  })

  it('uses the connection that was used last, and no more of them than there are requests at once', async () => {
    await using far = await sink()
    await using front = await gatewayOver(make(), [far.url])
    for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 4 }, () => ask(front.port)))
    expect(far.connections.length).toBeLessThanOrEqual(4)
  })
})
