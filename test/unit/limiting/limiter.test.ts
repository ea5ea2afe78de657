import { createLimiter, EdgeError, type LimitAlgorithm, type LimiterDecision, type LimiterOptions } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { algorithms, held } from './kit.js'

const shown = ({ allowed, remaining, resetMs, retryAfterMs }: LimiterDecision): unknown[] => [
  allowed,
  remaining,
  resetMs,
  retryAfterMs,
]

describe.each(algorithms)('a limiter by %s', (algorithm) => {
  it('lets as many pass as the limit, each key on its own', () => {
    const it = held({ algorithm, limit: 3, windowMs: 1_000 })
    expect([1, 2, 3, 4].map(() => it.take()).map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ])
    expect(it.take('b')).toMatchObject({ allowed: true, remaining: 2, limit: 3 })
  })

  it('says when units are there again, and keeps to it to the millisecond', () => {
    const it = held({ algorithm, limit: 7, windowMs: 1_000 }, 1_000_123)
    for (let round = 0; round < 50; round++) {
      const cost = 1 + (round % 5)
      const { allowed, retryAfterMs } = it.take('a', cost)
      expect(allowed ? retryAfterMs === 0 : Number.isInteger(retryAfterMs) && retryAfterMs >= 1).toBe(true)
      if (allowed) continue
      it.time += retryAfterMs - 1
      if (retryAfterMs > 1) expect(it.peek('a', cost).allowed).toBe(false)
      it.time += 1
      expect(it.take('a', cost).allowed).toBe(true)
    }
  })

  it('says when nothing counts any more, and keeps to it', () => {
    const it = held({ algorithm, limit: 7, windowMs: 1_000 }, 1_000_123)
    it.take('a', 3)
    it.time += 55
    const { resetMs } = it.take('a', 2)
    it.time += resetMs
    expect(it.peek('a', 7)).toMatchObject({ allowed: true, remaining: 0 })
    expect(it.peek('a', 0)).toMatchObject({ remaining: 7, resetMs: 0 })
  })

  it('takes all units or none, and those that can never be there it denies for ever', () => {
    const it = held({ algorithm, limit: 5, windowMs: 1_000 })
    expect(it.take('a', 3)).toMatchObject({ allowed: true, remaining: 2 })
    expect(it.take('a', 3)).toMatchObject({ allowed: false, remaining: 2 })
    expect(it.take('a', 2)).toMatchObject({ allowed: true, remaining: 0 })
    expect(it.take('a', 6)).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: Number.POSITIVE_INFINITY })
    expect(it.take('b', 6)).toMatchObject({ allowed: false, remaining: 5, retryAfterMs: Number.POSITIVE_INFINITY })
    expect(it.take('b', 0)).toMatchObject({ allowed: true, remaining: 5 })
  })

  it('peeks without taking, gives back, and forgets', () => {
    const it = held({ algorithm, limit: 2, windowMs: 1_000 })
    expect([it.peek(), it.peek()].map(({ remaining }) => remaining)).toEqual([1, 1])
    it.drain()
    expect(it.peek().allowed).toBe(false)
    void it.limiter.give('a')
    expect(it.take()).toMatchObject({ allowed: true, remaining: 0 })
    void it.limiter.give('a', 99)
    expect(it.peek('a', 0)).toMatchObject({ remaining: 2 })
    it.drain()
    void it.limiter.reset('a')
    expect(it.take()).toMatchObject({ allowed: true, remaining: 1 })
    void it.limiter.give('never seen', 5)
    expect(it.take('never seen')).toMatchObject({ remaining: 1 })
  })

  it('keeps its numbers with limits that divide no window evenly', () => {
    const it = held({ algorithm, limit: 3, windowMs: 1_000 }, 987_654_321.123)
    for (let window = 0; window < 200; window++) {
      it.time += it.peek('a', 3).retryAfterMs
      expect(it.drain()).toBe(3)
      it.time += 100.1
      it.drain()
    }
  })
})

describe('what algorithms tell apart', () => {
  it.each<readonly [LimitAlgorithm, Partial<LimiterOptions>, unknown[], unknown[]]>([
    ['fixed-window', {}, [true, 0, 500, 0], [false, 0, 500, 500]],
    ['sliding-window', {}, [true, 0, 1_500, 0], [false, 0, 1_500, 1_000]],
    ['sliding-log', {}, [true, 0, 1_000, 0], [false, 0, 1_000, 500]],
    ['token-bucket', {}, [true, 0, 1_000, 0], [false, 0, 1_000, 500]],
    ['gcra', { burst: 3 }, [true, 1, 1_000, 0], [true, 0, 1_500, 0]],
  ])('by %s %o', (algorithm, options, third, fourth) => {
    const it = held({ algorithm, limit: 2, windowMs: 1_000, ...options })
    it.take()
    it.time += 500
    expect([it.take(), it.take()].map(shown)).toEqual(
      algorithm === 'token-bucket' || algorithm === 'gcra'
        ? [[true, third[1] === 1 ? 2 : 1, 500, 0], third]
        : [third, fourth],
    )
    if (algorithm === 'token-bucket' || algorithm === 'gcra') expect(shown(it.take())).toEqual(fourth)
  })

  it('H-141 a fixed window lets twice the limit pass within a millisecond around its edge; the others hold it', () => {
    const around = algorithms.map((algorithm) => {
      const it = held({ algorithm, limit: 10, windowMs: 1_000 })
      // The first unit begins the fixed window that ends a second later.
      it.take()
      it.time += 999.5
      const before = it.drain()
      it.time += 1
      return [algorithm, before + it.drain()]
    })
    expect(Object.fromEntries(around)).toEqual({
      'fixed-window': 19,
      'sliding-window': 9,
      'sliding-log': 10,
      'token-bucket': 10,
      gcra: 10,
    })
  })
})

describe('createLimiter', () => {
  const store = { name: 'x', open: () => ({}) as never, close: () => {} }
  it.each<readonly [string, LimiterOptions]>([
    ['limit', {} as LimiterOptions],
    ['limit', { limit: 0 }],
    ['limit', { limit: 1.5 }],
    ['limit', { limit: 10_001, algorithm: 'sliding-log' }],
    ['algorithm', { limit: 1, algorithm: 'leaky' as never }],
    ['windowMs', { limit: 1, windowMs: 0 }],
    ['windowMs', { limit: 1, windowMs: 1_000, period: 'day' }],
    ['period', { limit: 1, algorithm: 'gcra', period: 'day' }],
    ['period', { limit: 1, period: 'week' as never }],
    ['burst', { limit: 1, burst: 2 }],
    ['name', { limit: 1, store }],
    ['now', { limit: 1, name: 'x', store, now: () => 0 }],
    ['store', { limit: 1, name: 'x', store: {} as never }],
    ['onStoreError', { limit: 1, onStoreError: 'ignore' as never }],
    ['window', { limit: 1, window: 5 } as never],
  ])('refuses a wrong %s: %o', (option, options) => {
    expect(() => createLimiter(options)).toThrow(EdgeError)
    expect(() => createLimiter(options)).toThrow(`"${option}"`)
  })

  it.each([
    ['key', ['']],
    ['key', [undefined]],
    ['key', [{}]],
    ['cost', ['a', -1]],
    ['cost', ['a', Number.NaN]],
    ['cost', ['a', 1.5]],
    ['cost', ['a', Number.POSITIVE_INFINITY]],
  ])('H-140 what is no %s is an error, never a key of its own: %o', (what, given) => {
    const limiter = createLimiter({ limit: 1 })
    expect(() => limiter.take(...(given as [string, number]))).toThrow(`limiter's ${what}`)
  })

  it('keeps long keys short, and apart', () => {
    const it = held({ limit: 1 })
    const long = 'x'.repeat(100_000)
    expect([it.take(`${long}1`), it.take(`${long}2`), it.take(`${long}1`)].map(({ allowed }) => allowed)).toEqual([
      true,
      true,
      false,
    ])
  })

  it('has a rule with all filled in', () => {
    expect(createLimiter({ limit: 5 }).rule).toEqual({
      algorithm: 'sliding-window',
      limit: 5,
      windowMs: 60_000,
      burst: 5,
      period: null,
    })
    expect(createLimiter({ limit: 5, period: 'month' }).rule).toMatchObject({
      algorithm: 'fixed-window',
      windowMs: 30 * 86_400_000,
    })
  })
})
