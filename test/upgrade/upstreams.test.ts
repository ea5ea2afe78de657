import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  certificates,
  eventually,
  faultyUpstream,
  nextMessage,
  parseReplies,
  raw,
  sink,
  wsConnect,
  wsEcho,
} from '../support/index.js'
import { handshake, switchAndHold, wsFront } from './ws-front.js'

const ECHOES = 10

describe('an upgrade whose endpoint cannot be reached', () => {
  it('goes to another one before the client notices', async () => {
    await using gone = await faultyUpstream('refuse')
    await using far = await wsEcho({ name: 'far' })
    await using front = await wsFront([gone.url, far.url], { pool: { health: { passive: false } } })
    for (let at = 0; at < ECHOES; at++) {
      const socket = await wsConnect(front.url)
      socket.send(`${at}`)
      expect(await nextMessage(socket)).toBe(`${at}`)
      socket.terminate()
    }
    expect(far.requests).toHaveLength(ECHOES)
    await eventually(() => front.pool.endpoints.every(({ inFlight }) => inFlight === 0))
  })

  it('goes to another one when connecting takes too long', async () => {
    await using gone = await faultyUpstream('blackhole')
    await using far = await wsEcho()
    await using front = await wsFront([gone.url, far.url], { forward: { connectTimeoutMs: 60 } })
    for (let at = 0; at < 2; at++) (await wsConnect(front.url)).terminate()
    expect(far.requests).toHaveLength(2)
  })

  it('is a 502 when there is no other', async () => {
    await using one = await faultyUpstream('refuse')
    await using other = await faultyUpstream('refuse')
    await using front = await wsFront([one.url, other.url])
    const { text } = await raw(front.port, handshake(), { hold: Infinity })
    expect(parseReplies(text, { closed: true })[0]!.status).toBe(502)
    expect(front.pool.endpoints.map(({ inFlight }) => inFlight)).toEqual([0, 0])
  })

  it('is not sent twice once it has left: an upstream that died with it may have acted upon it', async () => {
    await using one = await faultyUpstream('reset-at', { at: 0 })
    await using other = await faultyUpstream('reset-at', { at: 0 })
    await using front = await wsFront([one.url, other.url])
    const { text } = await raw(front.port, handshake(), { hold: Infinity })
    expect(parseReplies(text, { closed: true })[0]!.status).toBe(502)
    expect(one.sink!.requests.length + other.sink!.requests.length).toBe(1)
  })

  it('does not go to an endpoint that drains, where open tunnels live on if they may', async () => {
    await using a = await wsEcho({ name: 'a' })
    await using b = await wsEcho({ name: 'b' })
    await using front = await wsFront([a.url, b.url])
    const sockets = [await wsConnect(front.url), await wsConnect(front.url)]
    const drained = front.pool.drain(front.pool.endpoints[0]!.name, { keepTunnels: true })
    for (let at = 0; at < 3; at++) sockets.push(await wsConnect(front.url))
    expect([a.requests.length, b.requests.length]).toEqual([1, 4])
    for (const [at, socket] of sockets.entries()) {
      socket.send(`${at}`)
      expect(await nextMessage(socket)).toBe(`${at}`)
      socket.terminate()
    }
    await drained
  })
})

describe('an upgrade to an https: endpoint', () => {
  const { ca, key, cert } = certificates({ names: ['far.test'] })
  const lookup = ((_name: string, options: { all?: boolean }, done: (...result: unknown[]) => void) =>
    options.all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)) as never

  it('goes over TLS, verified by the endpoint’s own name, whatever the client’s Host', async () => {
    await using far = await wsEcho({ tls: { key, cert } })
    await using front = await wsFront(`https://far.test:${far.port}`, { pool: { tls: { ca }, lookup } })
    const socket = await wsConnect(front.url, { headers: { host: 'edge.test' } })
    socket.send('over TLS')
    expect(await nextMessage(socket)).toBe('over TLS')
    const { headers, socket: peer } = far.requests[0]!
    expect(headers.host).toBe('edge.test')
    expect((peer as { servername?: string }).servername).toBe('far.test')
    socket.terminate()
  })

  it.each([
    ['of an unknown authority', certificates({ names: ['far.test'], authority: 'Nobody' })],
    ['of another name', certificates({ names: ['other.test'] })],
  ])('is a 502 for a certificate %s, and no handshake leaves', async (_what, wrong) => {
    await using far = await wsEcho({ tls: { key: wrong.key, cert: wrong.cert } })
    await using front = await wsFront(`https://far.test:${far.port}`, { pool: { tls: { ca }, lookup } })
    const { text } = await raw(front.port, handshake(), { hold: Infinity })
    expect(parseReplies(text, { closed: true })[0]!.status).toBe(502)
    expect(text).not.toMatch(/far\.test|CERT|127\.0\.0\.1/)
    expect(far.requests).toHaveLength(0)
  })

  it('goes through a client’s TLS, too, of which the upstream is told', async () => {
    const own = certificates()
    await using far = await wsEcho()
    await using front = await wsFront(far.url, { tls: { key: own.key, cert: own.cert } })
    const socket = await wsConnect(front.url, { ca: own.ca })
    socket.send('both')
    expect(await nextMessage(socket)).toBe('both')
    expect(far.requests[0]!.headers['x-forwarded-proto']).toBe('https')
    socket.terminate()
  })
})

describe('what is sent', () => {
  it('takes the endpoint’s prefix, the rewrite and the origin as a request does', async () => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(`${far.url}/v1`, {
      forward: {
        pathRewrite: { '^/old': '/new' },
        changeOrigin: true,
        requestHeaders: { set: { 'x-user': '7' }, remove: ['cookie'] },
      },
    })
    const { text } = await raw(front.port, handshake({ start: 'GET /old/x?a=1', more: ['Cookie: a=1'] }), {
      until: '\r\n\r\n',
    })
    expect(text).toMatch(/ 101 /)
    const got = far.requests[0]!
    expect(got.target).toBe('/v1/new/x?a=1')
    expect([got.header('host'), got.header('x-user'), got.header('cookie')]).toEqual([
      `127.0.0.1:${far.port}`,
      '7',
      undefined,
    ])
  })

  it('a large message arrives whole, both ways', async () => {
    await using far = await wsEcho()
    await using front = await wsFront(far.url)
    const socket = await wsConnect(front.url)
    const message = Buffer.concat(Array<Buffer>(40).fill(readFileSync(process.argv[1]!))).subarray(0, 8 << 20)
    socket.send(message)
    expect(Buffer.compare((await nextMessage(socket, 5_000)) as Buffer, message)).toBe(0)
    socket.terminate()
  })
})
