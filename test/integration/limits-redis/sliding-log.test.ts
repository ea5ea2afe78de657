import { redisConnection, redisLimitStore } from 'edgewise/redis'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { compileRule } from '../../../src/limiting/compile-rule.js'
import { installed } from '../../support/index.js'
import { type RedisServer, redisServer } from '../stores/redis-server.js'
import { SlidingLogModel } from './sliding-log-model.js'
import { type TimeTravel, timeTravel } from './time-travel.js'

const BEGIN = Date.UTC(2027, 0, 1)

interface Step {
  readonly what: 'take' | 'peek' | 'give'
  readonly moves: number
  readonly cost: number
}

/** In parts of a window and milliseconds; most often a little, so that logs grow. */
const moves = (windowMs: number): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 40, arbitrary: fc.integer({ min: 0, max: Math.ceil(windowMs / 150) }) },
    { weight: 12, arbitrary: fc.constantFrom(0, 1) },
    { weight: 4, arbitrary: fc.integer({ min: 0, max: windowMs }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(windowMs - 1, windowMs, windowMs + 1, 3 * windowMs, -1, -windowMs, -windowMs - 1),
    },
  )

const costs = (limit: number): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 40, arbitrary: fc.constant(1) },
    { weight: 10, arbitrary: fc.integer({ min: 0, max: 3 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: limit + 1 }) },
  )

const course = fc
  .record({
    limit: fc.constantFrom(1, 2, 10, 100, 1_000, 10_000),
    windowMs: fc.constantFrom(1, 2, 1_000, 60_000, 65_535, 65_536, 2 ** 24 - 1, 2 ** 24, 2 ** 31 - 1),
  })
  .chain(({ limit, windowMs }) => {
    const what = fc.constantFrom<Step['what']>('take', 'take', 'take', 'take', 'take', 'take', 'peek', 'give')
    const steps = fc.array(fc.record({ what, moves: moves(windowMs), cost: costs(limit) }), {
      minLength: 1,
      maxLength: 300,
      size: 'max',
    })
    return fc.record({ limit: fc.constant(limit), windowMs: fc.constant(windowMs), steps })
  })

describe.skipIf(!installed('redis-server'))('sliding logs in Redis', () => {
  let server: RedisServer
  let client: Redis
  let travel: TimeTravel
  beforeAll(async () => {
    server = await redisServer()
    client = new Redis({ port: server.port, host: '127.0.0.1' })
    travel = timeTravel(redisConnection(client, { timeoutMs: 10_000 }))
  })
  beforeEach(async () => {
    await client.flushall()
  })
  afterAll(async () => {
    client?.disconnect()
    await server?.close()
  })

  async function follows(limit: number, windowMs: number, steps: readonly Step[]): Promise<void> {
    await client.flushall()
    const rule = compileRule('test', { algorithm: 'sliding-log', limit, windowMs })
    const counter = redisLimitStore(travel.connection).open(rule, 'x')
    let model = new SlidingLogModel(limit, windowMs)
    let now = BEGIN
    for (const [at, { what, moves, cost }] of steps.entries()) {
      now += moves
      await travel.set(now)
      expect([at, what, cost, await counter[what]('k', cost)]).toEqual([at, what, cost, model[what](now, cost)])
      const [key] = await client.keys('ew:*')
      // Not before what it holds, and three windows ahead at most: two, and one by which the clock was set back.
      const end = Number(await client.get(`end:${key}`))
      if (key !== undefined) {
        expect([at, end >= model.endsAt, end <= now + 3 * windowMs]).toEqual([at, true, true])
        expect(await client.strlen(key)).toBeLessThan(320 + 2 * 6 * model.length)
      }
      if (model.endsAt > now) continue
      // Whether it is there when the clock is set back is for Redis to say.
      await client.flushall()
      model = new SlidingLogModel(limit, windowMs)
    }
  }

  it('H-143 H-142 decide as a list would that is looked at as a whole, and end after it, whatever the clock does', async () => {
    await fc.assert(
      fc.asyncProperty(course, ({ limit, windowMs, steps }) => follows(limit, windowMs, steps)),
      { seed: 20_270_101, numRuns: 60 },
    )
  })

  it('of thousands of moments decide as short ones do', async () => {
    const steps: Step[] = []
    for (let at = 0; at < 6_000; at++)
      steps.push({ what: 'take', moves: at % 7 === 0 ? 2 : 1, cost: at % 500 === 0 ? 400 : 12 })
    for (const cost of [5_000, 0, 1, 7_900]) {
      steps.push({ what: 'peek', moves: 1, cost: 7_000 }, { what: 'give', moves: 1, cost })
      steps.push({ what: 'peek', moves: 100, cost: 7_000 }, { what: 'take', moves: 0, cost: 7_000 })
    }
    await follows(8_000, 700, steps)
  })

  it('H-143 have an end by the clock of Redis, too, however long they are', async () => {
    const rule = compileRule('test', { algorithm: 'sliding-log', limit: 10_000, windowMs: 60_000 })
    const counter = redisLimitStore(redisConnection(client, { timeoutMs: 10_000 })).open(rule, 'x')
    await counter.take('k', 1)
    const [key] = await client.keys('ew:*')
    while ((await client.strlen(key!)) < 400) {
      expect((await counter.take('k', 1)).allowed).toBe(true)
      expect(await client.pttl(key!)).toBeGreaterThan(30_000)
      expect(await client.pttl(key!)).toBeLessThanOrEqual(120_000)
    }
  })

  it('H-142 forget what was taken before the clock was set back by more than a window', async () => {
    const rule = compileRule('test', { algorithm: 'sliding-log', limit: 5, windowMs: 1_000 })
    const counter = redisLimitStore(travel.connection).open(rule, 'x')
    await travel.set(BEGIN)
    await counter.take('k', 5)
    await travel.set(BEGIN - 1_001)
    await counter.take('k', 6)
    await travel.set(BEGIN - 1)
    expect(await counter.peek('k', 5)).toMatchObject({ allowed: true })
  })

  it.each([1, 65_536, 65_537, 2 ** 24, 2 ** 24 + 1, 2 ** 31 - 1])(
    'know the first unit of a window of %d ms from the last',
    async (windowMs) => {
      const take = { what: 'take', cost: 1 } as const
      const steps = [0, 0, windowMs - 1, 0, 0, 1, 0, windowMs - 1, 1].map((moves) => ({ ...take, moves }))
      await follows(3, windowMs, steps)
    },
  )

  it('go on when the limit is another', async () => {
    const open = (limit: number) =>
      redisLimitStore(travel.connection).open(compileRule('test', { algorithm: 'sliding-log', limit }), 'x')
    const [ten, thousand] = [open(10), open(1_000)]
    for (let at = 0; at < 300; at++) {
      await travel.set(BEGIN + at)
      await thousand.take('k', 2)
    }
    expect(await thousand.peek('k', 400)).toMatchObject({ allowed: true, remaining: 0 })
    expect(await ten.take('k', 10)).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 60_000 })
    expect(await ten.take('k', 1)).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 59_996 })
    await ten.give('k', 595)
    expect(await ten.take('k', 3)).toMatchObject({ allowed: true, remaining: 2 })
  })

  it.each<[string, (key: string, log: Buffer) => Promise<unknown>]>([
    ['a list', (key) => client.rpush(key, '0', String(BEGIN), '1')],
    ['a short text', (key) => client.set(key, 'mine')],
    ['a count', (key) => client.set(key, '1234567')],
    ['a text', (key) => client.set(key, 'somebody else keeps this text here')],
    ['a long text', (key) => client.set(key, 'somebody else keeps this text here. '.repeat(20))],
    ['a text of one letter', (key) => client.set(key, 'a'.repeat(300))],
    [
      'bytes that fall',
      (key) => client.set(key, Buffer.from(Array.from({ length: 300 }, (_, at) => 255 - (at % 200)))),
    ],
    ['zeros', (key) => client.set(key, Buffer.alloc(40))],
    ['many zeros', (key) => client.set(key, Buffer.alloc(4_000))],
    ['the end of a log', (key, log) => client.set(key, log.subarray(8))],
    ['the beginning of a log', (key, log) => client.set(key, log.subarray(0, -1))],
  ])('H-144 of a key with %s in it fail, leave it there, and do not touch their neighbours', async (_what, write) => {
    const rule = compileRule('test', { algorithm: 'sliding-log', limit: 100, windowMs: 60_000 })
    const counter = redisLimitStore(travel.connection).open(rule, 'x')
    for (let at = 0; at < 10; at++) {
      await travel.set(BEGIN + at)
      await counter.take('k', 1)
    }
    const [key] = await client.keys('ew:*')
    const log = (await client.getBuffer(key!))!
    await client.del(key!)
    await write(key!, log)
    const before = await client.dumpBuffer(key!)
    for (const what of ['take', 'peek', 'give'] as const) {
      const ends = await Promise.allSettled(['a', 'k', 'b'].map((each) => counter[what](each, 1)))
      expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(ends[1]).toMatchObject({ reason: { code: 'ERR_EDGE_STORE' } })
      await expect(counter[what]('k', 1)).rejects.toMatchObject({ code: 'ERR_EDGE_STORE' })
    }
    expect(await client.dumpBuffer(key!)).toEqual(before)
  })
})
