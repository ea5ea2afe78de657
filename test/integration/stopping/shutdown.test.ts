import { createServer, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import {
  attachUpgrade,
  createPool,
  EventHub,
  forward,
  gracefulShutdown,
  liveness,
  readiness,
  reply,
  type ShutdownReport,
} from 'edgewise'
import { toFastify } from 'edgewise/fastify'
import { toNode } from 'edgewise/node'
import { createTcpBalancer } from 'edgewise/tcp'
import Fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import {
  afterReplies,
  certificates,
  closed,
  eventually,
  h2Client,
  h2Frame,
  h2Request,
  parseReplies,
  type RawConnection,
  type RawH2,
  rawH2,
  rawOpen,
  upstream,
  wsConnect,
  wsEcho,
} from '../../support/index.js'
import { GET, gatewayOf, held, kinds, listening } from './kit.js'

const refused = (port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve('connected')
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
  })

const first = ({ bytes }: RawConnection) => parseReplies(bytes)[0]!

describe('shutting down', () => {
  it.each(['http', 'https'] as const)(
    'H-113 (%s) loses nothing that is under way: in flight, half an upload; then nothing listens and nothing is open',
    async (kind) => {
      const { handler, open } = held()
      const gateway = gatewayOf([
        { path: '/', handler },
        { path: '/up', handler: async (exchange) => reply(200, exchange.body) },
      ])
      const server = kinds[kind](toNode(gateway))
      const shutdown = gracefulShutdown(server, { gateways: [gateway], signals: [] })
      const port = await listening(server)
      const over = kind === 'https' ? { tls: true as const } : {}
      await using inFlight = await rawOpen(port, over)
      await using uploading = await rawOpen(port, over)
      await using kept = await rawOpen(port, over)
      await inFlight.write(GET)
      await uploading.write('POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234')
      await kept.write('GET /none HTTP/1.1\r\nHost: a\r\n\r\n')
      await kept.waitFor(afterReplies(1))
      await eventually(() => gateway.traffic.requests === 2)
      const done = shutdown.shutDown('test')
      expect(await refused(port)).toBe('ECONNREFUSED')
      expect(await kept.closed).toBe('closed')
      await uploading.write('56789')
      await uploading.waitFor('0123456789')
      open()
      await inFlight.waitFor('done')
      expect([await inFlight.closed, await uploading.closed]).toEqual(['closed', 'closed'])
      expect(first(inFlight).header('connection')).toBe('close')
      expect(await done).toEqual({ reason: 'test', requests: 2, tunnels: 0, cut: 0, tookMs: expect.any(Number) })
      expect(server.listening).toBe(false)
    },
  )

  it('H-113 ends idle connections that had come before it was made, too', async () => {
    const gateway = gatewayOf([{ path: '/', handler: async () => reply(200, 'served') }])
    const server = createServer({ keepAliveTimeout: 60_000 }, toNode(gateway))
    const port = await listening(server)
    await using asks = await rawOpen(port)
    await using silent = await rawOpen(port)
    for (const client of [asks, silent]) {
      await client.write(GET)
      await client.waitFor(afterReplies(1))
    }
    const shutdown = gracefulShutdown(server, { gateways: [gateway], signals: [] })
    await asks.write(GET)
    await asks.waitFor(afterReplies(2))
    const done = shutdown.shutDown()
    expect(await asks.closed).toBe('closed')
    expect(await silent.closed).toBe('closed')
    expect(await done).toMatchObject({ cut: 0 })
  })

  it.each(['h2c', 'h2'] as const)(
    'H-113 (%s) finishes the streams that are under way, and says GOAWAY',
    async (kind) => {
      const { handler, open } = held()
      const gateway = gatewayOf([{ path: '/**', handler }])
      const server = kinds[kind](toNode(gateway))
      const shutdown = gracefulShutdown(server, { gateways: [gateway], signals: [] })
      const port = await listening(server)
      await using client = h2Client(port, kind === 'h2' ? { ca: certificates().ca } : undefined)
      const answers = [client.ask('/a'), client.ask('/b')]
      await eventually(() => gateway.traffic.requests === 2)
      const done = shutdown.shutDown()
      await eventually(() => client.goneAway !== null)
      open()
      for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ status: 200, body: 'done' })
      expect(await done).toMatchObject({ requests: 2, cut: 0 })
    },
  )

  it('H-113 serves on for delayMs, with readiness 503, liveness 200 and Connection: close; then refuses', async () => {
    const gateway = gatewayOf([
      { path: '/livez', handler: liveness() },
      { path: '/readyz', handler: readiness() },
      { path: '/', handler: async () => reply(200, 'served') },
    ])
    const server = createServer(toNode(gateway))
    const shutdown = gracefulShutdown(server, { gateways: [gateway], signals: [], delayMs: 300 })
    const port = await listening(server)
    await using kept = await rawOpen(port)
    await kept.write(GET)
    await kept.waitFor(afterReplies(1))
    expect(first(kept).header('connection')).toBe('keep-alive')
    const done = shutdown.shutDown()
    expect(gateway.phase).toBe('leaving')
    for (const [path, status] of [
      ['/', 200],
      ['/readyz', 503],
      ['/livez', 200],
      ['/none', 404],
    ] as const) {
      await using fresh = await rawOpen(port)
      await fresh.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
      expect(await fresh.closed).toBe('closed')
      expect([path, first(fresh).status, first(fresh).header('connection')]).toEqual([path, status, 'close'])
    }
    await kept.write(GET)
    await kept.waitFor(afterReplies(2))
    expect(parseReplies(kept.bytes)[1]!.header('connection')).toBe('close')
    expect(await kept.closed).toBe('closed')
    expect((await done).tookMs).toBeGreaterThanOrEqual(299)
    expect(await refused(port)).toBe('ECONNREFUSED')
  })

  it('H-113 (h2c) says GOAWAY at once, and takes new sessions until delayMs is over', async () => {
    const { handler, open } = held()
    const gateway = gatewayOf([
      { path: '/held', handler },
      { path: '/**', handler: async () => reply(200, 'served') },
    ])
    const server = kinds.h2c(toNode(gateway))
    const shutdown = gracefulShutdown(server, { gateways: [gateway], signals: [], delayMs: 300 })
    const port = await listening(server)
    const lastStreams = ({ frames }: RawH2): number[] =>
      frames.filter(({ type }) => type === h2Frame.goAway).map(({ payload }) => payload.readUInt32BE(0))
    await using early = await rawH2(port)
    early.headers(1, h2Request('/held'))
    await eventually(() => gateway.traffic.requests === 1)
    const done = shutdown.shutDown()
    await eventually(() => lastStreams(early).length > 0)
    expect(lastStreams(early)).toEqual([1])
    await using late = await rawH2(port)
    for (const stream of [1, 3]) {
      late.headers(stream, h2Request('/'))
      expect(await late.status(stream)).toBe(200)
    }
    await eventually(() => lastStreams(late).length > 0)
    expect([new Set(lastStreams(late)), gateway.phase]).toEqual([new Set([3]), 'draining'])
    open()
    expect(await early.status(1)).toBe(200)
    expect(await done).toMatchObject({ requests: 1, cut: 0 })
    await eventually(() => early.closed && late.closed)
  })

  it('H-113 knows the replies of an app that stands on the same server: Connection: close, and the end behind those that had begun', async () => {
    const replies: Record<string, ServerResponse> = {}
    const server = createServer((req, res) => {
      replies[req.url!] = res
      if (req.url === '/stream') res.write('a')
    })
    // Node would end it by itself otherwise, sooner or later.
    server.keepAliveTimeout = 60_000
    const shutdown = gracefulShutdown(server, { signals: [] })
    const port = await listening(server)
    await using early = await rawOpen(port)
    await using streaming = await rawOpen(port)
    await early.write('GET /early HTTP/1.1\r\nHost: a\r\n\r\n')
    await streaming.write('GET /stream HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => Object.keys(replies).length === 2)
    const done = shutdown.shutDown()
    replies['/early']!.end('whole')
    expect(await early.closed).toBe('closed')
    expect([first(early).header('connection'), first(early).body.toString()]).toEqual(['close', 'whole'])
    replies['/stream']!.end('b')
    expect(await streaming.closed).toBe('closed')
    expect([first(streaming).complete, first(streaming).body.toString()]).toEqual([true, 'ab'])
    expect(await done).toMatchObject({ cut: 0 })
  })

  it('H-113 (h2c) says GOAWAY to the clients of an app, too, while it still listens', async () => {
    const replies: ServerResponse[] = []
    const server = kinds.h2c((_req: unknown, res: ServerResponse) => replies.push(res))
    const shutdown = gracefulShutdown(server, { signals: [], delayMs: 300 })
    await using client = h2Client(await listening(server))
    const answer = client.ask('/x')
    await eventually(() => replies.length === 1)
    const done = shutdown.shutDown()
    await eventually(() => client.goneAway !== null)
    expect(server.listening).toBe(true)
    replies[0]!.end('whole')
    expect((await answer).body).toBe('whole')
    expect(await done).toMatchObject({ cut: 0 })
  })

  it.each(['http', 'https'] as const)(
    'H-113 (%s) waits no grace for connections that say nothing, or half a head',
    async (kind) => {
      const gateway = gatewayOf([{ path: '/', handler: async () => reply(200, 'served') }])
      const server = kinds[kind](toNode(gateway))
      const shutdown = gracefulShutdown(server, { gateways: [gateway], signals: [], graceMs: 60_000 })
      const sockets: Socket[] = []
      server.on('connection', (socket: Socket) => sockets.push(socket))
      const port = await listening(server)
      const over = kind === 'https' ? { tls: true as const } : {}
      await using silent = await rawOpen(port, over)
      await using half = await rawOpen(port, over)
      await using late = await rawOpen(port, over)
      await using fresh = await rawOpen(port, over)
      await half.write('GET / HT')
      await late.write('GET / HT')
      await eventually(() => sockets.length === 4 && sockets.filter(({ bytesRead }) => bytesRead > 0).length >= 2)
      const done = shutdown.shutDown()
      await late.write('TP/1.1\r\nHost: a\r\n\r\n')
      await fresh.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      // They were there before, and could not know.
      for (const one of [late, fresh]) {
        await one.waitFor(afterReplies(1))
        expect([first(one).status, first(one).header('connection')]).toEqual([200, 'close'])
      }
      expect(await done).toMatchObject({ cut: 0 })
      expect((await done).tookMs).toBeLessThan(5_000)
      expect([await silent.closed, await half.closed]).not.toContain('open')
    },
  )

  it('H-113 cuts at the end of the grace: a gateway’s requests with a 503, an app’s by the end of their connection', async () => {
    const gateway = gatewayOf([{ path: '/gw', handler: () => new Promise(() => {}) }])
    const middleware = toNode(gateway, { fallThrough: true })
    const server = createServer((req, res) => middleware(req, res, () => {}))
    const shutdown = gracefulShutdown(server, { gateways: [middleware], signals: [], graceMs: 100 })
    const port = await listening(server)
    await using ours = await rawOpen(port)
    await using apps = await rawOpen(port)
    await ours.write('GET /gw HTTP/1.1\r\nHost: a\r\n\r\n')
    await apps.write('GET /app HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => gateway.traffic.requests === 1)
    const report = await shutdown.shutDown()
    expect(report).toMatchObject({ requests: 1, cut: 2 })
    await Promise.all([ours.closed, apps.closed])
    expect(apps.text).toBe('')
  })

  it('H-113 cuts at once when asked a second time', async () => {
    const server = createServer(() => {})
    const gateway = gatewayOf([{ path: '/gw', handler: () => new Promise(() => {}) }])
    const own = createServer(toNode(gateway))
    const shutdown = gracefulShutdown([server, own], {
      gateways: [gateway],
      signals: [],
      delayMs: 60_000,
      graceMs: 60_000,
    })
    const ports = [await listening(server), await listening(own)] as const
    await using app = await rawOpen(ports[0])
    await using ours = await rawOpen(ports[1])
    await app.write(GET)
    await ours.write('GET /gw HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => gateway.traffic.requests === 1)
    const done = shutdown.shutDown('first')
    expect(shutdown.begun).toBe(true)
    void shutdown.shutDown('second')
    expect(await done).toMatchObject({ reason: 'first', cut: 2 })
    expect((await done).tookMs).toBeLessThan(3_000)
    await Promise.all([app.closed, ours.closed])
  })

  it('H-113 ends the gateway’s WebSockets by 1001, and an app’s own at the end of the grace', async () => {
    await using echo = await wsEcho()
    const gateway = gatewayOf([{ path: '/ws', handler: forward(echo.url.replace('ws', 'http')) }])
    const listener = toNode(gateway, { fallThrough: true })
    const server = createServer(listener)
    attachUpgrade(server, listener)
    server.on('upgrade', (req, socket) => {
      socket.on('error', () => {})
      if (req.url === '/own')
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    })
    const shutdown = gracefulShutdown(server, { gateways: [listener], signals: [], graceMs: 1_500 })
    const port = await listening(server)
    const socket = await wsConnect(`ws://127.0.0.1:${port}/ws`)
    await using own = await rawOpen(port)
    await own.write('GET /own HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await own.waitFor('101')
    const done = shutdown.shutDown()
    expect(await closed(socket)).toMatchObject({ code: 1001 })
    // Longer than a connection may take that has not spoken: this one has.
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(own.ended).toBe('open')
    expect(await done).toMatchObject({ requests: 0, tunnels: 1, cut: 1 })
    await own.closed
  })

  it('H-113 ends a TCP balancer, and a server of node:net, in their own ways', async () => {
    await using far = await upstream()
    const pool = createPool({ name: 'tcp', endpoints: [`tcp://127.0.0.1:${far.port}`] })
    const balancer = createTcpBalancer({ pool })
    const server = await balancer.listen({ port: 0, host: '127.0.0.1' })
    const { port } = server.address() as { port: number }
    const shutdown = gracefulShutdown(balancer, { signals: [], graceMs: 200, onShutdown: () => pool.close() })
    await using client = await rawOpen(port)
    await client.write('GET /')
    await eventually(() => balancer.connections === 1)
    const done = shutdown.shutDown()
    expect(await refused(port)).toBe('ECONNREFUSED')
    expect(await done).toMatchObject({ cut: 1 })
    await client.closed
  })

  it('H-113 ends a Fastify app by its own close: in flight is finished, hooks have run', async () => {
    const { handler, open } = held()
    const gateway = gatewayOf([{ path: '/gw', handler }])
    const hooks: string[] = []
    const app = Fastify()
    app.addHook('preClose', async () => void hooks.push('preClose'))
    app.addHook('onClose', async () => void hooks.push('onClose'))
    await app.register(toFastify(gateway))
    const own = Promise.withResolvers<string>()
    app.get('/own', () => own.promise)
    const shutdown = gracefulShutdown(app, {
      gateways: [gateway],
      signals: [],
      onShutdown: () => void hooks.push('onShutdown'),
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as { port: number }
    await using ours = await rawOpen(port)
    await using apps = await rawOpen(port)
    await ours.write('GET /gw HTTP/1.1\r\nHost: a\r\n\r\n')
    await apps.write('GET /own HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => gateway.traffic.requests === 1)
    await eventually(() => new Promise((resolve) => app.server.getConnections((_, count) => resolve(count === 2))))
    const done = shutdown.shutDown()
    open()
    own.resolve('own')
    await Promise.all([ours.closed, apps.closed])
    for (const each of [ours, apps])
      expect([first(each).status, first(each).header('connection')]).toEqual([200, 'close'])
    expect(await done).toMatchObject({ requests: 1, cut: 0 })
    expect(hooks).toEqual(['preClose', 'onClose', 'onShutdown'])
  })

  it('tells listeners and the log, calls the hooks in their order, and survives what they throw', async () => {
    const events = new EventHub()
    const lines: unknown[] = []
    const told: unknown[] = []
    events.on('shutdown', (event) => told.push(event))
    events.on('fault', ({ where }) => told.push(where))
    const log = (fields: object, message?: string): void => void lines.push([message, fields])
    const server = createServer()
    const shutdown = gracefulShutdown(server, {
      events,
      signals: [],
      logger: { info: log, warn: log, error: log },
      beforeShutdown: (reason) => {
        told.push(`before ${reason}`)
        throw new Error('no')
      },
      onShutdown: () => Promise.reject(new Error('no')),
    })
    await listening(server)
    const report: ShutdownReport = await shutdown.shutDown('reload')
    expect(report).toEqual({ reason: 'reload', requests: 0, tunnels: 0, cut: 0, tookMs: expect.any(Number) })
    expect(told).toEqual([
      { change: 'begun', reason: 'reload', report: null },
      'before reload',
      'gracefulShutdown beforeShutdown',
      'gracefulShutdown onShutdown',
      { change: 'done', reason: 'reload', report },
    ])
    expect(lines).toEqual([
      ['shutting down', { reason: 'reload' }],
      ['shut down', report],
    ])
  })

  it('H-193 leaves no listener behind, whether it happened or not', async () => {
    const server = createServer()
    const count = (): number[] => [
      process.listenerCount('SIGTERM'),
      process.listenerCount('SIGINT'),
      ...['connection', 'request', 'secureConnection', 'session'].map((name) => server.listenerCount(name)),
    ]
    const before = count()
    {
      using _ = gracefulShutdown(server)
      expect(count()).not.toEqual(before)
    }
    expect(count()).toEqual(before)
    await listening(server)
    await gracefulShutdown(server).shutDown()
    expect(count()).toEqual(before)
  })

  it.each([
    [null, {}, 'servers'],
    [{}, {}, 'servers'],
    [createServer(), { graceMs: -1 }, 'graceMs'],
    [createServer(), { signals: ['TERM'] }, 'signals'],
    [createServer(), { gateways: [{}] }, 'gateways'],
    [createServer(), { graceMS: 1 }, 'Did you mean "graceMs"'],
  ])('refuses %o with %o', (servers, options, named) => {
    expect(() => gracefulShutdown(servers as never, options as never)).toThrow(named)
  })
})
