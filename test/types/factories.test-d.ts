// Checked by `npm run types`: an expectation that does not hold is an error of its own.
import {
  type Balancer,
  cache,
  compose,
  compress,
  createPool,
  type EdgeError,
  type Endpoint,
  events,
  type Filter,
  forward,
  type Handler,
  leastConnections,
  rateLimit,
  reply,
  roundRobin,
  type StateKey,
  stateKey,
} from 'edgewise'
import { createProxyMiddleware } from 'edgewise/compat'
import { toExpress } from 'edgewise/express'
import { toFastify } from 'edgewise/fastify'
import { toHono } from 'edgewise/hono'
import { toKoa } from 'edgewise/koa'
import { toNode } from 'edgewise/node'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { same } from './equal.js'

declare const handler: Handler
declare const filter: Filter
const maybe = undefined as number | undefined

// `undefined` counts as absent, whatever the compiler's options.
const pool = createPool({ name: 'a', endpoints: ['http://a.test'], maxConnections: maybe, queue: { limit: maybe } })
forward({ pool, firstByteTimeoutMs: maybe, retry: false })
rateLimit({ limit: 10, windowMs: 1_000, burst: maybe })
// @ts-expect-error a pool has a name
createPool({ endpoints: [] })
// @ts-expect-error misspelt
createPool({ name: 'a', endpoint: [] })
// @ts-expect-error a duration is a number of milliseconds
createPool({ name: 'a', endpoints: [], slowStartMs: '10s' })
// @ts-expect-error misspelt within
createPool({ name: 'a', endpoints: [], health: { active: { path: '/', interval: 5 } } })
// @ts-expect-error a pool, or a URL in front
forward({ changeOrigin: true })
// @ts-expect-error one of a few words
rateLimit({ limit: 10, windowMs: 1_000, algorithm: 'leaky-bucket' })
// @ts-expect-error misspelt
compress({ treshold: 5 })
// @ts-expect-error no such option
cache({ ttl: 5 })
// @ts-expect-error a URL or options
createProxyMiddleware('http://a.test')

compose(handler)
compose(filter, filter, handler)
// @ts-expect-error a handler is the last
compose(handler, filter)
// @ts-expect-error something answers
compose()
const late: Filter = async (exchange, next) => next(exchange)
// @ts-expect-error a filter gives a reply
const forgets: Filter = async (exchange, next) => void (await next(exchange))
// @ts-expect-error a handler gives a promise
const early: Handler = () => reply(200)

const ofEndpoints: Balancer<Endpoint> = roundRobin()
const ofWorkers = leastConnections<{ name: string; weight: number; inFlight: number; pid: number }>()
ofWorkers.rebuild([{ name: 'a', weight: 1, inFlight: 0, pid: 5 }])
// @ts-expect-error what it balances has a weight
leastConnections<{ name: string }>()

const tenant: StateKey<{ readonly id: string }> = stateKey('tenant')
events.on('endpoint', ({ pool: name, change }) => {
  same<typeof name, string>()
  // @ts-expect-error not one of the changes
  if (change === 'vanished') return
})
// @ts-expect-error no such event
events.on('endpoints', () => {})
export const isOption = (error: EdgeError): boolean => error.code === 'ERR_EDGE_OPTION'
// @ts-expect-error no such code
export const isOther = (error: EdgeError): boolean => error.code === 'ERR_EDGE_OPTIONS'

express().use('/api', toExpress(handler, { base: '/api' }))
new Koa().use(toKoa(handler, { base: '/api', direct: true }))
new Hono().use(toHono(handler))
Fastify().register(toFastify(handler))
toNode(handler)
// @ts-expect-error only Koa and Hono have another way
toExpress(handler, { direct: true })
// @ts-expect-error a path
toNode(handler, { base: 5 })

export { early, forgets, late, ofEndpoints, tenant }
