import type { LimitRule, LimitRuleOptions, LimitStore } from 'edgewise'
import { type RedisConnection, type RedisLimitStoreOptions, redisConnection, redisLimitStore } from 'edgewise/redis'
import { Redis } from 'ioredis'
import { RedisStore } from 'rate-limit-redis'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { compileRule } from '../../../src/limiting/compile-rule.js'
import { installed, seededRandom } from '../../support/index.js'
import { type RedisServer, redisServer } from '../stores/redis-server.js'
import { RULES } from './rules.js'
import { timeTravel } from './time-travel.js'

const BEGIN = Date.UTC(2027, 0, 1)

describe.skipIf(!installed('redis-server'))('limits in Redis', () => {
  let server: RedisServer
  let admin: Redis
  let connection: RedisConnection
  beforeAll(async () => {
    server = await redisServer()
    admin = new Redis({ port: server.port, host: '127.0.0.1' })
    connection = redisConnection(admin, { timeoutMs: 5_000 })
  })
  beforeEach(async () => {
    await admin.flushall()
  })
  afterAll(async () => {
    admin?.disconnect()
    await server?.close()
  })
  const store = (options: RedisLimitStoreOptions = {}): LimitStore => redisLimitStore(connection, options)
  const ruleOf = (options: LimitRuleOptions): LimitRule => compileRule('test', options)

  it.each(RULES)('H-143 of $what have an end after every kind of run', async ({ options }) => {
    const rule = ruleOf(options)
    const counter = store().open(rule, 'x')
    const ends = async (): Promise<void> => {
      for (const key of await admin.keys('*')) expect([key, (await admin.pttl(key)) > 0]).toEqual([key, true])
    }
    const runs: [what: 'take' | 'peek' | 'give', cost: number][] = []
    for (const what of ['take', 'take', 'peek', 'give', 'take', 'give', 'give', 'take'] as const) runs.push([what, 2])
    for (let at = 0; at < 12; at++) runs.push(['take', 2])
    for (const what of ['take', 'peek', 'give'] as const) for (const cost of [0, 1, 1_000]) runs.push([what, cost])
    runs.push(['take', 3])
    for (const [what, cost] of runs) {
      await counter[what](' k', cost)
      await ends()
    }
    expect(await admin.dbsize()).toBe(1)
    await Promise.all(Array.from({ length: 50 }, (_, at) => counter.take(`k${at % 7}`, 1)))
    await ends()
    // One that something else has made immortal ends again with the next unit.
    for (const key of await admin.keys('*')) await admin.persist(key)
    await counter.reset(' k')
    for (let at = 0; at < 7; at++) {
      await counter.give(`k${at}`, 3)
      await counter.take(`k${at}`, 1)
    }
    await ends()
    await counter.reset('k0')
    expect(await admin.dbsize()).toBe(6)
  })

  it.each(RULES)('of $what write nothing when they deny or are only asked', async ({ options }) => {
    const rule = ruleOf(options)
    const counter = store().open(rule, 'x')
    expect((await counter.peek('k', 1)).allowed).toBe(true)
    expect(await admin.dbsize()).toBe(0)
    await counter.take('k', rule.burst)
    const writes = async (): Promise<string> =>
      /rdb_changes_since_last_save:(\d+)/.exec(await admin.info('persistence'))![1]!
    const before = await writes()
    for (let at = 0; at < 10; at++) {
      const denied = await counter.take('k', 1)
      expect(denied).toMatchObject({ allowed: false, remaining: 0 })
      expect(denied.retryAfterMs).toBeGreaterThan(0)
      expect(Number.isInteger(denied.retryAfterMs)).toBe(true)
    }
    expect(await counter.take('k', rule.burst + 1)).toMatchObject({
      allowed: false,
      retryAfterMs: Number.POSITIVE_INFINITY,
    })
    expect(await writes()).toBe(before)
  })

  it('have keys of one length, whatever a client sends, a megabyte included', async () => {
    const counter = store().open(ruleOf(RULES[0]!.options), 'x')
    const keys = ['a', ' ', '{a}', '\u0000', 'ü', '*', 'x'.repeat(1_000_000), `${'x'.repeat(1_000_000)}y`, '__proto__']
    for (const key of keys) await counter.take(key, 3)
    const found = await admin.keys('*')
    expect(found).toHaveLength(keys.length)
    for (const key of found) expect(key).toMatch(/^ew:[\w-]{11}$/)
    for (const key of keys) expect((await counter.peek(key, 0)).remaining).toBe(7)
  })

  it('keep apart other names, stores, algorithms and windows, and share counts when only the limit differs', async () => {
    const [one, two] = [store(), store({ name: 'two' })]
    const base = { algorithm: 'fixed-window', limit: 10, windowMs: 60_000 } as const
    const apart = [
      one.open(ruleOf(base), 'x'),
      two.open(ruleOf(base), 'x'),
      one.open(ruleOf(base), 'xk'),
      one.open(ruleOf({ ...base, windowMs: 61_000 }), 'x'),
      one.open(ruleOf({ ...base, algorithm: 'sliding-window' }), 'x'),
      one.open(ruleOf({ ...base, algorithm: 'sliding-log' }), 'x'),
      one.open(ruleOf({ ...base, algorithm: 'gcra' }), 'x'),
      one.open(ruleOf({ ...base, algorithm: 'token-bucket' }), 'x'),
      one.open(ruleOf({ limit: 10, period: 'day' }), 'x'),
      one.open(ruleOf({ limit: 10, period: 'month' }), 'x'),
    ]
    for (const counter of apart) expect((await counter.take('k', 4)).remaining).toBe(6)
    expect(
      (
        await store()
          .open(ruleOf({ ...base, limit: 20 }), 'x')
          .peek('k', 0)
      ).remaining,
    ).toBe(16)
    expect((await one.open(ruleOf({ ...base, limit: 3 }), 'x').take('k', 1)).allowed).toBe(false)
  })

  it('of a key that somebody else has taken fail, and those beside it in the same run do not', async () => {
    for (const row of RULES) {
      await admin.flushall()
      const counter = store().open(ruleOf(row.options), 'x')
      await counter.take('taken', 1)
      const [key] = await admin.keys('*')
      await admin.del(key!)
      await admin.zadd(key!, 1, 'mine')
      const ends = await Promise.allSettled(['a', 'taken', 'b', 'taken'].map((each) => counter.take(each, 1)))
      expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
      expect(ends[1]).toMatchObject({ reason: { code: 'ERR_EDGE_STORE', cause: { message: /^WRONGTYPE/ } } })
      expect(await admin.zscore(key!, 'mine')).toBe('1')
    }
  })

  it('cost fewer bytes a key than those of rate-limit-redis and rate-limiter-flexible', async () => {
    const random = seededRandom(1)
    const byte = (): number => Math.floor(random() * 256)
    const uuid = (): string => crypto.randomUUID()
    const address = (): string => `${1 + Math.floor(random() * 222)}.${byte()}.${byte()}.${byte()}`
    const network = (): string => `2001:db8:${byte().toString(16)}:${(byte() * 256).toString(16)}::/56`
    /** Mean bytes of what is there; it goes with it. */
    const measured = async (take: (key: string) => unknown, keys: readonly string[]): Promise<number> => {
      for (const key of keys) await take(key)
      const found = await admin.keys('*')
      let sum = 0
      for (const key of found) sum += (await admin.memory('USAGE', key))!
      await admin.flushall()
      return sum / found.length
    }
    const express = new RedisStore({
      sendCommand: (name: string, ...args: string[]) => admin.call(name, ...args) as Promise<number>,
    })
    express.init({ windowMs: 60_000 } as never)
    const flexible = new RateLimiterRedis({ storeClient: admin, points: 10, duration: 60 })
    for (const make of [address, network, uuid]) {
      const keys = Array.from({ length: 200 }, make)
      const theirs = [
        await measured((key) => express.increment(key), keys),
        await measured((key) => flexible.consume(key), keys),
      ]
      for (const { what, options } of RULES) {
        const ours = store().open(ruleOf(options), 'api')
        const bytes = await measured((key) => ours.take(key, 1), keys)
        for (const each of theirs) expect([what, bytes, bytes < each]).toEqual([what, bytes, true])
      }
    }
  })

  it('of the kind that keeps every moment cost less than ten bytes for each, and one moment no more than a count', async () => {
    const travel = timeTravel(connection)
    const counter = redisLimitStore(travel.connection).open(
      ruleOf({ algorithm: 'sliding-log', limit: 10_000, windowMs: 60_000 }),
      'x',
    )
    const bytes = async (): Promise<number> => (await admin.memory('USAGE', (await admin.keys('ew:*'))[0]!))!
    await travel.set(BEGIN)
    for (let at = 0; at < 100; at++) await counter.take('k', 100)
    expect(await bytes()).toBe(56)
    await counter.reset('k')
    for (let moments = 1; moments <= 2_000; moments++) {
      await travel.set(BEGIN + moments)
      await counter.take('k', 1)
      if (moments % 10 === 0) expect(await bytes()).toBeLessThan(128 + 9 * moments)
    }
  })
})
