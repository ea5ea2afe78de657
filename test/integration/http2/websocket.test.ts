import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { createGateway, type Filter, forward, reply } from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import {
  eventually,
  h2Client,
  h2Error,
  h2Handshake,
  h2WebSocket,
  sink,
  statusOf,
  type Upstream,
  upstream,
  wsEcho,
} from '../../support/index.js'
import { http2Front } from './front.js'

const http = (url: string): string => url.replace('ws', 'http')

const heard = (socket: WebSocket): Promise<string> =>
  new Promise((resolve) => socket.once('message', (data) => resolve(String(data))))

const deny: Filter = async (exchange, next) =>
  exchange.headers['authorization'] === undefined
    ? reply(401, 'who are you?', { 'www-authenticate': 'Basic' })
    : next(exchange)

describe('a WebSocket over HTTP/2 (RFC 8441)', () => {
  it('is carried both ways, next to other streams of its connection', async () => {
    await using far = await wsEcho()
    await using front = await http2Front(http(far.url))
    await using client = h2Client(front.port)
    const socket = await h2WebSocket(client.session, '/chat?room=1')
    const other = await h2WebSocket(client.session, '/chat?room=2')
    for (const text of ['hello', 'x'.repeat(126), 'y'.repeat(65_536), 'z'.repeat(1_000_000)]) {
      socket.send(text)
      expect(await heard(socket)).toBe(text)
    }
    other.send('other')
    expect(await heard(other)).toBe('other')
    expect(front.gateway.traffic.tunnels).toBe(2)
    expect(far.requests.map(({ url }) => url)).toEqual(['/chat?room=1', '/chat?room=2'])
    socket.close(4000, 'bye')
    other.close()
    await front.atRest()
    expect(front.outcomes.map(({ status, bytes }) => [status, bytes.in > 0])).toEqual([
      [101, true],
      [101, true],
    ])
  })

  it('is an HTTP/1.1 handshake upstream, with a key of ours, that keeps its proof to itself', async () => {
    await using far = await wsEcho({ server: { handleProtocols: (offered) => [...offered][0]! } })
    await using front = await http2Front(http(far.url))
    await using client = h2Client(front.port)
    const stream = await h2Handshake(client.session, '/x', {
      'sec-websocket-protocol': 'chat, other',
      'sec-websocket-key': 'bm90LWEta2V5LWF0LWFsbA==',
      origin: 'https://a.test',
    })
    const fields = await new Promise<Record<string, unknown>>((resolve) =>
      stream.once('response', (each) => resolve(each as Record<string, unknown>)),
    )
    expect(fields).toMatchObject({ ':status': 200, 'sec-websocket-protocol': 'chat' })
    expect(Object.keys(fields)).not.toContain('sec-websocket-accept')
    expect(Object.keys(fields)).not.toContain('connection')
    const [{ headers, method, httpVersion }] = far.requests as [(typeof far.requests)[number]]
    expect([method, httpVersion]).toEqual(['GET', '1.1'])
    expect(headers).toMatchObject({
      host: 'a.test',
      upgrade: 'websocket',
      origin: 'https://a.test',
      'sec-websocket-protocol': 'chat, other',
      'sec-websocket-version': '13',
      'sec-websocket-key': expect.stringMatching(/^[A-Za-z0-9+/]{22}==$/),
      via: expect.stringMatching(/^2\.0 /),
    })
    expect(headers['sec-websocket-key']).not.toBe('bm90LWEta2V5LWF0LWFsbA==')
    stream.close(h2Error.cancel)
    await front.atRest()
  })

  it('H-049 is denied by the chain as the request is, for the price of one stream', async () => {
    await using far = await wsEcho()
    await using front = await http2Front(http(far.url), { gateway: { filters: [deny] } })
    await using client = h2Client(front.port)
    const stream = await h2Handshake(client.session, '/x')
    const parts: Buffer[] = []
    stream.on('data', (part: Buffer) => parts.push(part))
    expect(await statusOf(stream)).toBe(401)
    await eventually(() => stream.closed)
    expect([Buffer.concat(parts).toString(), stream.rstCode]).toEqual(['who are you?', h2Error.none])
    expect(far.requests).toHaveLength(0)
    const socket = await h2WebSocket(client.session, '/x', { authorization: 'me' })
    socket.send('in')
    expect(await heard(socket)).toBe('in')
    socket.close()
    await front.atRest()
  })

  it.each([
    { what: 'another protocol', path: '/x', fields: { ':protocol': 'connect-udp' }, status: 501 },
    { what: 'another version', path: '/x', fields: { 'sec-websocket-version': '8' }, status: 426 },
    { what: 'a target that can’t be read', path: '/../x', fields: {}, status: 400 },
    { what: 'a Content-Length', path: '/x', fields: { 'content-length': '5' }, status: 400 },
  ])('H-073 answers $status to $what', async ({ path, fields, status }) => {
    await using far = await wsEcho()
    await using front = await http2Front(http(far.url))
    await using client = h2Client(front.port)
    expect(await statusOf(await h2Handshake(client.session, path, fields))).toBe(status)
    expect(far.requests).toHaveLength(0)
    await front.atRest()
  })

  it('answers 404 where there is no route, and 405 to a plain CONNECT (H-015)', async () => {
    await using front = await http2Front('http://127.0.0.1:1', {
      gateway: { routes: [{ path: '/known', handler: async () => reply(200) }] },
    })
    await using client = h2Client(front.port)
    expect(await statusOf(await h2Handshake(client.session, '/x'))).toBe(404)
    const stream = client.session.request({ ':method': 'CONNECT', ':authority': 'evil:25' })
    stream.on('error', () => {})
    expect(await statusOf(stream)).toBe(405)
    await eventually(() => stream.closed)
  })

  it.each([
    { what: 'an upstream that answers 200', bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', status: 502 },
    { what: 'an upstream that answers 403', bytes: 'HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno', status: 403 },
    {
      what: 'a 101 without its proof',
      bytes: 'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n',
      status: 502,
    },
  ])('H-072 H-073 tells of $what by $status: no 2xx without a tunnel', async ({ bytes, status }) => {
    await using far = await sink(['waitBody', bytes])
    await using front = await http2Front(far.url)
    await using client = h2Client(front.port)
    expect(await statusOf(await h2Handshake(client.session, '/x'))).toBe(status)
    await front.atRest()
    await eventually(() => far.openConnections() === 0)
  })

  it('answers 502 when a handler of ours says 200', async () => {
    await using front = await http2Front('http://127.0.0.1:1', {
      gateway: { routes: [{ path: '/**', handler: async () => reply(200, 'hello') }] },
    })
    await using client = h2Client(front.port)
    expect(await statusOf(await h2Handshake(client.session, '/x'))).toBe(502)
  })

  it('H-096 answers 500 when a filter throws, with nothing of the error', async () => {
    const filter: Filter = () => {
      throw new Error('boom')
    }
    await using front = await http2Front('http://127.0.0.1:1', { gateway: { filters: [filter] } })
    await using client = h2Client(front.port)
    expect(await statusOf(await h2Handshake(client.session, '/x'))).toBe(500)
    await front.atRest()
  })

  it('H-075 a client that resets its stream ends the upstream’s socket, and is no failure of its', async () => {
    await using far = await wsEcho()
    await using front = await http2Front(http(far.url))
    await using client = h2Client(front.port)
    const stream = await h2Handshake(client.session, '/x')
    await statusOf(stream)
    stream.close(h2Error.cancel)
    await eventually(() => far.sockets.size === 0)
    await front.atRest()
    expect(front.attempts.map(({ countsAgainst }) => countsAgainst)).toEqual([false])
  })

  it('H-075 an upstream that goes ends the stream', async () => {
    await using far = await wsEcho()
    await using front = await http2Front(http(far.url))
    await using client = h2Client(front.port)
    const socket = await h2WebSocket(client.session, '/x')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    for (const each of far.sockets) each.terminate()
    expect(await closed).toBe(1006)
    await front.atRest()
  })

  it('H-080 goes with the gateway that closes', async () => {
    await using far = await wsEcho()
    await using front = await http2Front(http(far.url))
    await using client = h2Client(front.port)
    const socket = await h2WebSocket(client.session, '/x')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await front.gateway.close({ graceMs: 2_000 })
    await closed
    expect(client.goneAway).not.toBeNull()
  })

  it('H-077 waits for a client that does not read', async () => {
    let sent = 0
    const piece = Buffer.alloc(64 * 1024, 'x')
    await using far = await wsEcho({
      onConnection(socket) {
        const pump = (): void => {
          if (sent >= 32 * 1024 * 1024) return socket.close()
          sent += piece.length
          socket.send(piece, pump)
        }
        pump()
      },
    })
    await using front = await http2Front(http(far.url))
    await using client = h2Client(front.port)
    const stream = await h2Handshake(client.session, '/x')
    await statusOf(stream)
    let before = -1
    await eventually(
      () => {
        const still = before === sent
        before = sent
        return still
      },
      { intervalMs: 100, timeoutMs: 5_000 },
    )
    // What the sockets between them hold.
    expect(sent).toBeLessThan(16 * 1024 * 1024)
    let got = 0
    stream.on('data', (part: Buffer) => {
      got += part.length
    })
    await eventually(() => got >= 32 * 1024 * 1024, { timeoutMs: 10_000 })
    stream.end()
    await front.atRest()
  })
})

describe('a server of node:http2 that nobody has attached to', () => {
  it('offers no WebSockets', async () => {
    await using far: Upstream = await upstream()
    const gateway = createGateway({ routes: [{ path: '/**', handler: forward(far.url) }] })
    const server = createServer(toNode(gateway))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      await using client = h2Client((server.address() as AddressInfo).port)
      await new Promise<void>((resolve) => client.session.once('remoteSettings', () => resolve()))
      expect(client.session.remoteSettings.enableConnectProtocol).toBe(false)
    } finally {
      server.close()
      await gateway.close({ graceMs: 0 })
    }
  })
})
