import { createServer } from 'node:http'
import { attachUpgrade, type Gateway, type Handler } from 'edgewise'
import { toExpress } from 'edgewise/express'
import { toFastify } from 'edgewise/fastify'
import { toHono } from 'edgewise/hono'
import { toKoa } from 'edgewise/koa'
import { toNode } from 'edgewise/node'
import express, { type RequestHandler } from 'express'
import fastify, { type FastifyPluginCallback } from 'fastify'
import { Hono, type MiddlewareHandler } from 'hono'
import Koa, { type Middleware } from 'koa'
import { describe, expectTypeOf, it } from 'vitest'

declare const gateway: Gateway
declare const handler: Handler

describe('an adapter', () => {
  it('gives Express what it takes for middleware, in its application and its routers', () => {
    expectTypeOf(toExpress(gateway)).toExtend<RequestHandler>()
    express()
      .use(toExpress(handler))
      .use('/api', toExpress(gateway, { base: '/api' }))
      .get('/x', toExpress(handler))
    express.Router().use(toExpress(handler))
  })

  it('gives Koa its own', () => {
    expectTypeOf(toKoa(gateway)).toExtend<Middleware>()
    new Koa().use(toKoa(handler, { direct: true }))
  })

  it('gives Hono its own', () => {
    expectTypeOf(toHono(gateway)).toExtend<MiddlewareHandler>()
    new Hono().use(toHono(gateway)).use('/api/*', toHono(handler, { base: '/api' }))
  })

  it('gives Fastify a plugin', async () => {
    expectTypeOf(toFastify(gateway)).toExtend<FastifyPluginCallback>()
    await fastify().register(toFastify(handler, { base: '/api' }))
  })

  it('gives Node a listener', () => {
    createServer(toNode(gateway))
  })

  it('lets upgrades in, and closes its gateway', () => {
    for (const made of [toExpress(gateway), toKoa(gateway), toHono(gateway), toFastify(gateway), toNode(gateway)]) {
      attachUpgrade(createServer(), made)
      expectTypeOf(made.close({ graceMs: 1 })).toEqualTypeOf<Promise<void>>()
    }
  })

  it('takes no options of another', () => {
    // @ts-expect-error
    toExpress(gateway, { direct: true })
    // @ts-expect-error
    toNode(gateway, { base: 1 })
    // @ts-expect-error
    toKoa()
  })
})
