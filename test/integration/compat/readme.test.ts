import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { gzipSync } from 'node:zlib'
import express from 'express'
import { describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { upstream, wsEcho } from '../../support/index.js'
import { ask } from '../client.js'
import { listening, packages, serving } from './serving.js'

// The examples of http-proxy-middleware's README, section by section, by that package and by ours.
describe.each(packages)('README of http-proxy-middleware, by %s', (_name, proxies) => {
  const { createProxyMiddleware, fixRequestBody, responseInterceptor } = proxies

  it('TL;DR: keeps the same base path', async () => {
    await using far = await upstream()
    const proxy = createProxyMiddleware({ target: `${far.url}/api`, changeOrigin: true })
    await using app = await serving((app) => app.use('/api', proxy))
    expect((await ask(app.port, '/api/foo/bar?a=1')).status).toBe(200)
    expect(far.requests[0]).toMatchObject({ url: '/api/foo/bar?a=1', headers: { host: new URL(far.url).host } })
  })

  it('Basic usage: a listener of node:http by itself; without changeOrigin the client’s Host', async () => {
    await using far = await upstream()
    const proxy = createProxyMiddleware({ target: far.url })
    await using app = await listening(createServer((req, res) => proxy(req, res)))
    expect((await ask(app.port, '/x', { headers: { host: 'www.example.org' } })).status).toBe(200)
    expect(far.requests[0]).toMatchObject({ url: '/x', headers: { host: 'www.example.org' } })
  })

  it('app.use(path, proxy): pathFilter narrows down what is proxied', async () => {
    await using far = await upstream()
    await using app = await serving((app) =>
      app.use(createProxyMiddleware({ target: `${far.url}/api`, pathFilter: '/api/proxy-only-this-path' })),
    )
    expect((await ask(app.port, '/api/proxy-only-this-path/x')).status).toBe(200)
    expect((await ask(app.port, '/api/other')).body).toBe('the application')
    expect(far.requests.map(({ url }) => url)).toEqual(['/api/api/proxy-only-this-path/x'])
  })

  it.each([
    ['/api', ['/api', '/api/x'], ['/other']],
    [['/api', '/ajax', '/someotherpath'], ['/ajax/x', '/someotherpath'], ['/other']],
    ['**', ['/', '/a/b'], []],
    ['**/*.html', ['/a.html', '/a/b.html'], ['/a.css']],
    ['/*.html', ['/a.html'], ['/a/b.html']],
    ['/api/**/*.html', ['/api/a/b.html', '/api/b.html'], ['/a.html', '/api/a.css']],
    [['/api/**', '/ajax/**'], ['/api/a', '/ajax/b'], ['/other/c']],
    [['/api/**', '!**/bad.json'], ['/api/good.json'], ['/api/bad.json', '/x/bad.json']],
    [(path: string, req: IncomingMessage) => Boolean(path.match('^/api')) && req.method === 'GET', ['/api/x'], ['/']],
  ])('pathFilter %j', async (pathFilter, ours, others) => {
    await using far = await upstream((_req, res) => res.end('far'))
    await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url, pathFilter })))
    for (const path of ours) expect([path, (await ask(app.port, path)).body]).toEqual([path, 'far'])
    for (const path of others) expect([path, (await ask(app.port, path)).body]).toEqual([path, 'the application'])
  })

  it.each([
    [{ '^/old/api': '/new/api' }, '/old/api/x?q=1', '/new/api/x?q=1'],
    [{ '^/remove/api': '' }, '/remove/api/x', '/x'],
    [{ '^/': '/basepath/' }, '/x', '/basepath/x'],
    [(path: string) => path.replace('/api', '/base/api'), '/api/x', '/base/api/x'],
    [async (path: string) => `${path}something`, '/x/', '/x/something'],
  ])('pathRewrite %j', async (pathRewrite, asked, sent) => {
    await using far = await upstream()
    await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url, pathRewrite })))
    expect((await ask(app.port, asked)).status).toBe(200)
    expect(far.requests[0]!.url).toBe(sent)
  })

  it('router: a table of hosts, paths and both, of which the first that matches counts', async () => {
    await using far = await upstream(undefined, { name: 'usual' })
    await using integration = await upstream(undefined, { name: 'host' })
    await using both = await upstream(undefined, { name: 'host and path' })
    await using rest = await upstream(undefined, { name: 'path' })
    const router = {
      'integration.localhost:3000': integration.url,
      'localhost:3000/api': both.url,
      '/rest': rest.url,
    }
    await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url, router })))
    const asked = async (host: string, path: string): Promise<unknown> =>
      (await ask(app.port, path, { headers: { host } })).headers['x-upstream']
    expect(await asked('integration.localhost:3000', '/api')).toBe('host')
    expect(await asked('localhost:3000', '/api/x')).toBe('host and path')
    expect(await asked('localhost:3000', '/rest/x')).toBe('path')
    expect(await asked('localhost:3000', '/x')).toBe('usual')
  })

  it('router: a function that says a URL, parts of one, or a promise of it', async () => {
    await using far = await upstream(undefined, { name: 'a' })
    await using other = await upstream(undefined, { name: 'b' })
    const routers = [
      () => other.url,
      () => ({ protocol: 'http:', host: '127.0.0.1', port: other.port }),
      async () => Promise.resolve(other.url),
    ]
    for (const router of routers) {
      await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url, router })))
      expect((await ask(app.port, '/')).headers['x-upstream']).toBe('b')
    }
  })

  it('logger: is told of each reply', async () => {
    await using far = await upstream()
    const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
    await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url, logger })))
    await ask(app.port, '/users/')
    await vi.waitFor(() => expect(logger.info).toHaveBeenCalled())
    expect(String(logger.info.mock.calls[0])).toMatch(/GET \/users\/ -> http:\/\/127\.0\.0\.1:.* \[200\]/)
  })

  it('on.error: a custom answer', async () => {
    const onError = vi.fn((_error, _req, res) => {
      res.writeHead(500, { 'Content-Type': 'text/plain' })
      res.end('Something went wrong. And we are reporting a custom error message.')
    })
    await using far = await upstream()
    const { url } = far
    await far.stop()
    await using app = await serving((app) => app.use(createProxyMiddleware({ target: url, on: { error: onError } })))
    const reply = await ask(app.port, '/')
    expect([reply.status, reply.body]).toEqual([
      500,
      'Something went wrong. And we are reporting a custom error message.',
    ])
    expect(onError.mock.calls[0]![0]).toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('on.proxyRes: adds and removes fields of the reply', async () => {
    await using far = await upstream((_req, res) => res.setHeader('x-removed', '1').end('far'))
    const proxyRes = (reply: { headers: Record<string, unknown> }): void => {
      reply.headers['x-added'] = 'foobar'
      delete reply.headers['x-removed']
    }
    await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url, on: { proxyRes } })))
    const { headers, body } = await ask(app.port, '/')
    expect([headers['x-added'], headers['x-removed'], body]).toEqual(['foobar', undefined, 'far'])
  })

  it('on.proxyReq: adds a field to the request', async () => {
    await using far = await upstream()
    const proxyReq = (request: { setHeader(name: string, value: string): unknown }): void => {
      request.setHeader('x-added', 'foobar')
    }
    await using app = await serving((app) => app.use(createProxyMiddleware({ target: far.url, on: { proxyReq } })))
    await ask(app.port, '/')
    expect(far.requests[0]!.headers['x-added']).toBe('foobar')
  })

  it('headers, auth, cookieDomainRewrite, cookiePathRewrite, hostRewrite', async () => {
    await using far = await upstream((_req, res) => {
      res.writeHead(302, {
        location: `${far.url}/there`,
        'set-cookie': ['a=1; Domain=old.domain; Path=/x', 'b=2; Domain=other.domain', 'c=3; Domain=unchanged.domain'],
      })
      res.end()
    })
    const proxy = createProxyMiddleware({
      target: far.url,
      headers: { 'x-extra': 'with {braces}' },
      auth: 'user:password',
      cookieDomainRewrite: { 'unchanged.domain': 'unchanged.domain', 'old.domain': 'new.domain', '*': '' },
      cookiePathRewrite: '/newPath',
      hostRewrite: 'www.example.org:8443',
      protocolRewrite: 'https',
    })
    await using app = await serving((app) => app.use(proxy))
    const { headers } = await ask(app.port, '/')
    expect(far.requests[0]!.headers).toMatchObject({
      'x-extra': 'with {braces}',
      authorization: 'Basic dXNlcjpwYXNzd29yZA==',
    })
    expect(headers['location']).toBe('https://www.example.org:8443/there')
    expect(headers['set-cookie']).toEqual([
      'a=1; Domain=new.domain; Path=/newPath',
      'b=2',
      'c=3; Domain=unchanged.domain',
    ])
  })

  it('WebSocket, the verbose way: ws: true, after one request', async () => {
    await using far = await wsEcho()
    await using app = await serving((app) =>
      app.use(createProxyMiddleware({ pathFilter: '/chat', target: far.url.replace('ws:', 'http:'), ws: true })),
    )
    expect((await ask(app.port, '/')).body).toBe('the application')
    expect(await echo(`ws://127.0.0.1:${app.port}/chat?room=1`)).toBe('hello')
    expect(far.requests.map(({ url }) => url)).toEqual(['/chat?room=1'])
  })

  it('WebSocket, by an external upgrade: without any request before', async () => {
    await using far = await wsEcho()
    const proxyReqWs = (request: { setHeader(name: string, value: string): unknown }): void => {
      request.setHeader('X-Special-Proxy-Header', 'foobar')
    }
    const proxy = createProxyMiddleware({ target: far.url, changeOrigin: true, on: { proxyReqWs } })
    await using app = await serving((app) => app.use(proxy))
    app.server.on('upgrade', proxy.upgrade)
    expect(await echo(`ws://127.0.0.1:${app.port}/chat`)).toBe('hello')
    expect(far.requests[0]!.headers).toMatchObject({
      host: new URL(far.url).host,
      'x-special-proxy-header': 'foobar',
    })
  })

  it('Fix POST request: fixRequestBody behind a body parser', async () => {
    await using far = await upstream(echoBody)
    await using app = await serving((app) => {
      app.use(express.json(), express.urlencoded())
      app.use(createProxyMiddleware({ target: far.url, on: { proxyReq: fixRequestBody } }))
    })
    const json = await ask(app.port, '/', { method: 'POST', headers: JSON_TYPE, body: '{ "a": 1 }' })
    expect(json.body).toBe('{"a":1}')
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await ask(app.port, '/', { method: 'POST', headers: form, body: 'a=1&b=%26' })).body).toBe('a=1&b=%26')
  })

  it('Modify POST request: changes the parsed body', async () => {
    await using far = await upstream(echoBody)
    const proxy = createProxyMiddleware<express.Request, express.Response>({
      target: far.url,
      changeOrigin: true,
      on: {
        proxyReq: (proxyReq, req) => {
          if (req.method !== 'POST' || !req.body) return
          req.body.injected = 'server-only'
          fixRequestBody(proxyReq, req)
        },
      },
    })
    await using app = await serving((app) => {
      app.use(express.json())
      app.use('/api', proxy)
    })
    const reply = await ask(app.port, '/api', { method: 'POST', headers: JSON_TYPE, body: '{"a":1}' })
    expect(JSON.parse(reply.body)).toEqual({ a: 1, injected: 'server-only' })
  })

  it.each([
    ['plain', (text: string) => [text, {}] as const],
    ['compressed', (text: string) => [gzipSync(text), { 'content-encoding': 'gzip' }] as const],
  ])('Intercept and manipulate responses: %s', async (_how, encode) => {
    const [bytes, fields] = encode('Hello, world')
    await using far = await upstream((_req, res) => res.writeHead(201, { ...fields, 'x-from': 'far' }).end(bytes))
    const proxy = createProxyMiddleware({
      target: far.url,
      selfHandleResponse: true,
      on: {
        proxyRes: responseInterceptor(async (buffer, proxyRes, _req, res) => {
          res.setHeader('x-seen', String(proxyRes.statusCode))
          res.removeHeader('x-from')
          return buffer.toString('utf8').replace('Hello', 'Goodbye')
        }),
      },
    })
    await using app = await serving((app) => app.use(proxy))
    const { status, headers, body } = await ask(app.port, '/')
    expect([status, body, headers['content-length']]).toEqual([201, 'Goodbye, world', '14'])
    expect([headers['x-seen'], headers['x-from'], headers['content-encoding']]).toEqual(['201', undefined, undefined])
  })

  it('selfHandleResponse: on.proxyRes answers by itself', async () => {
    await using far = await upstream((_req, res) => res.end('far'))
    const proxy = createProxyMiddleware({
      target: far.url,
      selfHandleResponse: true,
      on: {
        proxyRes: (proxyRes, _req, res) => {
          const chunks: Buffer[] = []
          proxyRes.on('data', (chunk: Buffer) => chunks.push(chunk))
          proxyRes.on('end', () => res.end(`my own, of ${Buffer.concat(chunks)}`))
        },
      },
    })
    await using app = await serving((app) => app.use(proxy))
    expect((await ask(app.port, '/')).body).toBe('my own, of far')
  })
})

const JSON_TYPE = { 'content-type': 'application/json' }

async function echoBody(req: AsyncIterable<Buffer>, res: { end(body: Buffer): unknown }): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  res.end(Buffer.concat(chunks))
}

async function echo(url: string): Promise<string> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  socket.send('hello')
  const [data] = await once(socket, 'message')
  socket.close()
  await once(socket, 'close')
  return String(data)
}
