import { attachUpgrade, createGateway, type Filter, forward, type Handler, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, h2Client, h2Error, h2Handshake, h2WebSocket, statusOf, wsEcho } from '../../../support/index.js'
import { appOver, bases, below, gatewayTo } from '../kit.js'
import type { Http2Cell } from './cell.js'

const deny: Filter = async () => reply(403, 'denied')

export function http2Connections({ harness, title, over }: Http2Cell): void {
  describe(`${title}: closing`, () => {
    it('says GOAWAY when the gateway closes, and finishes what is under way', async () => {
      const finish = Promise.withResolvers<void>()
      await using app = await harness.listen(
        gatewayTo(async () => {
          await finish.promise
          return reply(200, 'finished')
        }),
        over,
      )
      await using client = h2Client(app.port)
      const pending = client.ask('/x')
      await eventually(() => app.middleware.gateway.traffic.requests === 1)
      const closed = app.middleware.close({ graceMs: 5_000 })
      await eventually(() => client.goneAway !== null)
      finish.resolve()
      expect(await pending).toMatchObject({ status: 200, body: 'finished', reset: 0 })
      await closed
      await eventually(() => client.session.closed)
    })

    it('answers 503 on a new connection of a closing gateway, and takes that back, too', async () => {
      const finish = Promise.withResolvers<void>()
      const slow: Handler = async () => {
        await finish.promise
        return reply(200)
      }
      await using app = await harness.listen(gatewayTo(slow), over)
      await using first = h2Client(app.port)
      const pending = first.ask('/x')
      await eventually(() => app.middleware.gateway.traffic.requests === 1)
      const closed = app.middleware.close({ graceMs: 5_000 })
      await using second = h2Client(app.port)
      expect((await second.ask('/x')).status).toBe(503)
      await eventually(() => second.session.closed)
      finish.resolve()
      await pending
      await closed
    })
  })

  describe.each(bases)(`${title} at %s: WebSockets (RFC 8441)`, (base) => {
    it('carries one, and says where it was asked', async () => {
      await using far = await wsEcho()
      await using app = await appOver(harness, far.url.replace('ws', 'http'), { ...over, base })
      await using client = h2Client(app.port)
      const socket = await h2WebSocket(client.session, below(base, '/chat?room=1'))
      const heard = new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))))
      socket.send('hello')
      expect(await heard).toBe('hello')
      expect(far.requests[0]!.url).toBe('/chat?room=1')
      expect(far.requests[0]!.headers['x-forwarded-prefix']).toBe(base === '/' ? undefined : base)
      expect(app.middleware.gateway.traffic.tunnels).toBe(1)
      socket.close()
      await eventually(() => app.middleware.gateway.traffic.tunnels === 0)
    })

    it('H-049 denies one as it denies the request, and answers 404 to what is not ours', async () => {
      const gateway = createGateway({
        filters: [deny],
        routes: [{ path: '/ours', handler: forward('http://127.0.0.1:1') }],
      })
      await using app = await harness.listen(gateway, { ...over, base })
      await using client = h2Client(app.port)
      expect(await statusOf(await h2Handshake(client.session, below(base, '/ours')))).toBe(403)
      expect(await statusOf(await h2Handshake(client.session, below(base, '/other')))).toBe(404)
      expect(await statusOf(await h2Handshake(client.session, '/elsewhere'))).toBe(404)
    })
  })

  it(`${title}: two middleware on one server each serve their own WebSockets (H-193)`, async () => {
    await using one = await wsEcho({ name: 'one' })
    await using two = await wsEcho({ name: 'two' })
    await using first = await appOver(harness, one.url.replace('ws', 'http'), { ...over, base: '/one' })
    await using second = await appOver(harness, two.url.replace('ws', 'http'), { ...over, base: '/two' })
    const detach = attachUpgrade(first.server, second.middleware)
    await using client = h2Client(first.port)
    for (const [path, status] of [
      ['/one/x', 200],
      ['/two/x', 200],
      ['/three', 404],
    ] as const) {
      const stream = await h2Handshake(client.session, path)
      expect(await statusOf(stream)).toBe(status)
      stream.close(h2Error.cancel)
    }
    expect([one.requests.length, two.requests.length]).toEqual([1, 1])
    detach()
    expect(await statusOf(await h2Handshake(client.session, '/two/x'))).toBe(404)
  })
}
