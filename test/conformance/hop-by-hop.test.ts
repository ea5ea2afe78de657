import { attachUpgrade } from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { afterReplies, oneMessage, parseReplies, raw, sink } from '../support/index.js'
import { ask, frontTo, pairOver, transports } from './forwarded-front.js'

const HANDSHAKE = ['Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']

describe.each(transports)('hop-by-hop fields over %s', (_, transport) => {
  it('H-050 a request loses the fields of its hop and those that Connection nominates', async () => {
    await using pair = await pairOver(transport())
    const lines = [
      'Connection: close, X-Secret, x-SECOND',
      'X-Secret: 1',
      'X-Second: 2',
      'X-Ordinary: 3',
      'Keep-Alive: timeout=99',
      'Proxy-Connection: keep-alive',
      'TE: gzip',
      'Trailer: X-End',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
      'Proxy-Authorization: Basic YTpi',
      'Proxy-Authenticate: Basic',
    ]
    expect((await ask(pair.front.port, lines)).status).toBe(200)
    const got = pair.far.requests[0]!
    const left =
      'x-secret x-second keep-alive proxy-connection te trailer upgrade http2-settings proxy-authorization proxy-authenticate transfer-encoding'
    expect(left.split(' ').filter((name) => got.header(name) !== undefined)).toEqual([])
    expect(got.header('x-ordinary')).toBe('3')
    expect(got.header('connection') ?? 'keep-alive').toMatch(/^(keep-alive|close)$/)
  })

  it('H-050 a reply loses the fields of its hop and those that Connection nominates', async () => {
    const fields = [
      'Connection: X-Secret, keep-alive',
      'X-Secret: 1',
      'X-Ordinary: 3',
      'Keep-Alive: timeout=99',
      'Proxy-Connection: keep-alive',
      'Proxy-Authenticate: Basic',
      'Proxy-Authorization: Basic YTpi',
      'TE: trailers',
      'Trailer: X-End',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
    ]
    await using pair = await pairOver(transport(), {}, [
      `HTTP/1.1 200 OK\r\n${fields.join('\r\n')}\r\nContent-Length: 2\r\n\r\nok`,
    ])
    const reply = await ask(pair.front.port)
    const left = 'x-secret proxy-connection proxy-authenticate proxy-authorization te trailer upgrade http2-settings'
    expect(left.split(' ').filter((name) => reply.header(name) !== undefined)).toEqual([])
    expect(reply.header('x-ordinary')).toBe('3')
    // Node's own connection to this client has a Keep-Alive of its own.
    expect(reply.header('connection')).toBe('keep-alive')
    expect(reply.header('keep-alive') ?? '').not.toContain('99')
  })

  it.each([
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
    'Forwarded',
    'Via',
    'X-User-Id',
    'Authorization',
    'Host',
    'Content-Length',
  ])('H-051 a client that nominates %s cannot take it away', async (name) => {
    const forward = { forwarded: 'both', requestHeaders: { set: { 'x-user-id': '7' } } } as const
    await using pair = await pairOver(transport(), { forward, base: '/api' })
    const lines = [`Connection: ${name}, keep-alive`, 'Authorization: Bearer t', 'Content-Length: 2', '', 'ok']
    const { text } = await raw(pair.front.port, `POST /api/x HTTP/1.1\r\nHost: edge.test\r\n${lines.join('\r\n')}`, {
      until: afterReplies(1),
    })
    expect(parseReplies(text)[0]!.status).toBe(200)
    const got = oneMessage(pair.far.connections[0]!.received)
    expect(got.header(name) ?? '').not.toBe('')
    expect(got.body.toString()).toBe('ok')
  })

  it('H-051 a trusted proxy that nominates X-Forwarded-For does not hide whom it spoke for', async () => {
    await using pair = await pairOver(transport(), { gateway: { trustedProxies: ['127.0.0.1'] } })
    await ask(pair.front.port, ['Connection: X-Forwarded-For', 'X-Forwarded-For: 203.0.113.9'])
    expect(pair.far.requests[0]!.header('x-forwarded-for')).toBe('203.0.113.9, 127.0.0.1')
  })

  it('H-052 several Connection lines and empty members are one list', async () => {
    await using pair = await pairOver(transport())
    const lines = ['Connection: X-A', 'Connection: ,, , X-B', 'Connection: ', 'X-A: 1', 'X-B: 2', 'X-C: 3']
    expect((await ask(pair.front.port, lines)).status).toBe(200)
    const got = pair.far.requests[0]!
    expect([got.header('x-a'), got.header('x-b'), got.header('x-c')]).toEqual([undefined, undefined, '3'])
  })

  it('H-052 ten thousand nominations cost next to nothing', async () => {
    await using pair = await pairOver(transport(), { maxHeaderSize: 262_144 })
    await ask(pair.front.port)
    const names = Array.from({ length: 10_000 }, (_each, at) => `x-${at}`)
    const before = process.cpuUsage()
    const reply = await ask(pair.front.port, [`Connection: ${names.join(',')}`, 'X-9999: 1', 'X-Kept: 2'])
    const { user, system } = process.cpuUsage(before)
    expect(reply.status).toBe(200)
    expect(pair.far.requests[1]!.header('x-9999')).toBeUndefined()
    expect(pair.far.requests[1]!.header('x-kept')).toBe('2')
    expect(user + system).toBeLessThan(1_000_000)
  })

  it.each([
    ['trailers, deflate', 'trailers'],
    ['Trailers', 'trailers'],
    ['deflate', undefined],
    ['gzip;q=0.5, x-trailers', undefined],
  ])('H-053 of "TE: %s" the upstream sees %s', async (value, seen) => {
    await using pair = await pairOver(transport())
    expect((await ask(pair.front.port, [`TE: ${value}`, 'Connection: TE'])).status).toBe(200)
    expect(pair.far.requests[0]!.header('te')).toBe(seen)
  })

  it('H-054 an h2c upgrade is an ordinary request, of which the upstream sees no upgrade', async () => {
    await using far = await sink()
    await using front = await frontTo([far.url], transport())
    front.server.removeAllListeners('upgrade')
    attachUpgrade(front.server, toNode(front.gateway))
    const lines = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__']
    expect((await ask(front.port, lines)).status).toBe(200)
    const got = oneMessage(far.connections[0]!.received)
    expect([got.header('upgrade'), got.header('http2-settings')]).toEqual([undefined, undefined])
    expect(got.header('connection') ?? '').not.toMatch(/upgrade|settings/i)
  })

  it.each([
    ['h2c', ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__']],
    ['websocket next to h2c', ['Upgrade: websocket, h2c', ...HANDSHAKE.slice(1)]],
    ['TLS/1.2', ['Upgrade: TLS/1.2']],
  ])(
    'H-054 an upgrade to %s that reaches the upgrade listener is denied, and nothing goes upstream',
    async (_name, lines) => {
      await using pair = await pairOver(transport())
      const { text, ended } = await raw(
        pair.front.port,
        `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n${lines.join('\r\n')}\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
        { hold: Infinity },
      )
      const [reply] = parseReplies(text, { closed: true })
      expect([reply!.status, reply!.header('connection'), reply!.complete, ended]).toEqual([
        501,
        'close',
        true,
        'closed',
      ])
      expect(pair.far.connections).toHaveLength(0)
    },
  )

  it('H-055 Proxy-Authorization stays here', async () => {
    await using pair = await pairOver(transport())
    await ask(pair.front.port, ['Proxy-Authorization: Basic c2VjcmV0'])
    expect(pair.far.connections[0]!.received.toString()).not.toContain('c2VjcmV0')
  })

  it('H-055 Proxy-Authorization goes upstream when configured, in place of the client’s', async () => {
    const requestHeaders = { set: { 'Proxy-Authorization': 'Basic b3du' } }
    await using pair = await pairOver(transport(), { forward: { requestHeaders } })
    await ask(pair.front.port, ['Proxy-Authorization: Basic c2VjcmV0'])
    expect(pair.far.requests[0]!.header('proxy-authorization')).toBe('Basic b3du')
  })
})
