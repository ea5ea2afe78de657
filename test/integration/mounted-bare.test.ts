import { createServer } from 'node:http'
import { compose, createGateway, forward, reply } from 'edgewise'
import express from 'express'
import express4 from 'express-4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { describe, expect, it, vi } from 'vitest'
import { ask } from './client.js'
import { listening } from './compat/serving.js'

const handlers = [
  ['forward()', forward('http://127.0.0.1:1')],
  [
    'compose()',
    compose(
      (exchange, next) => next(exchange),
      async () => reply(200),
    ),
  ],
] as const

describe.each(handlers)('%s without its adapter', (name, handler) => {
  const bare = handler as never
  const said = `${name} is a handler, and no middleware`

  it.each([
    ['Express 5', express],
    ['Express 4', express4 as unknown as typeof express],
  ])('is an error of %s, where it would hang', async (_name, framework) => {
    const app = framework()
    app.use('/api', bare)
    app.use(((error, _req, res, _next) => {
      res.status(500).send((error as Error).message)
    }) satisfies express.ErrorRequestHandler)
    await using server = await listening(createServer(app))
    const answer = await ask(server.port, '/api/x')
    expect([answer.status, answer.body]).toEqual([500, expect.stringContaining(said)])
  })

  it('is an error of Koa, Hono and Fastify', async () => {
    const koa = new Koa()
    koa.use(bare)
    const told: string[] = []
    koa.on('error', (error: Error) => told.push(error.message))
    await using server = await listening(createServer(koa.callback()))
    expect((await ask(server.port, '/')).status).toBe(500)
    const hono = new Hono().use(bare)
    hono.onError((error, c) => {
      told.push(error.message)
      return c.text('no', 500)
    })
    expect((await hono.request('/')).status).toBe(500)
    const fastify = Fastify()
    fastify.get('/', bare)
    const answer = await fastify.inject('/')
    told.push(answer.body)
    expect(answer.statusCode).toBe(500)
    expect(told).toEqual([expect.stringContaining(said), expect.stringContaining(said), expect.stringContaining(said)])
  })

  it('is a 500 and a warning of Node, whose process goes on', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    await using server = await listening(createServer(bare))
    expect((await ask(server.port, '/')).status).toBe(500)
    expect((await ask(server.port, '/')).status).toBe(500)
    expect(warned.mock.calls[0]).toEqual([expect.stringContaining(said)])
    warned.mockRestore()
  })

  it('goes on to be a handler of a gateway', () => {
    expect(() => createGateway({ routes: [{ path: '/**', handler }] })).not.toThrow()
  })
})
