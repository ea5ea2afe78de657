import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EdgeError, events } from 'edgewise'
import { createProxyMiddleware, fixRequestBody, type Options, responseInterceptor } from 'edgewise/compat'
import express from 'express'
import { describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { certificates, faultyUpstream, freePort, raw, upstream, wsEcho } from '../../support/index.js'
import { ask } from '../client.js'
import { serving } from './serving.js'

const made = (options: object): unknown => createProxyMiddleware(options as Options)

describe('createProxyMiddleware, where it differs from http-proxy-middleware', () => {
  it.each([
    [{}, /option "target" is undefined; allowed: a URL/],
    [{ target: 'example.org' }, /option "target" is "example\.org"; allowed: a URL/],
    [{ target: 5 }, /option "target" is 5/],
    [{ target: 'http://a.test?q=1' }, /a URL without a query; or ignorePath/],
    [{ tarqet: 'http://a.test' }, /unknown option "tarqet"\. Did you mean "target"\?/],
    [{ target: 'http://a.test', forward: 'http://b.test' }, /mirror\(\)/],
    [{ target: 'http://a.test', plugins: [] }, /option "plugins" is an array; allowed: none: .*filters/],
    [{ target: 'http://a.test', ejectPlugins: true }, /no plugins/],
    [{ target: 'http://a.test', buffer: {} }, /keepRawBody/],
    [{ target: 'http://a.test', toProxy: true }, /past its own rules/],
    [{ target: 'http://a.test', localAddress: '127.0.0.1' }, /the system chooses/],
    [{ target: 'http://a.test', preserveHeaderKeyCase: true }, /RFC 9110 §5\.1/],
    [{ target: 'http://a.test', ssl: {} }, /tlsOptions\(\)/],
    [{ target: 'http://a.test', http2: true }, /http2\(\)/],
    [{ target: 'http://a.test', onProxyReq: () => {} }, /allowed: none: on: \{ proxyReq \}/],
    [{ target: 'http://a.test', logLevel: 'debug' }, /allowed: none: logger/],
    [{ target: 'http://a.test', followRedirects: true }, /a redirect is for the client/],
    [{ target: 'http://a.test', protocolRewrite: 'https' }, /none without hostRewrite/],
    [{ target: 'http://a.test', selfHandleResponse: true }, /nobody would answer/],
    [{ target: 'http://a.test', on: { open: () => {} } }, /on: option "open" .*events\.on\("tunnel"/],
    [{ target: 'http://a.test', on: { close: () => {} } }, /on: option "close" .*tunnel/],
    [{ target: 'http://a.test', on: { proxyRequest: () => {} } }, /Did you mean "proxyReq/],
    [{ target: 'http://a.test', pathFilter: ['/api', '/x/**'] }, /either plain paths, as \/api, or globs/],
    [{ target: 'http://a.test', pathFilter: [] }, /option "pathFilter" is an array/],
    [{ target: 'http://a.test', pathFilter: '/{a,b}/**' }, /no extglobs, braces/],
    [{ target: 'http://a.test', pathRewrite: { '(': '' } }, /valid regular expressions/],
    [{ target: 'http://a.test', pathRewrite: { '^/a': 5 } }, /texts to replace with/],
    [{ target: 'http://a.test', router: { '/x': 'nowhere' } }, /option "target" is "nowhere"/],
    [{ target: 'http://a.test', headers: { connection: 'close' } }, /no fields that frame a message/],
    [{ target: 'http://a.test', cookiePathRewrite: '' }, /'\/' for all of the host/],
    [{ target: 'http://a.test', cookiePathRewrite: { '*': '/a', '/b': '/c' } }, /either '\*' alone, or paths/],
    [{ target: 'http://a.test', base: 'api' }, /a plain path, as \/api/],
    [{ target: 'http://a.test', proxyTimeout: 0 }, /whole milliseconds/],
  ])('%j is refused, with the reason', (options, message) => {
    expect(() => made(options)).toThrow(EdgeError)
    expect(() => made(options)).toThrow(message)
  })

  it('what would change nothing passes: false, and undefined', () => {
    expect(() =>
      made({ target: 'http://a.test', followRedirects: false, toProxy: false, plugins: undefined }),
    ).not.toThrow()
  })

  it('a WebSocket is mounted where requests are, by base', async () => {
    await using far = await wsEcho()
    await using app = await serving((app) =>
      app.use('/chat', createProxyMiddleware({ target: far.url, ws: true, base: '/chat', pathFilter: '/room' })),
    )
    expect((await ask(app.port, '/chat/other')).body).toBe('the application')
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}/chat/room/1`)
    await once(socket, 'open')
    socket.close()
    await once(socket, 'close')
    expect(far.requests.map(({ url }) => url)).toEqual(['/room/1'])
    const other = new WebSocket(`ws://127.0.0.1:${app.port}/chat/other`)
    const [error] = await once(other, 'error')
    expect((error as Error).message).toContain('404')
  })

  it('an upgrade that comes both ways is taken once', async () => {
    await using far = await wsEcho()
    const proxy = createProxyMiddleware({ target: far.url, ws: true, pathFilter: '/chat' })
    await using app = await serving((app) => app.use(proxy))
    app.server.on('upgrade', proxy.upgrade)
    await ask(app.port, '/')
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}/chat`)
    await once(socket, 'open')
    socket.send('hello')
    expect(String((await once(socket, 'message'))[0])).toBe('hello')
    socket.close()
    await once(socket, 'close')
    expect(far.requests).toHaveLength(1)
  })

  it('secure: false takes a certificate that nobody vouches for; without it, there is a 502', async () => {
    await using far = await upstream(undefined, { tls: certificates() })
    const statuses: number[] = []
    for (const secure of [undefined, true, false]) {
      await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url, secure })))
      statuses.push((await ask(app.port, '/')).status)
    }
    expect(statuses).toEqual([502, 502, 200])
  })

  it('a server that closes lets go of connections to targets', async () => {
    await using far = await upstream()
    {
      await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url })))
      await ask(app.port, '/')
      expect(far.connections).toBe(1)
    }
    await vi.waitFor(() => expect(far.connections).toBe(0))
  })

  it('a target that is silent is a 504, after the shorter of the two times', async () => {
    await using far = await faultyUpstream('stall')
    const proxy = createProxyMiddleware({ target: `http://127.0.0.1:${far.port}`, timeout: 200, proxyTimeout: 10_000 })
    await using app = await serving((app) => app.use(proxy))
    expect((await ask(app.port, '/')).status).toBe(504)
  })

  it('a target that can’t be reached is a 502, told to on.error, and what that leaves is answered', async () => {
    const port = await freePort()
    const error = vi.fn()
    await using app = await serving((app) =>
      app.use(createProxyMiddleware({ target: `http://127.0.0.1:${port}`, on: { error } })),
    )
    const reply = await ask(app.port, '/')
    expect([reply.status, reply.body]).toEqual([502, '502 ERR_EDGE_CONNECT\n'])
    expect(error.mock.calls[0]![3]).toBe(`http://127.0.0.1:${port}`)
  })

  it('a consumed body without fixRequestBody fails at once, where it would hang', async () => {
    await using far = await upstream()
    await using app = await serving((app) => app.use(express.json(), createProxyMiddleware({ target: far.url })))
    const reply = await ask(app.port, '/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"a":1}',
    })
    expect([reply.status, reply.body]).toEqual([500, '500 ERR_EDGE_BODY_CONSUMED\n'])
  })

  it('redirects and their mount: autoRewrite leads below it', async () => {
    await using far = await upstream((_req, res) => res.writeHead(302, { location: `${far.url}/v1/there` }).end())
    const proxy = createProxyMiddleware({ target: `${far.url}/v1`, autoRewrite: true })
    await using app = await serving((app) => app.use('/api', proxy))
    const { headers } = await ask(app.port, '/api/x', { headers: { host: 'www.example.org' } })
    expect(headers['location']).toBe('http://www.example.org/api/there')
  })

  it.each([['parts' as const], ['URL' as const]])('hostRewrite has the protocol of a target in %s', async (how) => {
    const tls = certificates()
    await using far = await upstream(
      (_req, res) => res.writeHead(302, { location: `https://127.0.0.1:${far.port}/there` }).end(),
      { tls },
    )
    const parts = { protocol: 'https:', host: '127.0.0.1', port: far.port }
    const target = how === 'parts' ? parts : new URL(far.url)
    const proxy = createProxyMiddleware({ target, secure: false, hostRewrite: 'www.example.org' })
    await using app = await serving((app) => app.use(proxy))
    expect((await ask(app.port, '/')).headers['location']).toBe('https://www.example.org/there')
  })

  it.each([
    ['ignorePath', { ignorePath: true }, '/v1?a=1', '/v1?a=1'],
    ['prependPath: false', { prependPath: false }, '/v1', '/x?q=1'],
  ])('%s', async (_name, options, path, sent) => {
    await using far = await upstream()
    await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url + path, ...options })))
    await ask(app.port, '/x?q=1')
    expect(far.requests[0]!.url).toBe(sent)
  })

  it('xfwd tells where a request comes from; what a client says of it never passes', async () => {
    await using far = await upstream()
    for (const xfwd of [true, false]) {
      await using app = await serving((app) => app.use('/api', createProxyMiddleware({ target: far.url, xfwd })))
      await ask(app.port, '/api/x', { headers: { host: 'a.test', 'x-forwarded-for': '6.6.6.6' } })
    }
    expect(far.requests.map(({ headers }) => headers['x-forwarded-for'])).toEqual(['127.0.0.1', undefined])
    expect(far.requests[0]!.headers).toMatchObject({ 'x-forwarded-host': 'a.test', 'x-forwarded-prefix': '/api' })
  })

  it('a mount with parameters, and filters of ours', async () => {
    await using far = await upstream()
    const seen: string[] = []
    const proxy = createProxyMiddleware({
      target: far.url,
      filters: [
        (exchange, next) => {
          seen.push(`${exchange.base} ${exchange.target.path}`)
          return next(exchange)
        },
      ],
    })
    await using app = await serving((app) => app.use('/t/:tenant', proxy))
    await ask(app.port, '/t/a/x')
    await ask(app.port, '/t/b')
    expect(seen).toEqual(['/t/a /x', '/t/b /'])
    expect((await ask(app.port, '/t/a%2fb/x')).status).toBe(400)
    expect(far.requests.map(({ url }) => url)).toEqual(['/x', '/'])
  })

  it.each([
    ['/api/../secret', 400],
    ['/api/%2e%2e/secret', 400],
    ['/api//x', 200],
  ])('%s is judged by the path that is sent', async (path, expected) => {
    await using far = await upstream()
    await using app = await serving((app) => app.use('/api', createProxyMiddleware({ target: far.url })))
    const { text } = await raw(app.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${expected} `))
    expect(far.requests.map(({ url }) => url)).toEqual(expected === 200 ? ['/x'] : [])
  })

  it('a path that has no canonical form is not ours where a filter says what is', async () => {
    await using far = await upstream()
    await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url, pathFilter: '/api' })))
    const { text } = await raw(app.port, 'GET /api/%2e%2e/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(text).toContain('the application')
    expect(far.hits).toBe(0)
  })
})

describe('hooks of createProxyMiddleware', () => {
  const boom = (): never => {
    throw new Error('boom')
  }
  const reject = async (): Promise<never> => boom()

  it.each([
    ['proxyReq throws', { on: { proxyReq: boom } }],
    ['proxyReq rejects', { on: { proxyReq: reject } }],
    ['proxyRes throws', { on: { proxyRes: boom } }],
    ['proxyRes rejects', { on: { proxyRes: reject } }],
    ['start throws', { on: { start: boom } }],
    ['start rejects', { on: { start: reject } }],
    ['an interceptor throws', { selfHandleResponse: true, on: { proxyRes: responseInterceptor(boom) } }],
    ['pathRewrite throws', { pathRewrite: boom }],
    ['pathFilter throws', { pathFilter: boom }],
    ['router throws', { router: boom }],
    ['router rejects', { router: reject }],
  ])('H-096 %s: the framework is told, and the connection to the target comes back', async (_what, options) => {
    await using far = await upstream()
    const proxy = createProxyMiddleware({ target: far.url, ...options } as Options)
    await using app = await serving((app) => app.use(proxy))
    for (let time = 0; time < 3; time++) {
      const reply = await ask(app.port, '/')
      expect([reply.status, reply.body]).toEqual([500, 'framework: boom'])
    }
    expect(far.accepted).toBeLessThanOrEqual(1)
  })

  it('H-096 what on.end throws or rejects with is told, and a pathFilter that answers with a promise is an error', async () => {
    await using far = await upstream()
    const faults: unknown[] = []
    const stop = events.on('fault', ({ where, error }) => faults.push([where, (error as Error).message]))
    for (const end of [boom, reject]) {
      await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url, on: { end } })))
      expect((await ask(app.port, '/')).status).toBe(200)
    }
    await vi.waitFor(() => expect(faults).toEqual(Array(2).fill(['on.end', 'boom'])))
    stop()
    const pathFilter = reject as unknown as () => boolean
    await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url, pathFilter })))
    expect((await ask(app.port, '/')).body).toContain('must answer at once')
  })

  it('a target whose connections are let go of for others’ finishes what it has begun', async () => {
    const hold = Promise.withResolvers<void>()
    await using far = await upstream(async (req, res) => {
      res.write('begun')
      if (req.url === '/slow') await hold.promise
      res.end(' and done')
    })
    const router = (req: IncomingMessage): string => `${far.url}${req.url === '/slow' ? '' : req.url}`
    const proxy = createProxyMiddleware({ target: far.url, router })
    await using app = await serving((app) => app.use(proxy))
    const slow = ask(app.port, '/slow')
    await vi.waitFor(() => expect(far.hits).toBe(1))
    for (let at = 0; at < 120; at++) expect((await ask(app.port, `/${at}`)).status).toBe(200)
    hold.resolve()
    expect((await slow).body).toBe('begun and done')
  })

  it('a target may be a Unix socket, with a path', async () => {
    const socketPath = join(tmpdir(), `edgewise-compat-${process.pid}.sock`)
    const far = createServer((req, res) => res.end(req.url))
    await new Promise<void>((resolve) => far.listen(socketPath, resolve))
    const proxy = createProxyMiddleware({ target: { socketPath, pathname: '/v1' }, changeOrigin: true })
    await using app = await serving((app) => app.use(proxy))
    expect((await ask(app.port, '/x?a=1')).body).toBe('/v1/x?a=1')
    await proxy.close()
    far.close()
    far.closeAllConnections()
  })

  it('close() resolves when the connections to targets have gone', async () => {
    await using far = await upstream()
    const proxy = createProxyMiddleware({ target: far.url })
    await using app = await serving((app) => app.use(proxy))
    await ask(app.port, '/')
    await proxy.close()
    await vi.waitFor(() => expect(far.connections).toBe(0), { timeout: 200 })
    expect((await ask(app.port, '/')).status).toBe(503)
  })

  it('H-096 a hook of an upgrade that throws refuses it, and takes nothing down', async () => {
    await using far = await wsEcho()
    for (const options of [{ on: { proxyReqWs: boom } }, { router: boom }, { pathFilter: boom }]) {
      const proxy = createProxyMiddleware({ target: far.url, ...options } as Options)
      await using app = await serving((app) => app.use(proxy))
      app.server.on('upgrade', proxy.upgrade)
      await once(new WebSocket(`ws://127.0.0.1:${app.port}/`), 'error')
    }
    expect(far.requests).toEqual([])
  })

  it('on.proxyReq may answer by itself: nothing is sent', async () => {
    await using far = await upstream()
    const proxyReq = (_proxyReq: unknown, req: express.Request, res: express.Response): unknown =>
      req.url === '/yes' || res.status(401).send('no')
    await using app = await serving((app) =>
      app.use(createProxyMiddleware<express.Request, express.Response>({ target: far.url, on: { proxyReq } })),
    )
    const reply = await ask(app.port, '/')
    expect([reply.status, reply.body]).toEqual([401, 'no'])
    expect((await ask(app.port, '/yes')).status).toBe(200)
    expect(far.requests.map(({ url }) => url)).toEqual(['/yes'])
  })

  it('on.proxyReq changes method, path, fields and body; destroying it goes to on.error', async () => {
    await using far = await upstream()
    const error = vi.fn()
    const proxy = createProxyMiddleware({
      target: `${far.url}/v1`,
      on: {
        error,
        proxyReq(proxyReq) {
          if (proxyReq.path === '/v1/no') return proxyReq.destroy(new Error('no'))
          proxyReq.method = 'PUT'
          proxyReq.path = `${proxyReq.path}&more=1`
          proxyReq.removeHeader('X-Gone')
          proxyReq.appendHeader('X-List', 'b')
          return proxyReq.setHeader('Content-Length', 999).setHeader('X-Number', 5).end('mine')
        },
      },
    })
    await using app = await serving((app) => app.use(proxy))
    await ask(app.port, '/x?q=1', { headers: { 'x-gone': '1', 'x-list': 'a' } })
    expect(far.requests[0]).toMatchObject({ method: 'PUT', url: '/v1/x?q=1&more=1' })
    expect(far.requests[0]!.headers).toMatchObject({ 'x-list': 'a, b', 'x-number': '5', 'content-length': '4' })
    expect(far.requests[0]!.headers['x-gone']).toBeUndefined()
    expect((await ask(app.port, '/no')).body).toBe('framework: no')
    expect(error.mock.calls[0]![0]).toMatchObject({ message: 'no' })
  })

  it.each([
    ['a line break in a value', 'x-a', 'a\r\nx-b: c', 'ERR_INVALID_CHAR'],
    ['a blank in a name', 'x a', 'a', 'ERR_INVALID_HTTP_TOKEN'],
    ['a field that frames the message', 'Transfer-Encoding', 'chunked', 'ERR_EDGE_BAD_VALUE'],
    ['a field of one hop', 'Connection', 'x-user', 'ERR_EDGE_BAD_VALUE'],
  ])(
    'H-153 on.proxyReq can’t set %s: that throws where it is called, as Node’s own does',
    async (_what, name, value, code) => {
      await using far = await upstream()
      const codes: unknown[] = []
      const proxyReq = (request: { setHeader(name: string, value: string): unknown }): void => {
        try {
          request.setHeader(name, value)
        } catch (error) {
          codes.push((error as EdgeError).code)
        }
      }
      await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url, on: { proxyReq } })))
      expect((await ask(app.port, '/')).status).toBe(200)
      expect([codes, far.requests[0]!.rawHeaders.join('\n')]).toEqual([
        [code],
        expect.not.stringMatching(/x-b|chunked|x-user/),
      ])
    },
  )

  it('H-062 a field that on.proxyReq sets leaves no alias of it with underscores', async () => {
    await using far = await upstream()
    const proxyReq = (request: { setHeader(name: string, value: string): unknown }): unknown =>
      request.setHeader('x-user', 'me')
    await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url, on: { proxyReq } })))
    await raw(app.port, 'GET / HTTP/1.1\r\nHost: a\r\nX_User: root\r\nConnection: close\r\n\r\n')
    expect(far.requests[0]!.headers).toMatchObject({ 'x-user': 'me' })
    expect(far.requests[0]!.headers['x_user']).toBeUndefined()
  })

  it.each(['GET', 'HEAD'])('H-092 on.proxyRes can’t change how the reply to a %s is framed', async (method) => {
    await using far = await upstream((_req, res) => res.setHeader('content-length', 3).end('far'))
    const framing = {
      'content-length': '999',
      'transfer-encoding': 'chunked',
      connection: 'x-added',
      trailer: 'x-added',
    }
    const proxyRes = (reply: { headers: Record<string, unknown> }): unknown =>
      Object.assign(reply.headers, framing, { 'keep-alive': 'timeout=9', upgrade: 'h2c', 'x-added': 'a' })
    await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url, on: { proxyRes } })))
    const { text } = await raw(app.port, `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    expect(text).toMatch(/content-length: 3\r\n/i)
    expect(text).not.toMatch(/transfer-encoding|trailer|keep-alive|upgrade|connection: x/i)
    expect(text.endsWith(method === 'GET' ? '\r\n\r\nfar' : '\r\n\r\n')).toBe(true)
  })

  it('on.proxyRes without selfHandleResponse is told that the body is not to be read', async () => {
    await using far = await upstream((_req, res) => res.end('far'))
    const proxyRes = (reply: NodeJS.ReadableStream, _req: unknown, res: NodeJS.WritableStream): unknown =>
      reply.pipe(res)
    await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url, on: { proxyRes } })))
    expect((await ask(app.port, '/')).body).toBe('500 ERR_EDGE_BODY_USED\n')
  })

  it('H-090 a reply that dies while on.proxyRes passes it on is broken, never whole', async () => {
    await using far = await faultyUpstream('reset-at')
    const proxy = createProxyMiddleware({
      target: far.url,
      selfHandleResponse: true,
      on: { proxyRes: (reply, _req, res) => reply.pipe(res) },
    })
    await using app = await serving((app) => app.use(proxy))
    await expect(ask(app.port, '/')).rejects.toThrow()
  })

  it('a hook that throws over a reply that goes on for ever lets go of the target', async () => {
    await using far = await upstream((_req, res) => void res.write('begun'))
    await using app = await serving((app) =>
      app.use(createProxyMiddleware({ target: far.url, on: { proxyRes: boom } })),
    )
    expect((await ask(app.port, '/')).body).toBe('framework: boom')
    await vi.waitFor(() => expect(far.requests[0]!.outcome).toBe('aborted'))
  })

  it('a hook that answers without reading the reply lets go of the target', async () => {
    await using far = await upstream(
      (_req, res) => void res.writeHead(200, { 'content-length': '1000000' }).write('begun'),
    )
    const proxy = createProxyMiddleware({
      target: far.url,
      selfHandleResponse: true,
      on: { proxyRes: (_reply, _req, res) => res.end('mine') },
    })
    await using app = await serving((app) => app.use(proxy))
    expect((await ask(app.port, '/')).body).toBe('mine')
    await vi.waitFor(() => expect(far.requests[0]!.outcome).toBe('aborted'))
  })

  it('what an interceptor that fails was lent is no part of the answer; cookies are sent once', async () => {
    await using far = await upstream((_req, res) =>
      res.setHeader('set-cookie', 'a=1').setHeader('x-far', '1').end('far'),
    )
    const replies: unknown[] = []
    for (const interceptor of [boom, async () => 'made']) {
      const proxy = createProxyMiddleware({
        target: far.url,
        selfHandleResponse: true,
        on: { proxyRes: responseInterceptor(interceptor) },
      })
      await using app = await serving((app) => {
        app.use((_req, res, next) => {
          res.cookie('own', '1')
          next()
        }, proxy)
      })
      const { status, headers } = await ask(app.port, '/')
      replies.push([status, headers['x-far'], headers['set-cookie']])
    }
    expect(replies).toEqual([
      [500, undefined, ['own=1; Path=/']],
      [200, '1', ['own=1; Path=/', 'a=1']],
    ])
  })

  it('an interceptor that fails leaves the framework the status it had', async () => {
    await using far = await upstream((_req, res) => res.writeHead(404).end('far'))
    const proxy = createProxyMiddleware({
      target: far.url,
      selfHandleResponse: true,
      on: { proxyRes: responseInterceptor(boom) },
    })
    await using app = await serving((app) => {
      app.use(proxy)
      app.use(((_error, _req, res, _next) => {
        res.end('handled')
      }) satisfies express.ErrorRequestHandler)
    })
    const { status, body } = await ask(app.port, '/')
    expect([status, body]).toEqual([200, 'handled'])
  })

  it('an interceptor is not asked for a HEAD, and one that a client leaves lets go of the target', async () => {
    await using far = await upstream((req, res) => (req.method === 'HEAD' ? res.end() : res.write('begun')))
    const interceptor = vi.fn(async (body: Buffer) => body)
    const proxy = createProxyMiddleware({
      target: far.url,
      selfHandleResponse: true,
      on: { proxyRes: responseInterceptor(interceptor) },
    })
    await using app = await serving((app) => app.use(proxy))
    expect((await ask(app.port, '/', { method: 'HEAD' })).status).toBe(200)
    const leaving = new AbortController()
    const left = ask(app.port, '/', { signal: leaving.signal })
    await vi.waitFor(() => expect(far.hits).toBe(2))
    leaving.abort()
    await expect(left).rejects.toThrow()
    await vi.waitFor(() => expect(far.requests[1]!.outcome).toBe('aborted'))
    expect(interceptor).not.toHaveBeenCalled()
  })

  it('start, end and econnreset tell of an exchange', async () => {
    await using far = await upstream((req, res) => (req.url === '/slow' ? undefined : res.end('far')))
    const told: string[] = []
    const proxy = createProxyMiddleware({
      target: far.url,
      on: {
        start: (req) => told.push(`start ${req.url}`),
        end: (req, _res, proxyRes) => told.push(`end ${req.url} ${proxyRes.statusCode}`),
        econnreset: (error, req) => told.push(`left ${req.url} ${(error as EdgeError).code}`),
        error: () => told.push('error'),
      },
    })
    await using app = await serving((app) => app.use(proxy))
    await ask(app.port, '/a')
    const leaving = new AbortController()
    const left = ask(app.port, '/slow', { signal: leaving.signal })
    await vi.waitFor(() => expect(far.hits).toBe(2))
    leaving.abort()
    await expect(left).rejects.toThrow()
    await vi.waitFor(() => expect(told).toHaveLength(4))
    expect(told).toEqual(['start /a', 'end /a 200', 'start /slow', 'left /slow ERR_EDGE_CLIENT_CLOSED'])
  })

  it('fixRequestBody leaves what it can’t write out again, which is refused then', async () => {
    await using far = await upstream()
    await using app = await serving((app) => {
      app.use(express.urlencoded({ extended: true }))
      app.use(createProxyMiddleware({ target: far.url, on: { proxyReq: fixRequestBody } }))
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const reply = await ask(app.port, '/', { method: 'POST', headers, body: 'a=1&a=2' })
    expect([reply.status, far.hits]).toEqual([500, 0])
  })
})
