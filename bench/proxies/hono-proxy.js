// hono/proxy (the global fetch) on @hono/node-server.

import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { proxy } from 'hono/proxy'

/** @param {{ endpoints: string[] }} options */
export function createProxy({ endpoints }) {
  const app = new Hono()
  let turn = 0
  app.all('*', ({ req }) => {
    turn = (turn + 1) % endpoints.length
    return proxy(endpoints[turn] + req.url.slice(req.url.indexOf('/', 8)), { raw: req.raw })
  })
  return createAdaptorServer({ fetch: app.fetch })
}
