/** What an application in strict TypeScript writes: everything of the public surface that has a type of its own. */
export const consumer = `
import http from 'node:http'
import express from 'express'
import { Hono } from 'hono'
import Koa from 'koa'
import Fastify from 'fastify'
import {
  anyOf, apiKey, attachUpgrade, type Balancer, compose, createGateway, createHealthMonitor, createPool, defineFilter, EdgeError,
  type EdgeErrorCode, type Endpoint, type Exchange, exchangeOf, type Filter, forward, type Gateway, handOver, type Handler,
  httpProxy, jwt, keepRawBody, leastConnections, type Outcome, type Pool, principalOf, random, reply, roundRobin, stateKey, tcpProbe, undici,
} from 'edgewise'
import { toExpress } from 'edgewise/express'
import { toFastify } from 'edgewise/fastify'
import { toHono } from 'edgewise/hono'
import { toKoa } from 'edgewise/koa'
import { toNode } from 'edgewise/node'

const maybe: string | undefined = process.env['VIA']
const pool: Pool = createPool({
  name: 'users',
  endpoints: ['http://127.0.0.1:1', { url: new URL('http://127.0.0.1:2'), weight: 2 }, { handler: async () => reply(200) }],
  balancer: leastConnections(),
  health: { active: { path: '/healthz', intervalMs: 2_000, rise: 2, fall: 3, status: [200] }, passive: { failures: 2 } },
  // undefined counts as absent, also under exactOptionalPropertyTypes
  maxConnections: undefined,
})
const other: Balancer<Endpoint>[] = [roundRobin(), random()]
const tenant = stateKey<{ readonly id: string }>('tenant')
const identify: Filter = defineFilter({ filterName: 'identify', stage: 'guard' }, async (exchange, next) => {
  exchange.set(tenant, { id: exchange.client.address })
  exchange.onSettled((outcome: Outcome) => console.log(outcome.termination.who, outcome.bytes.out))
  return next(exchange.with({ wire: '/v2' + exchange.target.path }))
})
const handler: Handler = compose(
  identify,
  forward({ pool, via: maybe, transport: httpProxy({ agent: new http.Agent() }), pathRewrite: { '^/old': '/new' } }),
)
const tokens = jwt<{ readonly tenant: string }>({ jwksUri: 'https://login.example.com/jwks.json' })
const showPost: Handler<{ id: string; post: string }> = async ({ params }) => reply(200, params.id + params.post)
const gateway: Gateway = createGateway({
  trustedProxies: ['loopback'],
  routes: [
    { path: '/users/:id/posts/:post', handler: compose(identify, showPost) },
    {
      path: '/users/:id/**',
      filters: [anyOf(tokens, apiKey({ keys: { key: { id: 'acme' } } }))],
      handler: async (exchange) => {
        const tenant: string | undefined = principalOf(exchange, tokens)?.claims.tenant
        return reply(200, exchange.params.id.concat(exchange.params[0], tenant ?? ''))
      },
    },
    { path: '/users/:id', methods: ['GET'], hosts: undefined, handler },
    { path: '/**', handler: forward({ pool, transport: undici({ keepAliveMs: 2_000 }) }) },
  ],
})
const app = express()
app.use(express.json({ verify: keepRawBody }))
const middleware = toExpress(gateway, { base: '/api' })
app.use('/api', middleware)
app.use('/admin', toExpress(compose(identify, handOver()), { base: '/admin' }))
app.get('/admin', (req, res) => {
  const exchange: Exchange | undefined = exchangeOf(req)
  res.json(exchange?.get(tenant)?.id)
})
attachUpgrade(app.listen(0), middleware)
new Koa().use(toKoa(gateway, { base: '/api', direct: true }))
new Hono().use(toHono(gateway))
await Fastify().register(toFastify(gateway))
http.createServer(toNode(gateway))
createHealthMonitor({ probe: tcpProbe(), onChange: (endpoint, healthy) => console.log(endpoint.hostname, healthy) })
const code: EdgeErrorCode = 'ERR_EDGE_CONNECT'
const error: unknown = new EdgeError(code, 'refused')
if (error instanceof EdgeError && error.retryable) console.log(error.status, error.source)
await gateway.close({ graceMs: 1_000 })
await using last = createGateway({ routes: [] })
console.log(last.traffic.requests, other.length)

// What must not pass:
// @ts-expect-error a gateway has routes
createGateway({})
// @ts-expect-error there is no such option
createPool({ name: 'x', endpoints: [], healt: {} })
// @ts-expect-error an exchange is read-only
const change = (exchange: Exchange) => { exchange.method = 'PUT' }
// @ts-expect-error the path captures no such name
createGateway({ routes: [{ path: '/users/:id', handler: async ({ params }) => reply(200, params.name) }] })
// @ts-expect-error the token has no such claim
const who = (exchange: Exchange) => principalOf(exchange, tokens)?.claims.tennant
// @ts-expect-error a stage is one of four
defineFilter({ filterName: 'x', stage: 'early' }, async (exchange, next) => next(exchange))
`
