import {
  consumerOf,
  consumers,
  type EdgeEvents,
  events,
  type Filter,
  http1,
  limitsOf,
  planLimits,
  reply,
} from 'edgewise'
import { type RedisConnection, redisConnection, redisLimitStore } from 'edgewise/redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually, installed, parseReplies, raw, type WireReply } from '../../support/index.js'
import { type Front, gatewayOver } from '../front.js'
import { type RedisServer, redisServer } from '../stores/redis-server.js'
import { keyed } from './keyed.js'

const PLANS = {
  free: { limits: [{ limit: 3, windowMs: 60_000 }], quotas: [{ limit: 100, period: 'month' }] },
  pro: { quotas: [{ limit: 10, period: 'month' }] },
} as const

async function ask(
  port: number,
  key: string | null,
  fields = 'Connection: close\r\n',
  method = 'GET',
): Promise<WireReply> {
  const bytes = `${method} /x HTTP/1.1\r\nHost: a\r\n${key === null ? '' : `X-Key: ${key}\r\n`}${fields}\r\n`
  const result = await raw(port, bytes, { hold: 2_000 })
  return parseReplies(result.bytes, { methods: [method], closed: true })[0]!
}

const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

describe.skipIf(!installed('redis-server'))('consumers and their plans, over HTTP and one Redis', () => {
  let server: RedisServer
  let client: Redis
  let connection: RedisConnection
  beforeAll(async () => {
    server = await redisServer()
    client = new Redis({ host: '127.0.0.1', port: server.port, retryStrategy: () => 20 })
    connection = redisConnection(client, { timeoutMs: 200, probeMs: 20 })
  })
  beforeEach(async () => {
    await client.flushall()
  })
  afterAll(async () => {
    connection?.close()
    client?.disconnect()
    await server?.close()
  })

  const limits = (onStoreError: 'open' | 'closed' | 'local' = 'closed') =>
    planLimits({ plans: PLANS, store: redisLimitStore(connection), onStoreError, noConsumer: 'deny' })
  const known = (): Filter =>
    consumers({
      list: [{ id: 'acme', plan: 'pro', principals: ['key-1', 'key-2'] }],
      lookup: async ({ id }) => (id.startsWith('guest') ? { id, plan: 'free' } : null),
      anonymous: { id: 'anonymous', plan: 'free' },
      identityHeaders: { 'x-consumer': 'id' },
    })
  const front = (...filters: Filter[]): Promise<Front> =>
    gatewayOver(http1(), ['http://127.0.0.1:1'], {
      gateway: {
        routes: [
          {
            path: '/**',
            filters: [keyed(), ...filters],
            handler: async (exchange) =>
              reply(
                200,
                JSON.stringify([consumerOf(exchange)?.id, exchange.headers['x-consumer'], limitsOf(exchange)]),
              ),
          },
        ],
      },
    })

  it('count a consumer whatever its key, method and gateway, to the month, and show it', async () => {
    const plan = limits()
    await using one = await front(known(), plan)
    await using two = await front(known(), limits())
    const statuses = await Promise.all(
      Array.from({ length: 14 }, (_, at) =>
        ask([one, two][at % 2]!.port, `key-${1 + (at % 2)}`, undefined, at % 3 === 0 ? 'POST' : 'GET'),
      ),
    )
    expect(statuses.map(({ status }) => status).toSorted()).toEqual([...Array(10).fill(200), ...Array(4).fill(429)])
    const denied = statuses.find(({ status }) => status === 429)!
    expect(Number(denied.header('retry-after'))).toBeGreaterThan(0)
    expect(denied.header('ratelimit')).toMatch(/^"pro:limit-per-month"; r=0; t=\d+$/)
    expect(await plan.usage({ id: 'acme', plan: 'pro' })).toMatchObject([{ limit: 10, used: 10, remaining: 0 }])
    await plan.reset({ id: 'acme', plan: 'pro' })
    expect((await ask(two.port, 'key-2')).status).toBe(200)
    expect((await plan.usage({ id: 'acme', plan: 'pro' }))[0]).toMatchObject({ used: 1, remaining: 9 })
  })

  it('tell whose a request is, and never believe a client that does', async () => {
    await using one = await front(known(), limits())
    const answer = await ask(one.port, 'guest-7', 'X-Consumer: acme\r\nx_consumer: acme\r\nConnection: close\r\n')
    expect(JSON.parse(answer.body.toString())).toMatchObject([
      'guest-7',
      'guest-7',
      [
        { name: 'free:limit-in-1min', used: 1 },
        { name: 'free:limit-per-month', used: 1, limit: 100 },
      ],
    ])
    expect((await ask(one.port, 'nobody', 'X-Consumer: acme\r\nConnection: close\r\n')).status).toBe(403)
    const anonymous = await ask(one.port, null, 'X-Consumer: acme\r\nConnection: close\r\n')
    expect(JSON.parse(anonymous.body.toString()).slice(0, 2)).toEqual(['anonymous', 'anonymous'])
  })

  it('count handshakes like requests', async () => {
    await using one = await front(known(), limits())
    for (let at = 0; at < 3; at++) expect((await ask(one.port, 'guest-1', UPGRADE)).status).not.toBe(429)
    expect((await ask(one.port, 'guest-1', UPGRADE)).status).toBe(429)
    expect((await ask(one.port, 'guest-1')).status).toBe(429)
  })

  it('tell of a quota that is used up once, whichever of two gateways crosses it', async () => {
    await using one = await front(known(), limits())
    await using two = await front(known(), limits())
    const told: EdgeEvents['quota'][] = []
    const off = events.on('quota', (event) => told.push(event))
    await Promise.all(Array.from({ length: 12 }, (_, at) => ask([one, two][at % 2]!.port, 'key-1')))
    off()
    expect(told.map(({ consumer, share, used }) => [consumer, share, used]).toSorted()).toEqual([
      ['acme', 0.8, 8],
      ['acme', 1, 10],
    ])
  })

  it.each([
    ['open', [200, 200, 200, 200, 200]],
    ['closed', [503, 503, 503, 503, 503]],
    ['local', [200, 200, 200, 429, 429]],
  ] as const)('H-144 with a Redis that is gone, %s, are %s, and as before once it is back', async (policy, wanted) => {
    const plan = limits(policy)
    await using one = await front(known(), plan)
    expect((await ask(one.port, 'guest-2')).status).toBe(200)
    await server.kill()
    const began = performance.now()
    const statuses: number[] = []
    for (let at = 0; at < 5; at++) {
      const answer = await ask(one.port, 'guest-2')
      statuses.push(answer.status)
      // A store that is away is no limit that was reached, and says nothing of one.
      if (answer.status === 503)
        expect([answer.header('retry-after'), answer.header('ratelimit')]).toEqual([undefined, undefined])
    }
    expect(statuses).toEqual(wanted)
    expect(performance.now() - began).toBeLessThan(2_000)
    await server.start()
    await eventually(() => connection.up, { timeoutMs: 5_000 })
    await plan.reset({ id: 'guest-2', plan: 'free' })
    const after: number[] = []
    for (let at = 0; at < 4; at++) after.push((await ask(one.port, 'guest-2')).status)
    expect(after).toEqual([200, 200, 200, 429])
    expect((await plan.usage({ id: 'guest-2', plan: 'free' }))[0]!.used).toBe(3)
  })
})
