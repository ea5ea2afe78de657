import { fastify } from './harness/fastify.js'
import { hono } from './harness/hono.js'
import { koa } from './harness/koa.js'
import { node } from './harness/node.js'
import { http2Contract } from './http2-contract.js'

// Express has no such row: its own request crashes on node:http2 (docs/http2.md shows the way around).
http2Contract(node)
http2Contract(koa)
http2Contract(koa, { direct: true })
http2Contract(hono)
http2Contract(hono, { direct: true })
http2Contract(fastify)
