import { once } from 'node:events'
import { connect, createServer, type TlsOptions } from 'node:tls'
import { createPool, EventHub, type Exchange, type Outcome } from 'edgewise'
import { clientHello, createTcpBalancer, type TcpBalancerOptions } from 'edgewise/tcp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificates } from '../../support/certificates.js'
import { eventually } from '../../support/index.js'
import { raw } from '../../support/raw.js'
import { rawOpen } from '../../support/raw-open.js'
import { extension, helloMessage, realHello, records, serverName } from '../../unit/tcp/hellos.js'
import { type Far, far } from './front.js'

const names = ['a.example.com', '*.example.com', 'localhost']
const pair = certificates({ names })

/** An upstream that ends the TLS, says who it is, and echoes. */
async function tlsFar(name: string, options: TlsOptions = {}) {
  const server = createServer(
    { key: pair.key, cert: pair.cert, ALPNProtocols: ['h2', 'http/1.1'], ...options },
    (socket) => {
      socket.on('error', () => {})
      socket.write(`${name}:`)
      socket.pipe(socket)
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `tcp://127.0.0.1:${(server.address() as { port: number }).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

/** A balancer with a pool per route. */
async function routed(routes: Readonly<Record<string, string>>, options: Omit<TcpBalancerOptions, 'routes'> = {}) {
  const events = new EventHub()
  const seen: { exchange: Exchange; outcome: Outcome }[] = []
  events.on('connection', (event) => seen.push(event))
  const pools = Object.entries(routes).map(
    ([name, url]) => [name, createPool({ name, endpoints: [url], events })] as const,
  )
  const balancer = createTcpBalancer({ routes: Object.fromEntries(pools), events, ...options })
  const server = await balancer.listen({ port: 0, host: '127.0.0.1' })
  return {
    port: (server.address() as { port: number }).port,
    seen,
    balancer,
    inFlight: () => pools.map(([, pool]) => pool.endpoints[0]!.inFlight),
    async [Symbol.asyncDispose]() {
      await balancer.close({ graceMs: 0 })
      for (const [, pool] of pools) await pool.close()
    },
  }
}

async function ask(port: number, servername: string | undefined): Promise<string> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    ca: pair.ca,
    ALPNProtocols: ['h2'],
    ...(servername === undefined ? { rejectUnauthorized: false } : { servername }),
  })
  let text = ''
  socket.on('data', (chunk) => (text += chunk))
  socket.on('secureConnect', () => socket.end('hello'))
  socket.on('error', (error: NodeJS.ErrnoException) => (text = error.code!))
  await new Promise((resolve) => socket.once('close', resolve))
  return text
}

describe('TLS by the name it asks for', () => {
  it('H-086 reaches the endpoint of that name, end to end: the endpoint has the certificate', async () => {
    await using one = await tlsFar('one')
    await using two = await tlsFar('two')
    await using three = await tlsFar('three')
    await using front = await routed({ 'a.example.com': one.url, '*.example.com': two.url, default: three.url })
    expect(await ask(front.port, 'a.example.com')).toBe('one:hello')
    expect(await ask(front.port, 'b.example.com')).toBe('two:hello')
    expect(await ask(front.port, 'localhost')).toBe('three:hello')
    expect(await ask(front.port, undefined)).toBe('three:hello')
    await eventually(() => front.seen.length === 4)
    expect(front.seen.map(({ outcome }) => [outcome.route, outcome.error])).toEqual([
      ['a.example.com', null],
      ['*.example.com', null],
      ['default', null],
      ['default', null],
    ])
    const { exchange } = front.seen[0]!
    expect(exchange.get(clientHello)).toEqual({ serverName: 'a.example.com', protocols: ['h2'] })
    expect(exchange.client).toMatchObject({ host: 'a.example.com', protocol: 'https', port: front.port })
  })

  it('H-086 is closed when no route has the name and there is no default', async () => {
    await using one = await tlsFar('one')
    await using front = await routed({ 'a.example.com': one.url })
    expect(await ask(front.port, 'other.test')).toBe('ECONNRESET')
    expect(front.seen[0]?.outcome).toMatchObject({ error: { code: 'ERR_EDGE_NO_ROUTE' }, attempts: [] })
  })
})

describe('the first bytes', () => {
  let upstream: Far
  const got: Buffer[] = []
  beforeAll(async () => {
    upstream = await far((socket) => socket.on('data', (chunk) => got.push(chunk)))
  })
  afterAll(() => upstream[Symbol.asyncDispose]())

  it.each([
    ['byte by byte', 1, 16_384],
    ['in records of one byte', 4_000, 1],
    ['in records of one byte, byte by byte', 1, 1],
    ['with bytes behind them', 100_000, 100],
  ])('H-086 are sent on unchanged when they come %s', async (_what, piece, recordSize) => {
    got.length = 0
    const hello = records((await realHello({ servername: 'a.example.com' })).subarray(5), recordSize)
    const sent = Buffer.concat([hello, Buffer.alloc(piece > 1 ? 50_000 : 50, 'more')])
    await using front = await routed({ 'a.example.com': upstream.url })
    await using client = await rawOpen(front.port)
    for (let at = 0; at < sent.length; at += piece) {
      await client.write(sent.subarray(at, at + piece))
      // Else the system would join what was written apart.
      if (piece === 1) await new Promise((resolve) => setImmediate(resolve))
    }
    await eventually(() => Buffer.concat(got).length === sent.length, { timeoutMs: 5_000 })
    expect(Buffer.concat(got).equals(sent)).toBe(true)
  })

  const hello = records(helloMessage([serverName('a.example.com')]))
  const huge = records(helloMessage([serverName('a.example.com'), extension(21, Buffer.alloc(20_000))]))
  it.each([
    ['truncated, and ended', [hello.subarray(0, 60), 'end'], 'ERR_EDGE_CLIENT_HELLO'],
    ['truncated, and silent', [hello.subarray(0, 60)], 'ERR_EDGE_REQUEST_TIMEOUT'],
    ['nothing at all', [], 'ERR_EDGE_REQUEST_TIMEOUT'],
    ['the end', ['end'], 'ERR_EDGE_CLIENT_HELLO'],
    ['huge', [huge], 'ERR_EDGE_CLIENT_HELLO'],
    ['a claim to be huge', [records(Buffer.from([1, 0xff, 0xff, 0xff]))], 'ERR_EDGE_CLIENT_HELLO'],
    [
      'garbage that begins as TLS does',
      [Buffer.concat([Buffer.from([22, 3, 1, 1, 0]), Buffer.alloc(300, 0xee)])],
      'ERR_EDGE_CLIENT_HELLO',
    ],
    ['garbage', ['\x00\x01\x02'], 'ERR_EDGE_NO_ROUTE'],
    ['HTTP', ['GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n'], 'ERR_EDGE_NO_ROUTE'],
  ] as const)('H-086 that are %s end the connection, and nothing else', async (_what, bytes, code) => {
    await using front = await routed(
      { 'a.example.com': upstream.url, default: upstream.url },
      { prereadTimeoutMs: 150 },
    )
    const before = upstream.sockets.length
    expect(await raw(front.port, bytes)).toMatchObject({ text: '', ended: expect.stringMatching(/closed|reset/) })
    await eventually(() => front.seen.length === 1)
    expect(front.seen[0]!.outcome).toMatchObject({ error: { code }, termination: { who: 'client', phase: 'request' } })
    expect([upstream.sockets.length, front.balancer.connections, front.inFlight()]).toEqual([before, 0, [0, 0]])
    // And the next connection is served.
    await using client = await rawOpen(front.port)
    await client.write(hello)
    await eventually(() => upstream.sockets.length === before + 1)
  })

  it('that are no TLS go to the default where told so', async () => {
    await using echo = await far()
    await using front = await routed({ 'a.example.com': upstream.url, default: echo.url }, { plaintext: 'default' })
    expect((await raw(front.port, ['GET /', 'end'])).text).toBe('GET /')
    await eventually(() => front.seen.length === 1)
    expect(front.seen[0]!.exchange.client).toMatchObject({ host: null, protocol: 'http' })
  })

  it('may be a PROXY header and a ClientHello, in one piece', async () => {
    got.length = 0
    await using front = await routed({ 'a.example.com': upstream.url }, { proxyProtocol: { from: ['127.0.0.1'] } })
    await using client = await rawOpen(front.port)
    await client.write(Buffer.concat([Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 5000 8443\r\n'), hello]))
    await eventually(() => Buffer.concat(got).equals(hello))
    client.end()
    upstream.sockets.at(-1)!.end()
    await eventually(() => front.seen.length === 1)
    expect(front.seen[0]!.exchange.client).toMatchObject({ address: '192.0.2.1', port: 8443, host: 'a.example.com' })
    expect(front.seen[0]!.outcome.bytes.in).toBe(hello.length)
  })
})
