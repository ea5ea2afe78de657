import { METHODS } from 'node:http'
import { compose, createGateway, createPool, EventHub, http1, ipRules, metrics, metricsPage, reply } from 'edgewise'
import { Gauge, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { fastify } from '../../adapters/harness/fastify.js'
import { hono } from '../../adapters/harness/hono.js'
import { koa } from '../../adapters/harness/koa.js'
import { node } from '../../adapters/harness/node.js'
import {
  eventually,
  faultyUpstream,
  h2Client,
  nextMessage,
  raw,
  upstream,
  wsConnect,
  wsEcho,
} from '../../support/index.js'
import { parseScrape } from '../../support/scrape.js'
import { ask, load } from '../client.js'
import { type FrontOptions, gatewayOver, transports } from '../front.js'

/** A gateway over endpoints whose metrics are kept. */
async function measured(endpoints: Parameters<typeof gatewayOver>[1], options: FrontOptions = {}, make = http1) {
  const front = await gatewayOver(make(), endpoints, { record: false, ...options })
  const register = new Registry()
  const { hub: events, pool, gateway, server } = front
  const kept = metrics({ register, events, pools: [pool], gateways: [gateway], servers: [server] })
  return {
    front,
    register,
    kept,
    scrape: async () => parseScrape(await register.metrics()),
    async [Symbol.asyncDispose]() {
      kept.close()
      await front[Symbol.asyncDispose]()
    },
  }
}

describe.each(transports)('metrics over %s', (_name, make) => {
  it('tell of retries, failures, attempts by endpoint, and who is out', async () => {
    await using far = await upstream()
    await using refusing = await faultyUpstream('refuse')
    const endpoints = [
      { url: refusing.url, name: 'bad' },
      { url: far.url, name: 'good' },
    ]
    await using it = await measured(endpoints, {}, make)
    expect(await load(it.front.port, 20, { concurrency: 1 })).toEqual({ '200': 20 })
    await it.front.atRest()
    const { value } = await it.scrape()
    expect([
      value('edgewise_requests_total', { route: '/**', method: 'GET', code: '200' }),
      value('edgewise_attempts_total', { endpoint: 'good', result: '2xx' }),
      value('edgewise_attempts_total', { endpoint: 'bad', result: 'ERR_EDGE_CONNECT' }),
      value('edgewise_retries_total', { pool: 'test', reason: 'ERR_EDGE_CONNECT' }),
      value('edgewise_ejections_total', { pool: 'test' }),
      value('edgewise_endpoint_up', { endpoint: 'bad' }),
      value('edgewise_endpoint_state', { endpoint: 'bad', state: 'ejected' }),
      value('edgewise_endpoint_failures_total', { endpoint: 'bad' }),
    ]).toEqual([20, 20, 1, 1, 1, 0, 1, 1])
    expect(value('edgewise_attempt_first_byte_seconds_count', { pool: 'test' })).toBe(20)
    expect(value('edgewise_endpoint_latency_seconds', { endpoint: 'good', quantile: '0.95' })).toBeGreaterThan(0)
  })

  it('tell of waits for an endpoint', async () => {
    const gate = Promise.withResolvers<void>()
    await using far = await upstream(async (_request, response) => {
      await gate.promise
      response.end('ok')
    })
    await using it = await measured([far.url], { pool: { maxConnections: 1, queue: { limit: 1 } } }, make)
    const first = ask(it.front.port, '/')
    await eventually(() => far.hits === 1)
    const second = ask(it.front.port, '/')
    await eventually(() => it.front.pool.queued === 1)
    expect((await ask(it.front.port, '/')).status).toBe(503)
    const during = await it.scrape()
    expect(during.value('edgewise_pool_queued', { pool: 'test' })).toBe(1)
    expect(during.value('edgewise_endpoint_in_flight')).toBe(1)
    expect(during.value('edgewise_requests_in_flight')).toBe(2)
    expect(during.value('edgewise_connections')).toBeGreaterThanOrEqual(2)
    gate.resolve()
    expect([(await first).status, (await second).status]).toEqual([200, 200])
    await it.front.atRest()
    const { value } = await it.scrape()
    expect(value('edgewise_queue_exits_total', { result: 'served' })).toBe(1)
    expect(value('edgewise_queue_exits_total', { result: 'ERR_EDGE_QUEUE_FULL' })).toBe(1)
    expect(value('edgewise_queue_wait_seconds_count', { pool: 'test' })).toBe(1)
    expect(value('edgewise_failures_total', { route: '/**', error: 'ERR_EDGE_QUEUE_FULL' })).toBe(1)
    expect(value('edgewise_terminations_total', { who: 'edge' })).toBe(1)
  })

  it('tell of WebSockets while they are open, and how they closed', async () => {
    await using far = await wsEcho()
    await using it = await measured([far.url.replace('ws', 'http')], {}, make)
    const socket = await wsConnect(`ws://127.0.0.1:${it.front.port}/`)
    socket.send('hello')
    await nextMessage(socket)
    const during = await it.scrape()
    expect([during.value('edgewise_tunnels'), during.value('edgewise_endpoint_tunnels')]).toEqual([1, 1])
    socket.close(4_242)
    await it.front.atRest()
    const { value } = await it.scrape()
    expect(value('edgewise_tunnels')).toBe(0)
    expect(value('edgewise_tunnels_closed_total', { code: '4xxx' })).toBe(1)
    expect(value('edgewise_tunnel_messages_total', { direction: 'in' })).toBe(1)
    await eventually(async () => (await it.scrape()).value('edgewise_requests_total', { code: '101' }) === 1)
    expect((await it.scrape()).value('edgewise_request_duration_seconds_count')).toBe(0)
  })
})

const methods = METHODS.filter((method) => method !== 'CONNECT')

/** Requests of which no two are alike, one behind the other on one connection. */
function varied(from: number, count: number): string {
  const requests = Array.from({ length: count }, (_, at) => {
    const n = from + at
    const close = at === count - 1 ? 'Connection: close\r\n' : ''
    const made = `User-Agent: agent ${n}\r\nX-Request-Id: ${n}\r\nX-Forwarded-For: 2001:db8::${n.toString(16)}\r\n`
    return `${methods[n % methods.length]} /p${n}/x${n}?q${n}=${n} HTTP/1.1\r\nHost: h${n}.test\r\n${made}${close}\r\n`
  })
  return requests.join('')
}

/** What is in use once garbage is gone. */
function heapUsed(): number {
  for (let at = 0; at < 3; at++) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

describe('metrics in numbers', () => {
  it('H-196 stay as many, and as small, over 10,000 requests of which no two are alike', async () => {
    const routes = [{ path: '/:first/**', handler: async () => reply(200, 'ok') }]
    await using it = await measured([], { gateway: { routes } })
    const wave = async (from: number): Promise<void> => {
      const { text } = await raw(it.front.port, varied(from, 500), { hold: Infinity, timeoutMs: 10_000 })
      expect(text.split('HTTP/1.1 200').length).toBe(501)
    }
    const settled = async (): Promise<number> =>
      (await it.scrape()).series
        .filter(({ name }) => name === 'edgewise_requests_total')
        .reduce((sum, { value }) => sum + value, 0)
    await wave(0)
    await eventually(async () => (await settled()) === 500)
    const before = [(await it.scrape()).series.length, heapUsed()] as const
    for (let from = 500; from < 10_000; from += 500) await wave(from)
    await eventually(async () => (await settled()) === 10_000)
    const scrape = await it.scrape()
    expect(scrape.series.length).toBe(before[0])
    expect(JSON.stringify(scrape.series)).not.toMatch(/agent|\/p\d|h\d+\.test|2001:db8|q\d/)
    expect(heapUsed() - before[1]).toBeLessThan(2 * 1024 * 1024)
  })

  it('H-196 of endpoints come and go with them: a thousand leave no more than the last twenty', async () => {
    await using far = await upstream(undefined, { record: false })
    const fresh = (round: number) => Array.from({ length: 20 }, (_, at) => ({ url: far.url, name: `e${round}-${at}` }))
    await using it = await measured(fresh(0))
    const sizes = new Set<number>()
    for (let round = 0; round < 50; round++) {
      it.front.pool.sync(fresh(round))
      expect(await load(it.front.port, 40, { concurrency: 4 })).toEqual({ '200': 40 })
      await it.front.atRest()
      const { series } = await it.scrape()
      const shown = new Set(series.flatMap(({ labels }) => labels['endpoint'] ?? []))
      // What began before the last change of the list has nobody's name any more.
      expect([...shown].filter((name) => !name.startsWith(`e${round}-`) && name !== 'other')).toEqual([])
      if (round > 0) sizes.add(series.filter(({ labels }) => labels['endpoint'] !== 'other').length)
    }
    expect(sizes.size).toBe(1)
  }, 60_000)
})

const SPELLINGS = ['/%6detrics', '//metrics', '/x/../metrics', '/x/%2e%2e/metrics', '/metrics%2f', '/metrics;x']

/** The page behind a rule that keeps everybody out, and once more without it, in front of a catch-all. */
function guarded(filters: readonly ReturnType<typeof ipRules>[]) {
  const register = new Registry()
  let reads = 0
  const collect = (): void => void reads++
  new Gauge({ name: 'mine', help: 'x', registers: [register], collect })
  const handler = compose(...filters, metricsPage({ register, maxAgeMs: 0 }))
  const routes = [
    { path: '/metrics', handler },
    { path: '/**', handler: async () => reply(404, 'not here') },
  ]
  return { gateway: createGateway({ routes }), reads: () => reads }
}

describe('the page of metrics', () => {
  it.each(SPELLINGS)('H-197 is not behind %s, with a rule in front or without', async (spelling) => {
    for (const filters of [[], [ipRules({ allow: ['192.0.2.0/24'] })]]) {
      const { gateway, reads } = guarded(filters)
      await using app = await node.listen(gateway)
      for (const method of ['GET', 'HEAD', 'POST']) {
        const bytes = `${method} ${spelling} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
        const { text } = await raw(app.port, bytes)
        expect([spelling, /^HTTP\/1\.1 4\d\d /.test(text), text.includes('mine')]).toEqual([spelling, true, false])
      }
      expect(reads()).toBe(0)
    }
  })

  it.each([node, koa, hono, fastify])(
    'H-197 is not behind an alias of its path over HTTP/2 under $name',
    async (harness) => {
      const { gateway, reads } = guarded([])
      await using app = await harness.listen(gateway, { http2: true, fallThrough: false })
      await using client = h2Client(app.port)
      for (const spelling of SPELLINGS) {
        const { status, body } = await client.ask(spelling)
        expect([spelling, status >= 400, body.includes('mine')]).toEqual([spelling, true, false])
      }
      expect(reads()).toBe(0)
      expect((await client.ask('/metrics')).body).toContain('mine 0')
    },
  )

  it('H-197 costs one reading for a thousand who come at once', async () => {
    const register = new Registry()
    let reads = 0
    const collect = (): void => void reads++
    new Gauge({ name: 'mine', help: 'x', registers: [register], collect })
    await using app = await node.listen(metricsPage({ register }))
    expect(await load(app.port, 1_000, { concurrency: 100, path: '/metrics' })).toEqual({ '200': 1_000 })
    // One a second.
    expect(reads).toBeLessThan(10)
  })

  it('keeps nothing of what it showed, however many endpoints there are', async () => {
    const register = new Registry()
    const endpoints = Array.from({ length: 1_000 }, (_, at) => `http://10.0.${at >> 8}.${at & 255}`)
    await using pool = createPool({ name: 'many', endpoints })
    using _ = metrics({ register, events: new EventHub(), pools: [pool] })
    expect(parseScrape(await register.metrics()).series.length).toBeGreaterThan(7_000)
    const scrapes = async (): Promise<number> => {
      for (let at = 0; at < 10; at++) await register.metrics()
      return heapUsed()
    }
    // The first ones make room that the others use again.
    const before = await scrapes()
    expect((await scrapes()) - before).toBeLessThan(1024 * 1024)
  })

  it('is denied to whom a rule in front denies it, and there for others', async () => {
    const { gateway } = guarded([ipRules({ allow: ['loopback'] })])
    await using app = await node.listen(gateway)
    expect((await ask(app.port, '/metrics')).body).toContain('mine 0')
    const closed = guarded([ipRules({ deny: ['loopback'] })])
    await using other = await node.listen(closed.gateway)
    expect([(await ask(other.port, '/metrics')).status, closed.reads()]).toEqual([403, 0])
  })
})
