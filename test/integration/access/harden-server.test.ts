import { readFileSync } from 'node:fs'
import { createServer, type Server, type ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import { attachUpgrade, createGateway, forward, type HardenOptions, hardenServer, reply } from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { request, talk } from '../../adapters/contract/kit.js'
import {
  drained,
  eventually,
  parseReplies,
  raw,
  rawOpen,
  SHOWS_RESETS,
  upstream,
  wsConnect,
  wsEcho,
} from '../../support/index.js'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const HOLD = { hold: Number.POSITIVE_INFINITY }

interface Hardened extends AsyncDisposable {
  readonly port: number
  readonly server: Server
  /** Requests that came as far as the gateway. */
  readonly urls: readonly string[]
  undo(): void
}

async function hardened(options: HardenOptions, to?: string, serverOptions: ServerOptions = {}): Promise<Hardened> {
  const urls: string[] = []
  const own = async (): Promise<ReturnType<typeof reply>> => reply(200, 'ok')
  const gateway = createGateway({ routes: [{ path: '/**', handler: to === undefined ? own : forward(to) }] })
  const listener = toNode(gateway)
  const server = createServer(serverOptions, (req, res) => {
    urls.push(req.url ?? '')
    listener(req, res)
  })
  attachUpgrade(server, listener)
  const undo = hardenServer(server, options)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    server,
    urls,
    undo,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await gateway.close({ graceMs: 0 })
      await closed
    },
  }
}

/** Milliseconds that something took. */
async function msOf(run: Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run
  return performance.now() - start
}

/** The kernel's sockets at this port with something still to be sent, by their states; where it can be known. */
function heldFor(port: number): readonly string[] {
  if (process.platform !== 'linux') return []
  const here = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
  return rows.filter(([, local, , , queued]) => local?.endsWith(here) && !queued!.startsWith('00000000:')).map(String)
}

describe('a hardened server', () => {
  it('H-094 ends a head that comes a byte at a time, with 408', async () => {
    await using edge = await hardened({ headersTimeoutMs: 300 })
    const bytes = [...`GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(100)}`].flatMap((byte) => [byte, 20])
    const ms = await msOf(
      raw(edge.port, bytes, HOLD).then(({ text, ended }) => {
        expect(parseReplies(text, { closed: true }).map(({ status, body }) => [status, body.length])).toEqual([
          [408, 0],
        ])
        expect(ended).not.toBe('open')
      }),
    )
    expect([ms >= 290, ms < 5_000, edge.urls]).toEqual([true, true, []])
  })

  it('H-094 ends the second head of a kept connection likewise', async () => {
    await using edge = await hardened({ headersTimeoutMs: 200, keepAliveTimeoutMs: 200 })
    const bytes = [...`GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(100)}`].flatMap((byte) => [byte, 20])
    const { text, ended } = await raw(edge.port, [GET, (client) => client.waitFor('ok'), ...bytes], HOLD)
    expect(parseReplies(text, { closed: true }).map(({ status }) => status)).toEqual([200, 408])
    expect(ended).not.toBe('open')
  })

  it('H-094 closes connections that send nothing, at first or after a request, without a word', async () => {
    await using edge = await hardened({ headersTimeoutMs: 200, keepAliveTimeoutMs: 100 })
    const idle = await Promise.all(Array.from({ length: 20 }, () => raw(edge.port, '', HOLD)))
    expect(idle.map(({ text, ended }) => [text, ended === 'open'])).toEqual(idle.map(() => ['', false]))
    const { text, ended } = await raw(edge.port, GET, HOLD)
    expect([text.match(/HTTP\/1.1/g)?.length, ended === 'open']).toEqual([1, false])
  })

  it('H-094 ends a body that comes a byte at a time', async () => {
    await using far = await upstream()
    await using edge = await hardened({ headersTimeoutMs: 200, requestTimeoutMs: 400, checkIntervalMs: 50 }, far.url)
    const { text, ended } = await raw(
      edge.port,
      [
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n',
        ...Array.from({ length: 100 }, () => ['x', 20]).flat(),
      ],
      HOLD,
    )
    expect([parseReplies(text, { closed: true }).map(({ status }) => status), ended === 'open']).toEqual([[408], false])
    await eventually(() => far.requests[0]!.outcome === 'aborted')
  })

  it('H-028 H-094 ends a body that stops coming, and frees the upstream', async () => {
    await using far = await upstream()
    await using edge = await hardened({ stallTimeoutMs: 200 }, far.url)
    const { ended } = await raw(edge.port, ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf'], HOLD)
    expect(ended).not.toBe('open')
    await eventually(() => far.requests[0]!.outcome === 'aborted')
  })

  it('H-093 H-094 ends a client that stops reading, and frees the upstream', async () => {
    await using far = await upstream((_req, res) => {
      const more = (): void => {
        while (!res.destroyed && res.write(Buffer.alloc(1024 * 1024)));
      }
      res.on('drain', more)
      more()
    })
    await using edge = await hardened({ stallTimeoutMs: 300 }, far.url)
    await using client = await rawOpen(edge.port, { keep: 0 })
    client.pause()
    await client.write(GET)
    await eventually(() => far.requests[0]?.outcome === 'aborted', { timeoutMs: 5_000 })
  })

  it('H-093 H-094 resets a client that stops reading: the kernel holds nothing for it any more', async () => {
    await using far = await upstream((_req, res) => void res.end(Buffer.alloc(16 * 1024 * 1024)))
    await using edge = await hardened({ stallTimeoutMs: 300 }, far.url)
    await using client = await rawOpen(edge.port, { keep: 0 })
    client.pause()
    await client.write(GET)
    const open = (): Promise<number> =>
      new Promise((resolve) => edge.server.getConnections((_, count) => resolve(count)))
    await eventually(async () => (await open()) === 1)
    await eventually(async () => (await open()) === 0, { timeoutMs: 5_000 })
    expect(heldFor(edge.port)).toEqual([])
    client.resume()
    expect(await client.closed).toBe(SHOWS_RESETS ? 'reset' : 'closed')
  })

  it('leaves slow answers, quiet streams and idle WebSockets alone', async () => {
    await using far = await upstream((req, res) => {
      if (req.url === '/late') return void setTimeout(() => res.end('late'), 700)
      res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
      setTimeout(() => res.end('data: 2\n\n'), 700)
    })
    await using echo = await wsEcho()
    const times = { headersTimeoutMs: 400, keepAliveTimeoutMs: 100, stallTimeoutMs: 150 }
    await using edge = await hardened(times, far.url)
    await using sockets = await hardened(times, echo.url.replace('ws:', 'http:'))
    const socket = await wsConnect(`ws://127.0.0.1:${sockets.port}/`)
    const [late, stream] = await Promise.all(
      ['/late', '/sse'].map((path) => talk(edge.port, request(path), 'GET', { hold: 2_000 })),
    )
    expect([late!.reply.body.toString(), stream!.reply.body.toString()]).toEqual(['late', 'data: 1\n\ndata: 2\n\n'])
    expect(socket.readyState).toBe(socket.OPEN)
    socket.terminate()
  })

  it('H-085 closes connections past its number, and past one address’s, and tells both by `drop`', async () => {
    for (const options of [{ maxConnections: 2 }, { maxConnectionsPerAddress: 2 }]) {
      await using edge = await hardened(options)
      const drops: unknown[] = []
      edge.server.on('drop', (data) => drops.push(data))
      await using first = await rawOpen(edge.port)
      await using second = await rawOpen(edge.port)
      for (const client of [first, second]) {
        await client.write(GET)
        await client.waitFor('ok')
      }
      const third = await raw(edge.port, GET, HOLD)
      expect([third.text, third.ended === 'open']).toEqual(['', false])
      expect(drops).toMatchObject([{ remoteAddress: '127.0.0.1' }])
      first.destroy()
      await eventually(() => raw(edge.port, GET, { until: 'ok' }).then(({ text }) => text.includes('ok')))
    }
  })

  it('does not count peers that may have as many as they like', async () => {
    await using edge = await hardened({ maxConnectionsPerAddress: 1, unlimitedAddresses: ['loopback'] })
    const clients = await Promise.all(Array.from({ length: 5 }, () => rawOpen(edge.port)))
    for (const client of clients) {
      await client.write(GET)
      await client.waitFor('ok')
      client.destroy()
    }
  })

  it('H-010 H-022 answers what cannot be read with a status, and nothing of what it was', async () => {
    await using edge = await hardened({})
    for (const [bytes, status] of [
      ['GET / HTTP/1.1\r\nHost: a\r\nX: secret\x00\r\n\r\n', 400],
      ['GET / HTTP/1.1\nHost: a\n\n', 400],
      [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'secret'.repeat(4_000)}\r\n\r\n`, 431],
      [`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(20_000)}\r\nx\r\n`, 413],
    ] as const) {
      const { text, ended } = await raw(edge.port, bytes, HOLD)
      const [answer] = parseReplies(text, { closed: true })
      expect([answer!.status, answer!.body.length, answer!.header('connection'), ended === 'open']).toEqual([
        status,
        0,
        'close',
        false,
      ])
      expect(text).not.toMatch(/secret|node|HPE_/i)
    }
  })

  it('H-027 gives the reply of a request that was in order before it ends the connection for the next', async () => {
    await using far = await upstream((_req, res) => void setTimeout(() => res.end('slow'), 100))
    await using edge = await hardened({}, far.url)
    const { text, ended } = await raw(edge.port, [GET, 30, 'nonsense\r\n\r\n'], HOLD)
    const replies = parseReplies(text, { closed: true })
    expect([replies.map(({ status, body }) => [status, body.toString()]), ended === 'open']).toEqual([
      [[200, 'slow']],
      false,
    ])
  })

  it('leaves the answer to a clientError listener of the server’s own', async () => {
    await using edge = await hardened({})
    edge.server.on('clientError', (_error, socket) => socket.end('HTTP/1.1 400 Mine\r\nConnection: close\r\n\r\n'))
    expect((await raw(edge.port, 'nonsense\r\n\r\n', HOLD)).text).toBe('HTTP/1.1 400 Mine\r\nConnection: close\r\n\r\n')
  })

  it('H-022 reads all fields, so that none is pushed off the end: 2,100 of them are a 431', async () => {
    await using edge = await hardened({}, undefined, { maxHeaderSize: 1024 * 1024 })
    const fields = Array.from({ length: 2_100 }, (_, at) => `X-${at}: 1\r\n`).join('')
    const { reply: answer } = await talk(edge.port, `GET / HTTP/1.1\r\nHost: a\r\n${fields}X-Real-User: admin\r\n\r\n`)
    expect(answer.status).toBe(431)
    let seen = 0
    edge.server.prependListener('request', (req) => {
      seen = req.rawHeaders.length / 2
    })
    await talk(edge.port, `GET / HTTP/1.1\r\nHost: a\r\n${fields}X-Real-User: admin\r\n\r\n`)
    expect(seen).toBe(2_102)
  })

  it('closes a connection after its number of requests', async () => {
    await using edge = await hardened({ maxRequestsPerSocket: 2 })
    const { text, ended } = await raw(edge.port, [GET, (client) => client.waitFor('ok'), GET], HOLD)
    const replies = parseReplies(text, { closed: true })
    expect([replies.map((each) => each.header('connection')), ended]).toEqual([['keep-alive', 'close'], 'closed'])
  })

  it('can be undone, and leaves the server as it was', async () => {
    const server = createServer(() => {})
    const before = { ...server }
    const count = (): number[] => server.eventNames().map((name) => server.listenerCount(name))
    const listeners = count()
    const undo = hardenServer(server, { maxConnections: 5, maxHeadersCount: 500 })
    expect([server.maxConnections, server.maxHeadersCount, server.headersTimeout, server.requestTimeout]).toEqual([
      5, 500, 10_000, 300_000,
    ])
    undo()
    const props = [
      'maxConnections',
      'maxHeadersCount',
      'headersTimeout',
      'requestTimeout',
      'timeout',
      'keepAliveTimeout',
    ]
    for (const name of [...props, 'connectionsCheckingInterval', 'maxRequestsPerSocket'])
      expect((server as never)[name], name).toEqual((before as never)[name])
    expect(count()).toEqual(listeners)
  })

  it('H-115 H-116 adds no listener and no timer per request', async () => {
    await using edge = await hardened({})
    await using client = await rawOpen(edge.port)
    let socket: import('node:net').Socket | undefined
    edge.server.once('request', (req) => {
      socket = req.socket
    })
    const ask = async (at: number): Promise<void> => {
      await client.write(GET)
      await client.waitFor((text) => text.split('HTTP/1.1 200').length === at + 1)
    }
    for (let at = 1; at <= 3; at++) await ask(at)
    const gone = drained({ files: false, emitters: { socket: socket! } })
    for (let at = 4; at <= 50; at++) await ask(at)
    await gone()
  })

  it.each<[unknown, RegExp]>([
    [{ headersTimeoutMs: 0 }, /"headersTimeoutMs" is 0; allowed: whole milliseconds from 1/],
    [
      { headersTimeoutMs: 20_000, requestTimeoutMs: 10_000 },
      /"headersTimeoutMs" is 20000; allowed: no more than requestTimeoutMs/,
    ],
    [{ stallTimeoutMs: Number.NaN }, /stallTimeoutMs/],
    [{ maxHeadersCount: 200 }, /"maxHeadersCount" is 200; allowed: 0 \(no limit\), or from 201/],
    [{ unlimitedAddresses: ['everybody'] }, /"unlimitedAddresses" is "everybody"/],
    [{ headerTimeoutMs: 1 }, /Did you mean "headersTimeoutMs"/],
  ])('H-155 refuses %j', (options, message) => {
    const server = createServer()
    expect(() => hardenServer(server, options as never)).toThrow(message)
  })

  it('H-010 refuses a server with the lenient parser, and what is no server', () => {
    expect(() => hardenServer(createServer({ insecureHTTPParser: true }))).toThrow(/made with insecureHTTPParser/)
    expect(() => hardenServer({} as never)).toThrow(/"server" is an object; allowed: a server of node:http/)
  })
})
