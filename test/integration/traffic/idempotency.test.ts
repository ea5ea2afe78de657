import http from 'node:http'
import { forward, http1, type IdempotencyStore, idempotency, memoryIdempotencyStore } from 'edgewise'
import { redisConnection, redisIdempotencyStore } from 'edgewise/redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually, installed, type Upstream, upstream } from '../../support/index.js'
import { ask } from '../client.js'
import { type Front, gatewayOver } from '../front.js'
import { type RedisServer, redisServer } from '../stores/redis-server.js'

/** A gateway that pays once for each key. */
function paying(url: string, store: IdempotencyStore): Promise<Front> {
  const routes = [{ path: '/**', filters: [idempotency({ store })], handler: forward(url) }]
  return gatewayOver(http1(), [url], { gateway: { routes } })
}

const pay = (port: number, key: string, body = 'amount=1'): ReturnType<typeof ask> =>
  ask(port, '/pay', { method: 'POST', body, headers: { 'idempotency-key': key } })

/** An upstream that numbers what it does, each when it is let. */
async function bank(may: () => Promise<void> = async () => {}): Promise<Upstream & { readonly done: () => number }> {
  let done = 0
  const far = await upstream(async (req, res) => {
    req.resume()
    await may()
    res.writeHead(201, { 'set-cookie': ['a=1', 'b=2'], 'content-type': 'text/plain' }).end(`payment ${++done}`)
  })
  return Object.assign(far, { done: () => done })
}

describe('idempotency over sockets', () => {
  it('goes on when its client leaves, and gives the reply to the one that asks again', async () => {
    const left = Promise.withResolvers<void>()
    await using far = await bank(() => left.promise)
    await using front = await paying(far.url, memoryIdempotencyStore())
    const leaving = http.request({
      host: '127.0.0.1',
      port: front.port,
      method: 'POST',
      path: '/pay',
      headers: { 'idempotency-key': 'k' },
    })
    leaving.on('error', () => {})
    leaving.end('amount=1')
    await eventually(() => far.hits === 1)
    leaving.destroy()
    await eventually(() => front.outcomes.length === 1)
    left.resolve()
    await eventually(() => far.done() === 1)
    await eventually(async () => (await pay(front.port, 'k')).status === 201)
    const again = await pay(front.port, 'k')
    expect([again.body, again.headers['idempotency-replayed'], again.headers['set-cookie'], far.done()]).toEqual([
      'payment 1',
      'true',
      ['a=1', 'b=2'],
      1,
    ])
    await front.atRest()
  })
})

describe.skipIf(!installed('redis-server'))('idempotency through Redis', () => {
  let server: RedisServer
  let clients: Redis[]
  beforeAll(async () => {
    server = await redisServer()
    clients = [0, 1].map(() => new Redis({ port: server.port, host: '127.0.0.1' }))
  })
  beforeEach(async () => {
    await clients[0]!.flushall()
  })
  afterAll(async () => {
    for (const client of clients ?? []) client.disconnect()
    await server?.close()
  })

  it('carries out once what comes to several gateways at the same time', async () => {
    let others = Promise.withResolvers<void>()
    await using far = await bank(() => others.promise)
    const stores = clients.map((client) => redisIdempotencyStore(redisConnection(client, { timeoutMs: 5_000 })))
    await using one = await paying(far.url, stores[0]!)
    await using two = await paying(far.url, stores[1]!)
    for (let round = 0; round < 10; round++) {
      others = Promise.withResolvers()
      let refused = 0
      const answers = await Promise.all(
        Array.from({ length: 20 }, async (_, at) => {
          const { status } = await pay(at % 2 === 0 ? one.port : two.port, `key-${round}`)
          // The first goes on once all others have been told of it.
          if (status === 409 && ++refused === 19) others.resolve()
          return status
        }),
      )
      expect([answers.toSorted(), far.done()]).toEqual([[201, ...Array(19).fill(409)], round + 1])
      const again = await pay(two.port, `key-${round}`)
      expect([again.body, again.headers['idempotency-replayed']]).toEqual([`payment ${round + 1}`, 'true'])
      expect((await pay(one.port, `key-${round}`, 'amount=2')).status).toBe(422)
    }
    for (const key of await clients[0]!.keys('*')) expect(await clients[0]!.pttl(key)).toBeGreaterThan(0)
  })

  it('keeps bytes as they are, forgets what came to nothing, and not what is done', async () => {
    const store = redisIdempotencyStore(redisConnection(clients[0]!, { timeoutMs: 5_000 }))
    const body = Uint8Array.from({ length: 256 }, (_, at) => at)
    const kept = { status: 200, headers: { a: ['\n', 'é'], __proto__x: 'y' }, body }
    expect(await store.begin('a', 'f', 60_000)).toBeNull()
    expect(await store.begin('a', 'f', 60_000)).toEqual({ fingerprint: 'f', reply: null })
    await store.abandon('a')
    expect(await store.begin('a', 'f', 60_000)).toBeNull()
    await store.finish('a', 'f', kept, 60_000)
    await store.abandon('a')
    expect(await store.begin('a', 'g', 60_000)).toEqual({ fingerprint: 'f', reply: kept })
    await store.finish('b', 'f', { ...kept, body: null }, 60_000)
    expect((await store.begin('b', 'f', 60_000))?.reply?.body).toBeNull()
    await clients[0]!.set('edgewise:idempotency:c', 'D{"a":')
    await expect(store.begin('c', 'f', 60_000)).rejects.toMatchObject({ code: 'ERR_EDGE_STORE' })
  })

  it('is a 503 without Redis: better not at all than twice', async () => {
    await using far = await bank()
    await using lost = await redisServer()
    const client = new Redis({ port: lost.port, host: '127.0.0.1' })
    try {
      await using front = await paying(far.url, redisIdempotencyStore(redisConnection(client)))
      expect((await pay(front.port, 'k')).status).toBe(201)
      await lost.kill()
      await eventually(async () => (await pay(front.port, 'other')).status === 503)
      expect(far.done()).toBe(1)
      expect((await ask(front.port, '/pay', { method: 'POST', body: 'x' })).status).toBe(201)
    } finally {
      client.disconnect()
    }
  })
})
