import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { EdgeError, reply } from 'edgewise'
import { toHono } from 'edgewise/hono'
import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'
import { cors } from 'hono/cors'
import { secureHeaders } from 'hono/secure-headers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { sink, upstream } from '../support/index.js'
import { adapterContract } from './adapter-contract.js'
import { ask, forwarder, gatewayTo, said } from './contract/kit.js'
import { serve } from './harness/harness.js'
import { hono } from './harness/hono.js'

// @hono/node-server reports every broken reply there.
beforeAll(() => void vi.spyOn(console, 'error').mockImplementation(() => {}))
afterAll(() => void vi.restoreAllMocks())

adapterContract(hono)

async function served(app: Hono, middleware: ReturnType<typeof toHono>) {
  return serve(createAdaptorServer({ fetch: app.fetch }) as Server, middleware, {}, { errors: [], finished: [] })
}

describe('hono: its own ways', () => {
  it('H-192 says what is missing where the app is not served by @hono/node-server', async () => {
    let error: unknown
    const app = new Hono().use(toHono(async () => reply(200)))
    app.onError((thrown, c) => {
      error = thrown
      return c.text('no', 500)
    })
    expect((await app.request('/x')).status).toBe(500)
    expect(error).toBeInstanceOf(EdgeError)
    expect(error).toMatchObject({ code: 'ERR_EDGE_OPTION', message: expect.stringContaining('@hono/node-server') })
  })

  it('H-192 H-071 keeps the reply’s cookies beside those of middleware that touched c.res before', async () => {
    await using far = await sink([
      'waitBody',
      'HTTP/1.1 200 OK\r\nSet-Cookie: login=1\r\nVary: accept\r\nContent-Length: 2\r\n\r\nok',
    ])
    const middleware = toHono(forwarder(far.url))
    const app = new Hono().use(cors(), secureHeaders(), async (c, next) => {
      setCookie(c, 'session', '1')
      await next()
      setCookie(c, 'late', '1')
    })
    app.use(middleware)
    await using running = await served(app, middleware)
    const answer = await ask(running.port, '/x', { fields: 'Origin: http://b\r\n' })
    const cookies = answer.headers
      .filter(([name]) => name.toLowerCase() === 'set-cookie')
      .map(([, value]) => value.split(';')[0])
    expect(cookies.sort()).toEqual(['late=1', 'login=1', 'session=1'])
    expect(answer.header('access-control-allow-origin')).toBe('*')
    expect(answer.header('x-content-type-options')).toBe('nosniff')
  })

  it('H-192 keeps them on what is written past Hono, too, once', async () => {
    const middleware = toHono(gatewayTo(async () => reply(999, 'odd', { 'set-cookie': 'login=1' })))
    const app = new Hono().use(cors(), secureHeaders(), async (c, next) => {
      setCookie(c, 'session', '1')
      await next()
      c.header('x-late', '1')
    })
    app.use(middleware)
    await using running = await served(app, middleware)
    const answer = await ask(running.port, '/x', { fields: 'Origin: http://b\r\n' })
    expect([answer.status, answer.body.toString()]).toEqual([999, 'odd'])
    expect(answer.header('set-cookie')).toMatch(/^login=1, session=1/)
    expect(answer.header('access-control-allow-origin')).toBe('*')
  })

  it('H-192 reads the raw target, not the one Hono decoded for its own routes', async () => {
    await using far = await upstream()
    const middleware = toHono(forwarder(far.url), { base: '/api' })
    const sub = new Hono().use(middleware)
    await using running = await served(new Hono().route('/api', sub), middleware)
    expect(said(await ask(running.port, '/%61pi/%7euser/%2541?x=%2F')).url).toBe('/~user/%2541?x=%2F')
    expect((await ask(running.port, '/api/x%2fy')).status).toBe(400)
  })

  it('H-192 lets a reply be changed by what the app puts in its place', async () => {
    await using far = await sink(['waitBody', 'HTTP/1.1 500 No\r\nContent-Length: 6\r\n\r\nsecret'])
    const middleware = toHono(forwarder(far.url))
    const app = new Hono().use(async (c, next) => {
      await next()
      if (c.res.status === 500) c.res = new Response('sorry', { status: 503 })
    })
    app.use(middleware)
    await using running = await served(app, middleware)
    const answer = await ask(running.port, '/x')
    expect([answer.status, answer.body.toString()]).toEqual([503, 'sorry'])
  })
})
