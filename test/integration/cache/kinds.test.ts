import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGateway, type Exchange, reply } from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { raw, type SinkRequest, sink } from '../../support/index.js'
import { ask } from '../client.js'
import { cached, numbered } from './cached.js'
import { cachedSink } from './cached-sink.js'

const fresh = { 'cache-control': 'max-age=60' }

describe('replies of other kinds', () => {
  it.each([
    ['103', 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nX-Early: 1\r\nCache-Control: max-age=999\r\n\r\n'],
    ['102', 'HTTP/1.1 102 Processing\r\nX-Early: 1\r\n\r\n'],
  ])('H-189 a %s is passed on and nothing of it stored', async (status, early) => {
    await using far = await sink([
      'waitBody',
      `${early}HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok`,
    ])
    await using front = await cachedSink(far.url)
    const get = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n'
    expect((await raw(front.port, get)).text).toContain(`HTTP/1.1 ${status} `)
    const hit = await raw(front.port, get)
    expect(hit.text).toMatch(/^HTTP\/1\.1 200 /)
    expect(hit.text).not.toMatch(/x-early|999/i)
    expect(far.requests).toHaveLength(1)
  })

  it('H-189 a HEAD is answered by a stored GET, and never the other way round', async () => {
    await using front = await cached(numbered({ ...fresh, etag: '"a"' }))
    expect((await front.get('/', { method: 'HEAD' })).body).toBe('')
    const got = await front.get()
    expect(got.body).toBe('answer 2')
    const head = await front.get('/', { method: 'HEAD' })
    expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', '8'])
    expect(front.far.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET'])
  })

  it.each([
    ['agrees', {}, 'answer 1'],
    ['has another tag', { etag: '"b"' }, 'answer 3'],
    ['has another length', { 'content-length': '99' }, 'answer 3'],
  ])('H-189 a HEAD that %s renews what is stored, or drops it', async (_, fields, body) => {
    let count = 0
    await using front = await cached((request, response) => {
      count++
      const own = { 'cache-control': 'max-age=60', etag: '"a"', 'x-count': String(count) }
      if (request.method === 'HEAD') return response.writeHead(200, { ...own, ...fields }).end()
      response.writeHead(200, own).end(`answer ${count}`)
    })
    await front.get()
    await front.get('/', { method: 'HEAD', headers: { 'cache-control': 'no-cache' } })
    const next = await front.get()
    expect(next.body).toBe(body)
    expect(next.headers['x-count']).toBe(body === 'answer 1' ? '2' : '3')
  })

  it('H-189 a WebSocket goes past the cache, and its 101 is not stored', async () => {
    await using far = await sink(greeting)
    await using front = await cachedSink(far.url)
    const plain = { headers: { host: 'a.test' } }
    expect((await ask(front.port, '/chat', plain)).body).toBe('plain')
    for (let at = 0; at < 2; at++) {
      const { text } = await raw(
        front.port,
        'GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
        { until: '\r\n\r\n' },
      )
      expect(text).toMatch(/^HTTP\/1\.1 101 /)
    }
    expect((await ask(front.port, '/chat', plain)).body).toBe('plain')
    expect(far.requests).toHaveLength(3)
  })

  it('H-189 an empty reply, a redirect and a 404 are stored as what they are', async () => {
    for (const status of [204, 301, 404]) {
      await using front = await cached(numbered({ ...fresh, location: '/y' }, status))
      const first = await front.get()
      const hit = await front.get()
      expect([hit.status, hit.body, hit.headers['location']]).toEqual([status, first.body, '/y'])
      expect(front.results).toEqual(['miss', 'hit'])
    }
  })

  it('OPTIONS and TRACE go past the cache and outdate nothing', async () => {
    await using front = await cached(numbered(fresh))
    await front.get()
    await front.get('/', { method: 'OPTIONS' })
    expect((await front.get()).body).toBe('answer 1')
  })

  it('what a bypass lets by is neither stored nor served', async () => {
    await using front = await cached(numbered(fresh), { bypass: ({ target }) => target.path.startsWith('/live') })
    const first = await front.get('/live/x')
    expect(first.headers['cache-status']).toBe('Edgewise; fwd=bypass; fwd-status=200')
    expect((await front.get('/live/x')).body).toBe('answer 2')
  })
})

const HANDSHAKE =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nCache-Control: max-age=60\r\n\r\n'

function greeting(_connection: unknown, _at: number, request: SinkRequest): readonly string[] {
  return request.header('upgrade') === 'websocket'
    ? [HANDSHAKE]
    : ['HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 5\r\n\r\nplain']
}

describe('explain', () => {
  it.each([
    ['GET', {}, 'pass', /nothing is stored under http:\/\/a\.test\/x\?y$/],
    ['GET', { 'x-http-method-override': 'PUT' }, 'pass', /by/],
    ['POST', {}, 'pass', /outdates/],
    ['OPTIONS', {}, 'pass', /nothing to cache/],
  ])('tells what a %s with %j would meet, and asks nobody', async (method, headers, verdict, why) => {
    let seen: Exchange | undefined
    await using front = await cached(numbered(fresh))
    const gateway = createGateway({
      routes: [
        {
          path: '/**',
          handler: async (exchange) => {
            seen = exchange
            return reply(200)
          },
        },
      ],
    })
    const server = createServer(toNode(gateway)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    await ask((server.address() as AddressInfo).port, '/x?y', { method, headers: { host: 'a.test', ...headers } })
    server.closeAllConnections()
    server.close()
    const told = front.pages.explain!(seen!)
    expect(told.verdict).toBe(verdict)
    expect(told.why).toMatch(why)
    expect(front.far.hits).toBe(0)
  })
})

describe('Cache-Status', () => {
  it.each([
    ['Edgewise', undefined, 'Edgewise; hit; ttl=60'],
    ['a token', 'shop-cache', 'shop-cache; hit; ttl=60'],
    ['a string', 'My cache', '"My cache"; hit; ttl=60'],
    ['nothing', false, undefined],
  ] as const)('says %s', async (_, cacheStatus, field) => {
    await using front = await cached(numbered(fresh), {
      ...(cacheStatus === undefined ? {} : { cacheStatus }),
      now: () => 1_800_000_000_000,
    })
    await front.get()
    expect((await front.get()).headers['cache-status']).toBe(field)
  })

  it('comes after what caches nearer to the upstream said', async () => {
    await using front = await cached(numbered({ ...fresh, 'cache-status': 'far; hit' }))
    expect((await front.get()).headers['cache-status']).toBe('far; hit, Edgewise; fwd=uri-miss; fwd-status=200; stored')
    expect((await front.get()).headers['cache-status']).toMatch(/^far; hit, Edgewise; hit; ttl=/)
  })
})
