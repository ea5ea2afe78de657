import { createServer } from 'node:http'
import { type Exchange, exchangeOf, handOver, keepRawBody, reply } from 'edgewise'
import { toExpress } from 'edgewise/express'
import type express from 'express'
import { describe, expect, it } from 'vitest'
import { upstream } from '../support/index.js'
import { ask, forwarder, gatewayTo, said } from './contract/kit.js'
import { serve } from './harness/harness.js'

const log = { errors: [], finished: [] }

/** What only Express has: routers in routers, parsers, its own header. */
export function expressSpecific(name: string, framework: typeof express): void {
  describe(`${name}: its own ways`, () => {
    it('H-190 works in a router in a router, and gives url and baseUrl back as they were', async () => {
      await using far = await upstream()
      const middleware = toExpress(
        gatewayTo(forwarder(far.url), { routes: [{ path: '/users/**', handler: forwarder(far.url) }] }),
        { base: '/a/b' },
      )
      const inner = framework.Router().use('/b', middleware)
      const app = framework().use('/a', inner)
      app.use(
        (req, res) => void res.json({ app: true, url: req.url, baseUrl: req.baseUrl, originalUrl: req.originalUrl }),
      )
      await using served = await serve(createServer(app), middleware, {}, log)
      expect(said(await ask(served.port, '/a/b/users/1?x')).url).toBe('/users/1?x')
      expect(said(await ask(served.port, '/a/b/other?x'))).toEqual({
        app: true,
        url: '/a/b/other?x',
        baseUrl: '',
        originalUrl: '/a/b/other?x',
      })
    })

    it('H-190 does not mind how the mount was written: case and a slash at its end', async () => {
      await using far = await upstream()
      const middleware = toExpress(forwarder(far.url), { base: '/api/' })
      await using served = await serve(createServer(framework().use('/API/', middleware)), middleware, {}, log)
      expect(said(await ask(served.port, '/api/x')).url).toBe('/x')
      expect((await ask(served.port, '/API/x')).status).toBe(404)
    })

    it('H-190 fails where a pattern mounts it at many places, of which base is one', async () => {
      const middleware = toExpress(async () => reply(200, 'ok'), { base: '/acme' })
      const app = framework().use('/:tenant', middleware)
      app.use(
        ((error, _req, res, _next) =>
          void res.status(500).json({ code: error.code })) satisfies express.ErrorRequestHandler,
      )
      await using served = await serve(createServer(app), middleware, {}, log)
      expect((await ask(served.port, '/acme/x')).body.toString()).toBe('ok')
      expect(said(await ask(served.port, '/other/x'))).toEqual({ code: 'ERR_EDGE_BASE_MISMATCH' })
    })

    it('H-190 leaves res.locals, and goes on exactly once', async () => {
      let passed = 0
      let exchange: Exchange | undefined
      const middleware = toExpress(handOver())
      const app = framework()
      app.use((_req, res, next) => {
        res.locals['user'] = 'me'
        next()
      }, middleware)
      app.use((req, res) => {
        passed++
        exchange = exchangeOf(req)
        res.send(res.locals['user'])
      })
      await using served = await serve(createServer(app), middleware, {}, log)
      expect((await ask(served.port, '/x')).body.toString()).toBe('me')
      expect(passed).toBe(1)
      expect(exchange?.target.path).toBe('/x')
    })

    it('adds its own header to a forwarded reply', async () => {
      await using far = await upstream()
      const middleware = toExpress(forwarder(far.url))
      await using served = await serve(createServer(framework().use(middleware)), middleware, {}, log)
      expect((await ask(served.port, '/x')).header('x-powered-by')).toBe('Express')
    })

    it.each([
      { type: 'application/json', body: '{"a": 1, "a": 2}', parser: () => framework.json({ verify: keepRawBody }) },
      {
        type: 'application/x-www-form-urlencoded',
        body: 'a=1&a=2&b=%20',
        parser: () => framework.urlencoded({ extended: true, verify: keepRawBody }),
      },
      { type: 'application/octet-stream', body: 'raw\n', parser: () => framework.raw({ verify: keepRawBody }) },
    ])('H-029 forwards the bytes of $type that a parser kept, as they came', async ({ type, body, parser }) => {
      await using far = await upstream()
      const middleware = toExpress(forwarder(far.url))
      await using served = await serve(createServer(framework().use(parser(), middleware)), middleware, {}, log)
      const { headers, ...sent } = said(
        await ask(served.port, '/x', { method: 'POST', fields: `Content-Type: ${type}\r\n`, body }),
      )
      expect(sent.body).toBe(body)
      expect(headers).toMatchObject({ 'content-type': type, 'content-length': String(body.length) })
    })

    it('H-029 forwards a body of a type that the parser leaves alone', async () => {
      await using far = await upstream()
      const middleware = toExpress(forwarder(far.url))
      await using served = await serve(createServer(framework().use(framework.json(), middleware)), middleware, {}, log)
      expect(
        said(await ask(served.port, '/x', { method: 'POST', fields: 'Content-Type: text/csv\r\n', body: 'a,b' })).body,
      ).toBe('a,b')
    })
  })
}
