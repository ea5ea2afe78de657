// Edgewise's gateway in each framework, and beside it the framework alone: what it costs to answer the same 90 bytes by itself.

import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { toExpress } from '../../dist/adapters/express.js'
import { toFastify } from '../../dist/adapters/fastify.js'
import { toHono } from '../../dist/adapters/hono.js'
import { toKoa } from '../../dist/adapters/koa.js'
import { SMALL_BODY } from './payload.js'

const FIELDS = { 'content-type': 'application/json', 'cache-control': 'private, max-age=30', vary: 'Accept-Encoding' }

/** For each framework, a server of a gateway, or of the framework alone where there is none. */
export const IN = {
  express(gateway) {
    const app = express()
    if (gateway !== undefined) app.use(toExpress(gateway))
    else app.use((_request, response) => void response.set(FIELDS).send(SMALL_BODY))
    return createServer(app)
  },
  koa(gateway) {
    const app = new Koa()
    if (gateway !== undefined) app.use(toKoa(gateway))
    else
      app.use((context) => {
        context.set(FIELDS)
        context.body = SMALL_BODY
      })
    return createServer(app.callback())
  },
  hono(gateway) {
    const app = new Hono()
    if (gateway !== undefined) app.use(toHono(gateway))
    else app.use((context) => context.body(SMALL_BODY, 200, FIELDS))
    return createServer(getRequestListener(app.fetch))
  },
  async fastify(gateway) {
    const app = Fastify()
    if (gateway !== undefined) await app.register(toFastify(gateway))
    else app.all('/*', (_request, reply) => reply.headers(FIELDS).send(SMALL_BODY))
    await app.ready()
    return app.server
  },
}
