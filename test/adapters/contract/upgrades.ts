import {
  attachUpgrade,
  compose,
  createGateway,
  type EdgeMiddleware,
  exchangeOf,
  type Filter,
  handOver,
  reply,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { faultyUpstream, nextMessage, oneMessage, sink, wsConnect, wsEcho } from '../../support/index.js'
import { type Harness, principal } from '../harness/harness.js'
import { appOver, bases, below, gatewayTo, talk } from './kit.js'

function handshake(target: string, fields = ''): string {
  return `GET ${target} HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${fields}\r\n`
}

/** What comes back: `101`, or a complete denial. */
async function shake(port: number, target: string, fields?: string) {
  const { text, replies, ended } = await talk(port, handshake(target, fields), 'GET', {
    until: (text) => text.startsWith('HTTP/1.1 101') && text.includes('\r\n\r\n'),
  })
  const [answer] = replies
  return { status: answer!.status, answer: answer!, text, ended }
}

/** The same table as for requests; `404`: not ours, and nobody else is there. */
const targets: readonly (readonly [string, string | number])[] = [
  ['/api', '/'],
  ['/api/', '/'],
  ['/api/x?q=1', '/x?q=1'],
  ['/api//x', '/x'],
  ['//api/x', '/x'],
  ['/%61pi/x', '/x'],
  ['/api/%2e%2e/x', 400],
  ['/api%2fx', 400],
  ['/API/x', 404],
  ['/apix', 404],
  ['/x', 404],
  ['/x/../api/x', 404],
]

const deny: Filter = async (exchange, next) =>
  exchange.headers['authorization'] === undefined
    ? reply(401, 'who are you?', { 'www-authenticate': 'Basic' })
    : next(exchange)

export function upgrades(harness: Harness): void {
  const { name } = harness
  describe.each(bases)(`${name} at %s: upgrades`, (base) => {
    it('carries a WebSocket, and says where it was asked', async () => {
      await using far = await wsEcho()
      await using app = await appOver(harness, far.url.replace('ws', 'http'), { base, mount: base })
      const socket = await wsConnect(`ws://127.0.0.1:${app.port}${below(base, '/chat?room=1')}`)
      socket.send('hello')
      expect(await nextMessage(socket)).toBe('hello')
      expect(far.requests[0]!.url).toBe('/chat?room=1')
      expect(far.requests[0]!.headers['x-forwarded-prefix']).toBe(base === '/' ? undefined : base)
      expect(app.middleware.gateway.traffic.tunnels).toBe(1)
    })

    it('H-049 denies an upgrade as it denies the request, with a complete message', async () => {
      await using far = await wsEcho()
      await using app = await appOver(harness, far.url.replace('ws', 'http'), { base, gateway: { filters: [deny] } })
      const { answer, ended } = await shake(app.port, below(base, '/x'))
      expect([answer.status, answer.body.toString(), answer.complete]).toEqual([401, 'who are you?', true])
      expect([answer.header('connection'), answer.header('www-authenticate')]).toEqual(['close', 'Basic'])
      expect(answer.framing.kind).not.toBe('close')
      expect(ended).toBe('closed')
      expect(far.requests).toHaveLength(0)
      expect((await shake(app.port, below(base, '/x'), 'Authorization: me\r\n')).status).toBe(101)
    })

    it.each([
      { how: 'rejects', filter: (() => Promise.reject(new Error('boom'))) as Filter },
      {
        how: 'throws at once',
        filter: (() => {
          throw new Error('boom')
        }) as Filter,
      },
    ])('H-096 answers 500 when a filter $how, with nothing of the error', async ({ filter }) => {
      await using app = await appOver(harness, 'http://127.0.0.1:1', { base, gateway: { filters: [filter] } })
      const { answer, text, ended } = await shake(app.port, below(base, '/x'))
      expect([answer.status, answer.complete, answer.header('connection'), ended]).toEqual([
        500,
        true,
        'close',
        'closed',
      ])
      expect(text).not.toContain('boom')
    })

    it('H-095 answers a failed upstream by its status', async () => {
      await using far = await faultyUpstream('refuse')
      await using app = await appOver(harness, far.url, { base })
      const { answer, ended } = await shake(app.port, below(base, '/x'))
      expect([answer.status, answer.complete, answer.header('connection'), ended]).toEqual([
        502,
        true,
        'close',
        'closed',
      ])
    })

    it('H-054 leaves an h2c upgrade an ordinary request', async () => {
      await using far = await sink()
      await using app = await appOver(harness, far.url, { base })
      const { reply: answer } = await talk(
        app.port,
        `GET ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n`,
      )
      if ('shouldUpgradeCallback' in app.server) {
        expect(answer.status).toBe(200)
        const sent = oneMessage(far.connections[0]!.received)
        expect(['upgrade', 'http2-settings'].map((field) => sent.header(field))).toEqual([undefined, undefined])
      } else {
        expect(answer.status).toBe(501)
        expect(far.connections).toHaveLength(0)
      }
    })

    it('hands over to the app’s own WebSocket server what filters let pass, and what they found', async () => {
      const guard: Filter = async (exchange, next) => {
        exchange.set(principal, String(exchange.headers['authorization']))
        return next(exchange)
      }
      await using app = await harness.listen(gatewayTo(compose(deny, guard, handOver())), { base, upgrades: false })
      app.server.on('upgrade', (req, socket, head) =>
        app.middleware.upgrade(req, socket, head, () =>
          socket.end(`HTTP/1.1 418 ${exchangeOf(req)?.get(principal)}\r\n\r\n`),
        ),
      )
      expect((await shake(app.port, below(base, '/x'), 'Authorization: me\r\n')).answer.reason).toBe('me')
      expect((await shake(app.port, below(base, '/x'))).status).toBe(401)
    })

    it('leaves what no route answers untouched for another listener', async () => {
      await using app = await harness.listen(createGateway({ routes: [] }), { base })
      app.server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 418 Other\r\nContent-Length: 0\r\n\r\n'))
      const { text } = await shake(app.port, below(base, '/x'))
      expect(text).toBe('HTTP/1.1 418 Other\r\nContent-Length: 0\r\n\r\n')
    })

    it('answers 404 and closes when it is the only listener', async () => {
      await using app = await harness.listen(createGateway({ routes: [] }), { base })
      const { answer, ended } = await shake(app.port, below(base, '/x'))
      expect([answer.status, answer.complete, answer.header('connection'), ended]).toEqual([
        404,
        true,
        'close',
        'closed',
      ])
    })
  })

  describe(`${name} at /api: upgrades under the base`, () => {
    it.each(targets)('H-043 H-049 %s is %s', async (target, expected) => {
      await using far = await wsEcho()
      await using app = await appOver(harness, far.url.replace('ws', 'http'), { base: '/api', mount: '/api' })
      const { status } = await shake(app.port, target)
      expect(status).toBe(typeof expected === 'number' ? expected : 101)
      expect(far.requests.map(({ url }) => url)).toEqual(typeof expected === 'number' ? [] : [expected])
    })
  })

  describe(`${name}: two proxies in one process`, () => {
    it('H-193 each serves its own requests and upgrades, also on one server', async () => {
      await using one = await wsEcho({ name: 'one' })
      await using two = await wsEcho({ name: 'two' })
      await using first = await appOver(harness, one.url.replace('ws', 'http'), { base: '/one' })
      await using second = await appOver(harness, two.url.replace('ws', 'http'), { base: '/two' })
      attachUpgrade(first.server, second.middleware)
      for (const [port, target, far] of [
        [first.port, '/one/x', 'one'],
        [second.port, '/two/x', 'two'],
        [first.port, '/two/x', 'two'],
      ] as const) {
        const { status, answer } = await shake(port, target)
        expect([status, answer.header('x-upstream')]).toEqual([101, far])
      }
      expect((await shake(second.port, '/one/x')).status).toBe(404)
    })

    it('H-193 answers 404 to an upgrade that none of them has a route for', async () => {
      await using first = await harness.listen(createGateway({ routes: [] }), { base: '/one' })
      await using second = await harness.listen(createGateway({ routes: [] }), { base: '/two' })
      attachUpgrade(first.server, second.middleware)
      expect((await shake(first.port, '/three')).status).toBe(404)
    })

    it('H-193 attaches once to each server, and lets go of it when it closes', async () => {
      const app = await harness.listen(
        gatewayTo(async () => reply(200)),
        { base: '/api' },
      )
      const { server } = app
      const middleware: EdgeMiddleware = app.middleware
      attachUpgrade(server, middleware)
      attachUpgrade(server, middleware)
      expect(server.listenerCount('upgrade')).toBe(1)
      await app[Symbol.asyncDispose]()
      expect(server.listenerCount('upgrade')).toBe(0)
      expect(server.listenerCount('connect')).toBe(0)
    })
  })
}
