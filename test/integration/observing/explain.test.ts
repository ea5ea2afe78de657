import { once } from 'node:events'
import { createServer, request as send } from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import {
  apiKey,
  attachUpgrade,
  authorize,
  type Balancer,
  cache,
  cors,
  createGateway,
  createPool,
  type Endpoint,
  EventHub,
  type Explanation,
  type Filter,
  firstAvailable,
  forward,
  type Gateway,
  type HandlerVerdict,
  ipRules,
  leastConnections,
  maglev,
  type Outcome,
  optional,
  type Pool,
  type RouteOptions,
  rateLimit,
  requestHeaders,
  requestId,
  respond,
  rewritePath,
  rewriteQuery,
  ringHash,
  roundRobin,
  split,
  stickyCookie,
  versions,
} from 'edgewise'
import { toNode } from 'edgewise/node'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, type Upstream, upstream, wsConnect, wsEcho } from '../../support/index.js'

const NAMES = ['a', 'b', 'c'] as const
let fars: Upstream[]

beforeAll(async () => {
  fars = await Promise.all(NAMES.map((name) => upstream(undefined, { name })))
})
afterAll(async () => {
  for (const far of fars) await far.stop()
})

const balancers: Readonly<Record<string, () => Balancer<Endpoint>>> = {
  roundRobin,
  leastConnections,
  firstAvailable,
  ringHash: () => ringHash({ key: 'path' }),
  maglev: () => maglev({ key: { header: 'x-key' }, tableSize: 251 }),
  stickyCookie: () => stickyCookie({ name: 'at' }),
}
const filters: Readonly<Record<string, () => Filter>> = {
  requestId: () => requestId(),
  ipRules: () => ipRules({ deny: ['192.0.2.9'] }),
  rateLimit: () => rateLimit({ limit: 2, windowMs: 3_600_000, keyGenerator: 'address' }),
  cors: () => cors({ origin: ['https://shop.test'] }),
  optionalKey: () =>
    optional(apiKey({ keys: { k1: { id: 'ada', roles: ['admin'] } }, identityHeaders: { 'x-user': 'id' } })),
  authorize: () => authorize({ otherwise: 'anyone', rules: [{ paths: ['/users/**'], roles: ['admin'] }] }),
  requestHeaders: () => requestHeaders({ set: { 'x-path': '{path}' }, remove: ['cookie'] }),
  rewritePath: () => rewritePath({ strip: '/users', add: '/v2' }),
  rewriteQuery: () => rewriteQuery({ set: { q: '1' } }),
}
/** Mostly nothing, since what is odd in everything leads nowhere. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

const paths = ['/**', '/users/**', '/users/:id', '/users/me', '/shop/*'] as const

const gateways = fc.record({
  balancer: fc.constantFrom(...Object.keys(balancers)),
  weights: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 3, maxLength: 3 }),
  drained: seldom(fc.constantFrom(...NAMES)),
  shared: fc.subarray(Object.keys(filters)),
  routes: fc.uniqueArray(
    fc.record({
      path: fc.constantFrom(...paths),
      methods: seldom(fc.constantFrom(['GET'], ['POST', 'PUT'])),
      headers: seldom(fc.constant({ 'x-key': true as const })),
      changeOrigin: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5, selector: ({ path, methods, headers }) => `${path} ${methods} ${headers}` },
  ),
})
const requests = fc.array(
  fc.record({
    method: fc.constantFrom('GET', 'POST', 'HEAD', 'DELETE'),
    url: fc.constantFrom(
      '/users/me',
      '/users/7?x=1',
      '/users',
      '/shop/a',
      '/shop/a/b',
      '//users//%37',
      '/%2e/x',
      '/users/a%2fb',
    ),
    headers: fc.record(
      {
        'x-key': fc.constantFrom('1', '2', '3'),
        'x-api-key': fc.constantFrom('k1', 'wrong'),
        'x-user': fc.constant('root'),
        'x-forwarded-for': fc.constantFrom('192.0.2.9', '198.51.100.1', '192.0.2.9, 10.1.1.1'),
        cookie: fc.constant('at=nothing; b=c'),
        origin: fc.constantFrom('https://shop.test', 'https://b.test'),
        connection: fc.constant('x-key'),
      },
      { requiredKeys: [] },
    ),
  }),
  { minLength: 2, maxLength: 5 },
)

interface Made extends AsyncDisposable {
  readonly gateway: Gateway
  readonly pool: Pool
  readonly port: number
  readonly outcomes: Outcome[]
}

async function serve(pool: Pool, routes: readonly RouteOptions[], shared: readonly Filter[]): Promise<Made> {
  const events = new EventHub()
  const outcomes: Outcome[] = []
  events.on('exchange', ({ outcome }) => void outcomes.push(outcome))
  const gateway = createGateway({ events, routes, filters: shared, trustedProxies: ['loopback', '10.0.0.0/8'] })
  const listener = toNode(gateway)
  const server = createServer(listener).listen(0, '127.0.0.1')
  attachUpgrade(server, listener)
  await once(server, 'listening')
  return {
    ...{ gateway, pool, outcomes },
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await gateway.close({ graceMs: 0 })
      await pool.close()
      server.close()
    },
  }
}

interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

async function ask(port: number, { method, url, headers }: Asked): Promise<{ status: number; by: unknown }> {
  const sent = send({
    port,
    host: '127.0.0.1',
    method,
    path: url,
    headers: { host: 'a.test', ...headers },
    agent: false,
  })
  sent.end()
  const [answer] = await once(sent, 'response')
  answer.resume()
  await once(answer, 'end')
  return { status: answer.statusCode, by: answer.headers['x-upstream'] }
}

/** All that a pool counts, but for what time alone moves. */
function counts(pool: Pool): string {
  const { retryTokens: _time, latency: _too, ...rest } = pool.snapshot()
  return JSON.stringify(rest)
}

/** What transports write by themselves, and what is new each time. */
const OWN = new Set(['connection', 'content-length', 'transfer-encoding', 'x-request-id'])

function without(headers: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(headers).filter(([name, value]) => !OWN.has(name) && value !== undefined))
}

describe('gateway.explain', () => {
  it('says of any request to any gateway what then becomes of it, and explained a hundred times changes nothing', async () => {
    const fates = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(gateways, requests, async ({ balancer, weights, drained, shared, routes }, asked) => {
        const endpoints = fars.map(({ url, name }, at) => ({ url, name: name!, weight: weights[at]! }))
        const pool = createPool({ name: 'far', endpoints, balancer: balancers[balancer]!() })
        if (drained !== undefined) pool.maintenance(drained)
        const made = routes.map(({ changeOrigin, ...route }) => ({
          ...route,
          handler: forward({ pool, changeOrigin, retry: false }),
        }))
        // In an order in which guards stand where they may.
        await using it = await serve(
          pool,
          made,
          Object.keys(filters)
            .filter((name) => shared.includes(name))
            .map((name) => filters[name]!()),
        )
        for (const each of asked) {
          const question = { ...each, clientAddress: '127.0.0.1', headers: { host: 'a.test', ...each.headers } }
          const before = counts(it.pool)
          const told = await it.gateway.explain(question, { showSecrets: true })
          for (let time = 0; time < 100; time++) await it.gateway.explain(question)
          expect(counts(it.pool)).toBe(before)
          const seen = fars.map(({ requests: { length } }) => length)
          const settled = it.outcomes.length
          const { status, by } = await ask(it.port, each)
          const { outcome, chain, route } = told
          fates.set(outcome.fate, (fates.get(outcome.fate) ?? 0) + 1)
          expect(outcome.certain).toBe(true)
          if (outcome.fate === 'unmatched' || outcome.fate === 'refused') {
            expect([each, outcome.why, outcome.status]).toEqual([each, outcome.why, status])
            continue
          }
          await eventually(() => it.outcomes.length > settled)
          expect(it.outcomes.at(-1)!.route).toBe(route!.path)
          if (outcome.fate !== 'forwarded') {
            expect([outcome.why, outcome.status, by]).toEqual([outcome.why, status, undefined])
            continue
          }
          const { pick, path, headers, method } = chain!.handler.forward!
          expect([pick.fate, pick.endpoint]).toEqual(['endpoint', by])
          const at = NAMES.indexOf(by as 'a')
          const got = fars[at]!.requests[seen[at]!]!
          expect([got.method, got.url]).toEqual([method, path])
          expect(without(got.headers)).toEqual(without(headers))
        }
      }),
      { numRuns: 40 },
    )
    // Or it would have shown little.
    expect(fates.get('forwarded')).toBeGreaterThan(10)
    expect([...fates.keys()]).toEqual(expect.arrayContaining(['unmatched', 'refused', 'denied']))
  })

  it('looks into a cache without using it: miss, hit, stale, what is asked then', async () => {
    let now = Date.now()
    await using far = await upstream((_, res) =>
      res.setHeader('cache-control', 'max-age=10').setHeader('etag', '"v1"').end('x'),
    )
    const pages = cache({ now: () => now })
    const pool = createPool({ name: 'far', endpoints: [far.url] })
    await using it = await serve(pool, [{ path: '/**', filters: [pages], handler: forward({ pool }) }], [])
    const told = async (headers: Record<string, string> = {}): Promise<readonly unknown[]> => {
      const { chain, outcome } = await it.gateway.explain({ url: '/x', headers: { host: 'a.test', ...headers } })
      return [outcome.fate, outcome.status, chain!.filters[0]!.why, chain!.handler.forward?.headers['if-none-match']]
    }
    expect(await told()).toEqual(['forwarded', null, 'nothing is stored under http://a.test/x', undefined])
    await ask(it.port, { method: 'GET', url: '/x', headers: {} })
    expect(await told()).toEqual([
      'answered',
      200,
      expect.stringMatching(/^hit, fresh for another (?:9|10) s$/),
      undefined,
    ])
    expect((await told({ 'if-none-match': '"v1"' }))[1]).toBe(304)
    expect((await told({ 'cache-control': 'no-store' }))[0]).toBe('forwarded')
    now += 11_000
    expect(await told()).toEqual(['forwarded', null, 'what is stored is stale, and is checked', '"v1"'])
    expect((await told({ 'cache-control': 'only-if-cached' })).slice(0, 2)).toEqual(['answered', 504])
    expect(far.hits).toBe(1)
  })

  it('tells of an upgrade as of a request, and sends what it told', async () => {
    await using echo = await wsEcho()
    const pool = createPool({ name: 'far', endpoints: [echo.url.replace('ws', 'http')] })
    const keys = { k1: { id: 'ada' } }
    await using it = await serve(pool, [{ path: '/ws', filters: [apiKey({ keys })], handler: forward({ pool }) }], [])
    const handshake = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    }
    const told = await it.gateway.explain({ url: '/ws', headers: { ...handshake, 'x-api-key': 'k1' } })
    expect([told.request.upgrade, told.outcome.fate]).toEqual(['websocket', 'forwarded'])
    expect(told.chain!.handler.forward!.headers).toMatchObject({ connection: 'Upgrade', upgrade: 'websocket' })
    const socket = await wsConnect(`ws://127.0.0.1:${it.port}/ws`, { headers: { 'x-api-key': 'k1' } })
    const { 'x-api-key': key, upgrade } = echo.requests[0]!.headers
    expect([key, upgrade]).toEqual([undefined, 'websocket'])
    socket.terminate()
    const outcome = async (change: Record<string, string>): Promise<number | null> =>
      (await it.gateway.explain({ url: '/ws', headers: { ...handshake, 'x-api-key': 'k1', ...change } })).outcome.status
    expect(await outcome({ 'sec-websocket-version': '8' })).toBe(426)
    expect(await outcome({ upgrade: 'h2c' })).toBe(501)
    expect(await outcome({ 'x-api-key': 'no' })).toBe(401)
  })

  it('reads Node’s requests of HTTP/2 as adapters do', async () => {
    const pool = createPool({ name: 'far', endpoints: [fars[0]!.url] })
    const gateway = createGateway({ routes: [{ path: '/users/:id', handler: forward({ pool }) }] })
    const told: Explanation[] = []
    const server = http2.createServer((req, res) => {
      void gateway.explain(req).then((each) => {
        told.push(each)
        res.end()
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const session = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    for (const path of ['/users/7?x=1', '/users/%2e%2e'])
      await once(session.request({ ':path': path, ':authority': 'a.test', 'x-a': 'b' }).resume(), 'end')
    expect(told.map(({ outcome, request }) => [outcome.fate, request.httpVersion])).toEqual([
      ['forwarded', '2.0'],
      ['refused', '2.0'],
    ])
    expect(told[0]!.chain!.handler.forward).toMatchObject({
      path: '/users/7?x=1',
      headers: { host: 'a.test', 'x-a': 'b' },
    })
    session.close()
    server.close()
    await gateway.close()
    await pool.close()
  })

  it('tells of handlers that choose where they go, and of those behind them', async () => {
    const pool = createPool({ name: 'far', endpoints: [fars[0]!.url] })
    const api = versions({ versions: { '1': respond({ status: 410 }), '2': forward({ pool }) }, from: [{ path: 'v' }] })
    const shop = split({
      branches: { old: { handler: respond(), weight: 1 }, new: { handler: api, weight: 1 } },
      key: { header: 'x-key' },
    })
    const gateway = createGateway({ routes: [{ path: '/**', handler: shop }] })
    const told = async (headers: Record<string, string>): Promise<Explanation> =>
      gateway.explain({ url: '/v2/x', headers })
    const open = await told({})
    expect([open.outcome.fate, open.outcome.certain]).toEqual(['open', false])
    expect(open.chain!.handler.branches.map(({ name, why }) => [name, why])).toEqual([
      ['old', '50 %'],
      ['new', '50 %'],
    ])
    const paths = new Set<HandlerVerdict['verdict'] | string>()
    for (let key = 0; key < 20; key++) {
      const { chain, outcome } = await told({ 'x-key': String(key) })
      expect(chain!.handler.branches).toHaveLength(1)
      paths.add(`${outcome.fate} ${outcome.by}`)
    }
    expect([...paths].toSorted()).toEqual(['answered respond', 'forwarded forward'])
    await gateway.close()
    await pool.close()
  })
})
