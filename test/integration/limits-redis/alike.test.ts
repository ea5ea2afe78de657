import {
  type CalendarPeriod,
  type Decision,
  type LimitCounter,
  type LimitRuleOptions,
  memoryLimitStore,
} from 'edgewise'
import { redisConnection, redisLimitStore } from 'edgewise/redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileRule } from '../../../src/limiting/compile-rule.js'
import { installed, seededRandom } from '../../support/index.js'
import { type RedisServer, redisServer } from '../stores/redis-server.js'
import { type TimeTravel, timeTravel } from './time-travel.js'

const BEGIN = Date.UTC(2027, 0, 1)
const DAY = 86_400_000

const RULES: readonly LimitRuleOptions[] = [
  { algorithm: 'fixed-window', limit: 10, windowMs: 1_000 },
  { algorithm: 'fixed-window', limit: 10, period: 'second' },
  { algorithm: 'sliding-window', limit: 10, windowMs: 1_000 },
  { algorithm: 'sliding-window', limit: 7, windowMs: 333 },
  { algorithm: 'sliding-window', limit: 1_000_000_000, windowMs: 1_000 },
  { algorithm: 'sliding-log', limit: 10, windowMs: 1_000 },
  { algorithm: 'token-bucket', limit: 10, windowMs: 1_000, burst: 5 },
  { algorithm: 'token-bucket', limit: 3, windowMs: 1_000, burst: 20 },
  { algorithm: 'gcra', limit: 7, windowMs: 1_000 },
  { algorithm: 'gcra', limit: 7_000_000, windowMs: 1_000 },
  { algorithm: 'gcra', limit: 1_000_000_000, windowMs: 86_400_000, burst: 1_000_000_000 },
]

/** A counter that answers at once. */
interface Here extends LimitCounter {
  take(key: string, cost: number): Decision
  peek(key: string, cost: number): Decision
}

/** What has to be the same to the last unit. */
function shape(decision: Decision | undefined): unknown {
  if (decision === undefined) return undefined
  const { allowed, limit, remaining, retryAfterMs } = decision
  return { allowed, limit, remaining, retryAfterMs }
}

describe.skipIf(!installed('redis-server'))('limits in Redis', () => {
  let server: RedisServer
  let client: Redis
  let travel: TimeTravel
  beforeAll(async () => {
    server = await redisServer()
    client = new Redis({ port: server.port, host: '127.0.0.1' })
    travel = timeTravel(redisConnection(client, { timeoutMs: 10_000 }))
  })
  afterAll(async () => {
    client?.disconnect()
    await server?.close()
  })

  it.each(RULES)('decide as those in memory do: %o', async (options) => {
    const rule = compileRule('test', options)
    const random = seededRandom(options.limit + (options.windowMs ?? 0))
    const below = (most: number): number => Math.floor(random() * most)
    let now = BEGIN
    const there = redisLimitStore(travel.connection).open(rule, JSON.stringify(options))
    const here = memoryLimitStore({ now: () => now - BEGIN, wallClock: () => now }).open(rule, 'x') as Here
    const key = 'k'
    for (let step = 0; step < 400; step++) {
      now += [0, 0, 1, below(rule.windowMs / 5), below(rule.windowMs), 3 * rule.windowMs][below(6)]!
      // Windows begin with a key's first unit there, and lie on a grid here: a key that is fresh begins on the grid.
      if (rule.algorithm === 'sliding-window' && here.peek(key, 0).resetMs === 0)
        now = BEGIN + Math.ceil((now - BEGIN) / rule.windowMs) * rule.windowMs
      await travel.set(now)
      const scale = Math.max(1, Math.floor(rule.burst / 10))
      const cost = [1, 1, 1, 2, 3, 0, 11][below(7)]! * scale
      const what = ['take', 'take', 'take', 'peek', 'give'][below(5)] as 'take' | 'peek'
      const [answer, wanted] = [await there[what](key, cost), here[what](key, cost)]
      expect([step, now - BEGIN, what, cost, shape(answer)]).toEqual([step, now - BEGIN, what, cost, shape(wanted)])
      // Whole numbers there, fractions here.
      if (answer !== undefined) expect(Math.abs(answer.resetMs - wanted!.resetMs)).toBeLessThanOrEqual(1)
    }
  })

  it.each<CalendarPeriod>(['second', 'minute', 'hour', 'day', 'month'])(
    'end a period of the calendar, a %s, when it ends in UTC',
    async (period) => {
      const rule = compileRule('test', { limit: 5, period })
      const counter = redisLimitStore(travel.connection).open(rule, `calendar ${period}`)
      let now = BEGIN
      const here = memoryLimitStore({ wallClock: () => now }).open(rule, 'x')
      const moments = [2024, 2027, 2028, 2032, 2096, 2100, 2101, 2400].flatMap((year) =>
        Array.from({ length: 12 }, (_, month) => Date.UTC(year, month)).flatMap((first) => [
          first - 1,
          first,
          first + 1,
          first + 27.5 * DAY,
        ]),
      )
      for (const [at, moment] of moments.entries()) {
        now = moment
        await travel.set(now)
        const key = `k${at}`
        expect([new Date(now), await counter.take(key, 2)]).toEqual([new Date(now), here.take(key, 2)])
        expect(await counter.peek('nobody', 1)).toEqual(here.peek('nobody', 1))
      }
    },
  )

  it('begin the next month anew, and count a whole one', async () => {
    const rule = compileRule('test', { limit: 5, period: 'month' })
    const counter = redisLimitStore(travel.connection).open(rule, 'months')
    const takes = async (...date: [number, number, number?, number?, number?, number?, number?]): Promise<unknown> => {
      await travel.set(Date.UTC(...date))
      const { allowed, remaining } = await counter.take('k', 2)
      return [allowed, remaining]
    }
    expect(await takes(2028, 1, 1)).toEqual([true, 3])
    expect(await takes(2028, 1, 29, 23, 59, 59, 999)).toEqual([true, 1])
    expect(await takes(2028, 1, 29, 23, 59, 59, 999)).toEqual([false, 1])
    expect(await takes(2028, 2, 1)).toEqual([true, 3])
    expect(await takes(2028, 2, 31, 23, 59, 59, 999)).toEqual([true, 1])
    expect(await takes(2028, 3, 1)).toEqual([true, 3])
  })

  it.each(RULES)(
    'H-142 block nobody for longer, and give nothing away, when the clock is set back or forward: %o',
    async (options) => {
      const rule = compileRule('test', options)
      const counter = redisLimitStore(travel.connection).open(rule, `clock ${JSON.stringify(options)}`)
      const fill = async (): Promise<number> => {
        let got = 0
        const unit = Math.max(1, Math.floor(rule.burst / 5))
        while ((await counter.take('k', unit)).allowed) got += unit
        return got
      }
      const most =
        Math.floor(rule.burst / Math.max(1, Math.floor(rule.burst / 5))) * Math.max(1, Math.floor(rule.burst / 5))
      await travel.set(BEGIN + 10 * DAY)
      expect(await fill()).toBe(most)
      // Back by an hour: what was taken stays taken, at least until it would have run out.
      const before = BEGIN + 10 * DAY - 3_600_000
      await travel.set(before)
      const refilled = await fill()
      expect(refilled).toBeLessThanOrEqual(most)
      const full = Math.ceil((rule.burst / rule.limit) * rule.windowMs)
      await travel.set(before + 2 * Math.max(rule.windowMs, full))
      expect(await fill()).toBe(most)
      await travel.set(before + 2 * Math.max(rule.windowMs, full) + DAY)
      expect(await fill()).toBeLessThanOrEqual(most)
    },
  )
})
