import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cache, createGateway, createPool, forward } from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { raw, type UpstreamHandler, upstream } from '../../support/index.js'
import { ask } from '../client.js'
import { cached, numbered } from './cached.js'

const fresh = { 'cache-control': 'max-age=60' }

/** Says in its reply all that it was shown, and may be kept for everybody. */
const mirror: UpstreamHandler = (request, response) => {
  request.resume()
  response.writeHead(200, fresh).end(JSON.stringify([request.method, request.url, request.headers]))
}

describe('what a reply is kept under', () => {
  it.each([
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-prefix',
    'x-forwarded-port',
    'x-forwarded-server',
    'x-forwarded-path',
    'x-original-url',
    'x-original-host',
    'x-rewrite-url',
    'forwarded',
  ])('H-172 an untrusted %s reaches neither the upstream nor the next client', async (name) => {
    await using front = await cached(mirror)
    const poisoned = await front.get('/', { headers: { [name]: 'evil.test' } })
    const next = await front.get()
    expect(poisoned.body).not.toContain('evil')
    expect(next.body).not.toContain('evil')
    expect(front.far.hits).toBe(1)
  })

  it.each([
    ['x-forwarded-host', 'evil.test'],
    ['x-forwarded-proto', 'https'],
    ['x-forwarded-prefix', '/evil'],
    ['x-original-url', '/evil'],
    ['x-rewrite-url', '/evil'],
    ['x-forwarded-port', '1337'],
  ])('H-172 what a trusted proxy says by %s is keyed', async (name, value) => {
    await using far = await upstream(mirror)
    const pool = createPool({ name: 'far', endpoints: [far.url] })
    const gateway = createGateway({
      trustedProxies: ['127.0.0.0/8'],
      filters: [cache()],
      routes: [{ path: '/**', handler: forward({ pool }) }],
    })
    const server = createServer(toNode(gateway))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    try {
      const headers = { host: 'a.test' }
      await ask(port, '/', { headers: { ...headers, [name]: value } })
      const next = await ask(port, '/', { headers })
      expect(next.body).not.toContain(value)
      expect(far.hits).toBe(2)
      expect((await ask(port, '/', { headers })).body).toBe(next.body)
      expect(far.hits).toBe(2)
    } finally {
      server.closeAllConnections()
      server.close()
      await gateway.close({ graceMs: 0 })
      await pool.close()
    }
  })

  it.each(['A.test', 'a.test:80', 'a.test:1337', 'a.test.', 'b.test'])(
    'H-172 H-173 a Host spelled %s is not shown to those who spell it a.test',
    async (host) => {
      await using front = await cached(mirror)
      await front.get('/', { headers: { host } })
      expect(JSON.parse((await front.get()).body)[2].host).toBe('a.test')
      expect(front.far.hits).toBe(2)
    },
  )

  it.each(['x-http-method-override', 'x-http-method', 'x-method-override'])(
    'H-172 a method in disguise (%s) passes by',
    async (name) => {
      await using front = await cached(mirror)
      await front.get('/', { headers: { [name]: 'DELETE' } })
      expect((await front.get()).body).not.toContain('DELETE')
      await front.get('/', { headers: { [name]: 'DELETE' } })
      expect(front.results).toEqual(['bypass', 'miss', 'bypass'])
    },
  )

  it.each(['x-nextjs-data', 'rsc', 'next-router-prefetch', 'hx-request', 'x-inertia'])(
    'H-172 a switch of a framework’s (%s) is keyed',
    async (name) => {
      await using front = await cached(mirror)
      await front.get('/', { headers: { [name]: 'evil' } })
      expect((await front.get()).body).not.toContain('evil')
    },
  )

  it('H-172 a GET with a body passes by', async () => {
    await using front = await cached((request, response) => {
      let body = ''
      request.on('data', (part) => {
        body += part
      })
      request.on('end', () => response.writeHead(200, fresh).end(`body: ${body}`))
    })
    const fat = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nContent-Length: 4\r\n\r\nevil'
    expect((await raw(front.front.port, fat)).text).toContain('body: evil')
    expect((await front.get()).body).toBe('body: ')
    expect(front.results).toEqual(['bypass', 'miss'])
  })

  it.each(['accept', 'cookie', 'x-tenant'])('H-172 %s is keyed when it is named', async (name) => {
    await using front = await cached(mirror, { key: { headers: [name.toUpperCase()] } })
    await front.get('/', { headers: { [name]: 'evil' } })
    expect((await front.get()).body).not.toContain('evil')
    await front.get('/', { headers: { [name]: 'evil' } })
    expect(front.results).toEqual(['miss', 'miss', 'hit'])
  })

  it.each(['accept', 'cookie'])('H-172 %s is keyed when the upstream says by Vary that it counts', async (name) => {
    await using front = await cached((request, response) => {
      response.writeHead(200, { ...fresh, vary: name }).end(String(request.headers[name]))
    })
    await front.get('/', { headers: { [name]: 'evil' } })
    expect((await front.get()).body).not.toContain('evil')
  })

  it('H-173 path and query count to the byte, and the order of parameters', async () => {
    await using front = await cached(numbered(fresh))
    for (const path of ['/a', '/A', '/a/', '/a?', '/a?x=1', '/a?x=1&y=2', '/a?y=2&x=1', '/a?x=%31'])
      await front.get(path)
    expect(front.far.hits).toBe(8)
    await front.get('/a?y=2&x=1')
    await front.get('/%61')
    expect(front.far.hits).toBe(8)
  })

  it('H-173 one part of the key cannot be spelled to look like another', async () => {
    await using front = await cached(numbered(fresh), { key: { headers: ['x-a', 'x-b'] } })
    await front.get('/', { headers: { 'x-a': '1\tx-b: 2' } })
    await front.get('/', { headers: { 'x-a': '1', 'x-b': '2' } })
    expect(front.far.hits).toBe(2)
  })

  it('H-172 a query parameter that does not count is not sent on either', async () => {
    await using front = await cached(mirror, { key: { excludeQuery: ['utm_*', 'fbclid'] } })
    const first = await front.get('/a?utm_source=evil&id=1&fbclid=evil&%75tm_x=evil')
    expect(JSON.parse(first.body)[1]).toBe('/a?id=1')
    await front.get('/a?id=1&utm_medium=other')
    await front.get('/a?id=2')
    expect(front.results).toEqual(['miss', 'hit', 'miss'])
  })

  it('H-172 only what is named counts where that is said, and is all that is sent on', async () => {
    await using front = await cached(mirror, { key: { includeQuery: ['id'] } })
    expect(JSON.parse((await front.get('/a?x=1&id=1')).body)[1]).toBe('/a?id=1')
    await front.get('/a?id=1&y=2')
    expect(front.results).toEqual(['miss', 'hit'])
  })

  it('H-178 nothing is kept for what a path ends in, only for what the upstream says', async () => {
    await using front = await cached((_request, response) => response.end('account'))
    for (const path of ['/account/x.css', '/account/x.js?a.png', '/account/style.css']) {
      await front.get(path)
      await front.get(path)
    }
    expect(front.far.hits).toBe(6)
  })

  it.each(['/account%2fx.css', '/account;x.css', '/account%0a.css', '/account/%2e%2e/x.css'])(
    'H-178 a path that parsers read otherwise (%s) does not get as far',
    async (path) => {
      await using front = await cached(numbered(fresh))
      expect((await front.get(path)).status).toBe(400)
      expect(front.far.hits).toBe(0)
    },
  )
})
