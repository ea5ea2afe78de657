import { createLimiter, EventHub } from 'edgewise'
import { Redis } from 'ioredis'
import { RedisStore } from 'rate-limit-redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../support/index.js'
import { type RedisServer, redisServer } from '../stores/redis-server.js'

let server: RedisServer
let client: Redis
beforeAll(async () => {
  server = await redisServer()
  client = new Redis({ host: '127.0.0.1', port: server.port, retryStrategy: () => 20 })
  client.on('error', () => {})
})
afterAll(async () => {
  client.disconnect()
  await server.close()
})

const storeOf = (prefix: string, over: Redis = client): RedisStore =>
  new RedisStore({
    prefix,
    sendCommand: (command: string, ...args: string[]) => over.call(command, ...args) as never,
  })

describe('rate-limit-redis, as it is', () => {
  it('shares counts among processes, gives back, forgets, and lets its keys end', async () => {
    const [one, two] = [1, 2].map(() => createLimiter({ limit: 3, windowMs: 30_000, store: storeOf('a:') }))
    expect(await one!.peek('k')).toMatchObject({ allowed: true, remaining: 2 })
    expect(await one!.take('k', 2)).toMatchObject({ allowed: true, remaining: 1 })
    expect(await two!.take('k')).toMatchObject({ allowed: true, remaining: 0 })
    const denied = await one!.take('k')
    expect(denied.allowed).toBe(false)
    expect(denied.retryAfterMs).toBeGreaterThan(20_000)
    expect(Number(await server.cli('pttl', 'a:k'))).toBeGreaterThan(0)
    await two!.give('k', 2)
    expect(await one!.take('k')).toMatchObject({ allowed: true, remaining: 0 })
    await one!.reset('k')
    expect(await two!.take('k')).toMatchObject({ allowed: true, remaining: 2 })
  })

  it('admits exactly as many as the limit of fifty at once', async () => {
    const limiter = createLimiter({ limit: 20, windowMs: 30_000, store: storeOf('b:') })
    const taken = await Promise.all(Array.from({ length: 50 }, () => limiter.take('k')))
    expect(taken.filter(({ allowed }) => allowed).length).toBe(20)
  })

  it('H-144 is stood in for while Redis is away, also from the beginning, and is back without a restart', async () => {
    await server.kill()
    const eager = new Redis({
      host: '127.0.0.1',
      port: server.port,
      retryStrategy: () => 20,
      enableOfflineQueue: false,
    })
    eager.on('error', () => {})
    const events = new EventHub()
    const told: string[] = []
    events.on('store', ({ change }) => told.push(change))
    const limiter = createLimiter({ limit: 2, windowMs: 30_000, store: storeOf('c:', eager), events })
    const away = [await limiter.take('k'), await limiter.take('k'), await limiter.take('k')]
    expect(away.map(({ allowed, degraded }) => [allowed, degraded])).toEqual([
      [true, 'local'],
      [true, 'local'],
      [false, 'local'],
    ])
    expect(told).toEqual(['refused'])
    await server.start()
    await eventually(async () => (await limiter.take('other')).degraded === undefined, { timeoutMs: 10_000 })
    expect(await limiter.take('k')).toMatchObject({ allowed: true, remaining: 1 })
    eager.disconnect()
  })
})
