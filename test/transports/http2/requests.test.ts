import { constants, createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { changeHeaders, type Filter, http2 } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { ask, type GatewayOverOptions, gatewayOver, get, steady } from '../gateway-over.js'

interface Seen {
  readonly headers: IncomingHttpHeaders
  readonly raw: readonly string[]
  readonly endStream: boolean
}

/** A gateway in front of an HTTP/2 server that remembers the fields of its requests. */
async function remembering(options: GatewayOverOptions & { prefix?: string } = {}) {
  const seen: Seen[] = []
  const server = createServer()
  server.on('stream', (stream: ServerHttp2Stream, headers, flags, raw) => {
    seen.push({
      headers,
      raw: raw as unknown as string[],
      endStream: (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0,
    })
    stream.on('data', () => {})
    stream.on('end', () => {
      stream.respond({ ':status': 200 })
      stream.end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${options.prefix ?? ''}`
  const gateway = await gatewayOver(http2(), url, options)
  return {
    ...gateway,
    url,
    seen,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('requests over HTTP/2', () => {
  it('H-070 the request line becomes pseudo-fields, in front, and Host the authority; none of them twice', async () => {
    await using gateway = await remembering({ prefix: '/v2' })
    await ask(gateway.port, 'GET /a?b=1 HTTP/1.1\r\nHost: shop.example\r\nX-One: 1\r\n\r\n')
    const [{ raw, endStream } = { raw: [], endStream: false }] = gateway.seen
    const names = raw.filter((_, at) => at % 2 === 0)
    expect(raw.slice(0, 8)).toEqual([
      ':method',
      'GET',
      ':scheme',
      'http',
      ':authority',
      'shop.example',
      ':path',
      '/v2/a?b=1',
    ])
    expect(names.slice(4).filter((name) => name.startsWith(':') || name === 'host')).toEqual([])
    expect(endStream).toBe(true)
  })

  it('changeOrigin sends the name of the endpoint as authority, and so does a request without Host', async () => {
    await using gateway = await remembering({ forward: { changeOrigin: true } })
    await ask(gateway.port, get('/x'))
    const host = new URL(gateway.url).host
    expect(gateway.seen[0]?.headers[':authority']).toBe(host)
    await using plain = await remembering()
    await ask(plain.port, 'GET /x HTTP/1.0\r\n\r\n')
    expect(plain.seen[0]?.headers[':authority']).toBe(new URL(plain.url).host)
  })

  it('M2 the path is the canonical one, untouched', async () => {
    await using gateway = await remembering()
    for (const path of ['/a%20b/%C3%A9?q=/../%2e%2e&x={}', '/a%25b', "/b'c(d)*!$"]) {
      await ask(gateway.port, get(path))
      expect(gateway.seen.at(-1)?.headers[':path']).toBe(path)
    }
  })

  it('M7 H-050 H-053 H-055 no field of a connection goes upstream, TE only as trailers (RFC 9113 §8.2.2)', async () => {
    await using gateway = await remembering()
    const hop = [
      'Keep-Alive: timeout=9',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic eA==',
      'Connection: X-Mine',
      'X-Mine: 1',
    ]
    await ask(gateway.port, `GET /x HTTP/1.1\r\nHost: a\r\nTE: gzip\r\n${hop.join('\r\n')}\r\n\r\n`)
    await ask(gateway.port, 'GET /x HTTP/1.1\r\nHost: a\r\nTE: trailers, gzip\r\n\r\n')
    const [first, second] = gateway.seen
    for (const name of [
      'keep-alive',
      'proxy-connection',
      'proxy-authorization',
      'connection',
      'x-mine',
      'te',
      'transfer-encoding',
    ])
      expect(first?.headers[name]).toBeUndefined()
    expect(second?.headers.te).toBe('trailers')
  })

  it.each(['X-Forwarded-For', 'X-Forwarded-Proto', 'Via', 'Authorization', 'Cookie'])(
    'H-019 H-051 a client that nominates %s cannot take it away',
    async (name) => {
      await using gateway = await remembering()
      const own = 'Authorization: Bearer a\r\nCookie: a=1\r\n'
      await ask(gateway.port, `GET /x HTTP/1.1\r\nHost: a\r\nConnection: close, ${name}\r\n${own}\r\n`)
      expect(gateway.seen[0]?.headers[name.toLowerCase()]).toBeDefined()
    },
  )

  it.each(['DELETE', 'OPTIONS', 'GET', 'POST'])(
    'H-001 a chunked %s arrives as it is, without a length',
    async (method) => {
      await using gateway = await remembering()
      const request = `${method} /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`
      expect((await ask(gateway.port, request)).status).toBe(200)
      expect(gateway.seen[0]?.headers[':method']).toBe(method)
      expect(gateway.seen[0]?.endStream).toBe(false)
    },
  )

  it('H-069 trailers of a request, and a Trailer field without any, do no harm', async () => {
    await using gateway = await remembering()
    const head = 'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, Authorization\r\n\r\n'
    expect(
      (await ask(gateway.port, `${head}2\r\nhi\r\n0\r\nX-Sum: 1\r\nAuthorization: Basic eA==\r\n\r\n`)).status,
    ).toBe(200)
    expect(gateway.seen[0]?.headers).not.toHaveProperty('trailer')
    expect(gateway.seen[0]?.headers).not.toHaveProperty('authorization')
  })

  it('a length is said where it is known: of a body, and of none where one is expected (RFC 9110 §8.6)', async () => {
    await using gateway = await remembering()
    await ask(gateway.port, 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n')
    await ask(gateway.port, 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi')
    await ask(gateway.port, get('/x'))
    expect(gateway.seen.map(({ headers }) => headers['content-length'])).toEqual(['0', '2', undefined])
  })

  it.each<[string, Record<string, string>]>([
    ['a line break in a value', { 'x-bad': 'a\r\nx-evil: 1' }],
    ['NUL in a value', { 'x-bad': 'a\0b' }],
    ['a name that is none', { 'x bad': '1' }],
    ['a pseudo-field', { ':path': '/admin' }],
    ['a field of a connection', { connection: 'close' }],
  ])('H-023 a filter that sets %s makes a 500, and nothing is sent', async (_, fields) => {
    const setting: Filter = (exchange, next) =>
      next(exchange.with({ headers: changeHeaders(exchange.headers, fields) }))
    await using gateway = await remembering({ filters: [setting], pool: steady })
    const reply = await ask(gateway.port)
    expect([reply.status, reply.body.toString()]).toEqual([500, '500 ERR_EDGE_BAD_VALUE\n'])
    expect(gateway.seen).toEqual([])
    await gateway.idle()
  })

  it('H-022 more fields than the upstream takes are an error, not a hang', async () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, nth) => [`x-${nth}`, 'y'.repeat(2_000)]))
    const setting: Filter = (exchange, next) => next(exchange.with({ headers: changeHeaders(exchange.headers, many) }))
    await using gateway = await remembering({ filters: [setting], pool: steady })
    expect((await ask(gateway.port)).status).toBeGreaterThanOrEqual(500)
    await gateway.idle()
  })
})
