import { createServer } from 'node:http'
import { exchangeOf, handOver, reply } from 'edgewise'
import { toKoa } from 'edgewise/koa'
import Koa from 'koa'
import { describe, expect, it } from 'vitest'
import { eventually, sink, upstream } from '../support/index.js'
import { adapterContract } from './adapter-contract.js'
import { ask, forwarder, gatewayTo, said } from './contract/kit.js'
import { serve } from './harness/harness.js'
import { koa, mounted } from './harness/koa.js'

adapterContract(koa)

const log = { errors: [], finished: [] }

async function served(app: Koa, middleware: ReturnType<typeof toKoa>) {
  return serve(createServer(app.callback()), middleware, {}, log)
}

describe('koa: its own ways', () => {
  it('H-191 lets outer middleware see and change status, headers and body of a forwarded reply', async () => {
    await using far = await sink([
      'waitBody',
      'HTTP/1.1 404 Not\r\nContent-Type: text/x\r\nX-Far: 1\r\nContent-Length: 3\r\n\r\nfar',
    ])
    const middleware = toKoa(forwarder(far.url))
    const app = new Koa()
    app.use(async (ctx, next) => {
      await next()
      ctx.body = `${ctx.status} ${ctx.type} ${ctx.response.get('x-far')} ${ctx.length}`
      ctx.status = 410
      ctx.remove('x-far')
    })
    app.use(middleware)
    await using running = await served(app, middleware)
    const answer = await ask(running.port, '/x')
    expect([answer.status, answer.body.toString(), answer.header('x-far')]).toEqual([410, '404 text/x 1 3', undefined])
    await eventually(() => middleware.gateway.traffic.requests === 0)
  })

  it('H-191 lets an error page take the place of a reply that still streams, and ends the upstream’s work', async () => {
    await using far = await sink(['waitBody', 'HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nsecret', 'stall'])
    const middleware = toKoa(forwarder(far.url))
    const app = new Koa()
    app.use(async (ctx, next) => {
      await next()
      if (ctx.status === 500) {
        ctx.body = 'sorry'
        ctx.status = 500
      }
    })
    app.use(middleware)
    await using running = await served(app, middleware)
    expect((await ask(running.port, '/x')).body.toString()).toBe('sorry')
    await eventually(() => far.openConnections() === 0)
  })

  it('H-191 keeps Koa from naming a type that the reply did not name', async () => {
    await using far = await sink([
      'waitBody',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlong\r\n',
      20,
      '0\r\n\r\n',
    ])
    const middleware = toKoa(forwarder(far.url))
    await using running = await served(new Koa().use(middleware), middleware)
    const answer = await ask(running.port, '/x')
    expect([answer.header('content-type'), answer.body.toString()]).toEqual([undefined, 'long'])
  })

  it('H-190 H-191 works where mounts are nested, and finds the exchange by ctx', async () => {
    await using far = await upstream()
    const middleware = toKoa(forwarder(far.url), { base: '/a/b' })
    const app = new Koa().use(mounted('/a', async (ctx, next) => mounted('/b', middleware)(ctx, next)))
    await using running = await served(app, middleware)
    expect(said(await ask(running.port, '/a/b/x?y')).url).toBe('/x?y')
    expect((await ask(running.port, '/a/x')).status).toBe(404)
  })

  it('H-191 does not take app.proxy for its own trust', async () => {
    const middleware = toKoa(handOver())
    const app = new Koa({ proxy: true }).use(middleware)
    app.use((ctx) => {
      ctx.body = `${ctx.ip} ${exchangeOf(ctx)?.client.address}`
    })
    await using running = await served(app, middleware)
    expect((await ask(running.port, '/x', { fields: 'X-Forwarded-For: 1.2.3.4\r\n' })).body.toString()).toBe(
      '1.2.3.4 127.0.0.1',
    )
  })

  it('H-191 writes past Koa once where it must: the framework’s own answer does not follow', async () => {
    const middleware = toKoa(
      gatewayTo(async () => reply(205)),
      { direct: true },
    )
    await using running = await served(new Koa().use(middleware), middleware)
    const answer = await ask(running.port, '/x')
    expect([answer.status, answer.header('content-length'), answer.body.length]).toEqual([205, '0', 0])
  })
})
