import { createGateway, forward, gracefulShutdown, type Handler, liveness, readiness, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import {
  afterReplies,
  closed,
  eventually,
  parseReplies,
  rawOpen,
  sink,
  wsConnect,
  wsEcho,
} from '../../support/index.js'
import type { Harness } from '../harness/harness.js'
import { ask } from './kit.js'

const GET = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n'

export function stopping(harness: Harness): void {
  describe(`${harness.name}: stopping`, () => {
    it('H-113 H-197 finishes what is in flight and an upload half-way, refuses what is new, and tells how it is to the end', async () => {
      const gate = Promise.withResolvers<void>()
      const slow: Handler = async () => {
        await gate.promise
        return reply(200, 'finished')
      }
      const gateway = createGateway({
        routes: [
          { path: '/livez', handler: liveness() },
          { path: '/readyz', handler: readiness() },
          { path: '/up', handler: async ({ body }) => reply(200, body) },
          { path: '/x', handler: slow },
        ],
      })
      await using app = await harness.listen(gateway, { fallThrough: true })
      await using inFlight = await rawOpen(app.port)
      await using uploading = await rawOpen(app.port)
      await inFlight.write(GET)
      await uploading.write('POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234')
      await eventually(() => gateway.traffic.requests === 2)
      expect((await ask(app.port, '/readyz')).status).toBe(200)
      const done = app.middleware.close({ graceMs: 10_000 })
      const refused = await ask(app.port, '/x')
      expect([refused.status, refused.header('retry-after'), refused.header('connection')]).toEqual([503, '1', 'close'])
      expect([(await ask(app.port, '/livez')).status, (await ask(app.port, '/readyz')).status]).toEqual([200, 503])
      await uploading.write('56789')
      gate.resolve()
      for (const [connection, body] of [
        [inFlight, 'finished'],
        [uploading, '0123456789'],
      ] as const) {
        expect(await connection.closed).toBe('closed')
        const [answer] = parseReplies(connection.bytes, { closed: true })
        expect([answer!.status, answer!.body.toString(), answer!.header('connection')]).toEqual([200, body, 'close'])
      }
      await done
      expect((await ask(app.port, '/readyz')).body.toString()).toBe('{"status":"closed"}\n')
    })

    it('H-113 ends an event stream whole, and a WebSocket by 1001', async () => {
      const event = 'data: 1\n\n'
      await using far = await sink([
        'waitBody',
        `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n${event}\r\n`,
        'stall',
      ])
      await using echo = await wsEcho()
      const gateway = createGateway({
        routes: [
          { path: '/ws', handler: forward(echo.url.replace('ws', 'http')) },
          { path: '/x', handler: forward(far.url) },
        ],
      })
      await using app = await harness.listen(gateway)
      await using stream = await rawOpen(app.port)
      await stream.write(GET)
      await stream.waitFor(event)
      const socket = await wsConnect(`ws://127.0.0.1:${app.port}/ws`)
      await app.middleware.close({ graceMs: 60_000 })
      expect(await closed(socket)).toEqual({ code: 1001, reason: 'drain' })
      await stream.waitFor(afterReplies(1))
      expect(parseReplies(stream.bytes)[0]!.body.toString()).toBe(event)
    })

    it('H-113 leaves with its server: the app’s own replies say Connection: close, and none is lost', async () => {
      await using app = await harness.listen(createGateway({ routes: [] }), { fallThrough: true })
      const shutdown = gracefulShutdown(app.server, { gateways: [app.middleware], signals: [], delayMs: 100 })
      await using kept = await rawOpen(app.port)
      await kept.write(GET)
      await kept.waitFor(afterReplies(1))
      const done = shutdown.shutDown()
      await kept.write(GET)
      expect(await kept.closed).toBe('closed')
      const [, second] = parseReplies(kept.bytes, { closed: true })
      expect([second!.status, second!.header('connection')]).toEqual([200, 'close'])
      expect(await done).toMatchObject({ cut: 0 })
    })
  })
}
