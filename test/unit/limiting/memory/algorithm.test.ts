import { createLimiter, type LimiterDecision } from 'edgewise'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { algorithms, held } from '../kit.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR

afterEach(() => void vi.useRealTimers())

describe('H-142 clocks', () => {
  it.each(algorithms)(
    'H-142 %s does not look at the time of day: a step of it neither blocks nor refills',
    (algorithm) => {
      const limiter = createLimiter({ algorithm, limit: 2, windowMs: HOUR })
      const take = (): boolean => (limiter.take('a') as LimiterDecision).allowed
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
      expect([take(), take(), take()]).toEqual([true, true, false])
      for (const step of [-HOUR, DAY, 365 * DAY]) {
        vi.setSystemTime(Date.now() + step)
        expect(take()).toBe(false)
      }
    },
  )

  it.each(algorithms)(
    'H-142 %s on a clock that steps back an hour blocks for a window or two, and gives nothing',
    (algorithm) => {
      const it = held({ algorithm, limit: 2, windowMs: 1_000 }, 2 * HOUR)
      it.drain()
      it.time -= HOUR
      expect(it.take().allowed).toBe(false)
      it.time += 2_000
      expect(it.drain()).toBe(2)
    },
  )

  it.each(algorithms)('H-142 %s on a clock that steps on by a day gives one burst', (algorithm) => {
    const it = held({ algorithm, limit: 2, windowMs: 1_000 })
    it.drain()
    it.time += DAY
    expect(it.drain()).toBe(2)
  })

  it('H-142 a period of the calendar is over when it is, and a step back within it gives nothing', () => {
    const it = held({ limit: 2, period: 'day' })
    expect(it.take()).toMatchObject({ resetMs: 12 * HOUR })
    it.drain()
    it.wall -= HOUR
    expect(it.take()).toMatchObject({ allowed: false, retryAfterMs: 13 * HOUR })
    it.wall += 13 * HOUR - 1
    expect(it.take().allowed).toBe(false)
    it.wall += 1
    expect(it.drain()).toBe(2)
  })

  it('H-142 a step back over many periods blocks to the end of the one it leads to, and no longer', () => {
    const it = held({ limit: 2, period: 'hour' })
    it.drain()
    it.wall -= 365 * DAY
    expect(it.take()).toMatchObject({ allowed: false, retryAfterMs: HOUR })
    it.wall += HOUR
    expect(it.drain()).toBe(2)
  })

  it('H-142 a step on by a day and back again gives one period’s units, not two', () => {
    const it = held({ limit: 2, period: 'day' })
    it.drain()
    it.wall += DAY
    expect(it.drain()).toBe(2)
    it.wall -= DAY
    expect(it.drain()).toBe(0)
  })

  it.each([
    ['second', '2026-01-31T12:00:01.000Z'],
    ['minute', '2026-01-31T12:01:00.000Z'],
    ['hour', '2026-01-31T13:00:00.000Z'],
    ['day', '2026-02-01T00:00:00.000Z'],
    ['month', '2026-02-01T00:00:00.000Z'],
  ] as const)('the %s of noon on 31 January 2026 ends at %s', (period, end) => {
    const it = held({ limit: 2, period })
    const { resetMs } = it.take()
    expect(new Date(it.wall + resetMs).toISOString()).toBe(end)
  })

  it('months are as long as they are', () => {
    const it = held({ limit: 1, period: 'month' })
    const ends = Array.from({ length: 5 }, () => {
      it.wall += it.take().resetMs
      return new Date(it.wall).toISOString().slice(0, 10)
    })
    expect(ends).toEqual(['2026-02-01', '2026-03-01', '2026-04-01', '2026-05-01', '2026-06-01'])
  })
})
