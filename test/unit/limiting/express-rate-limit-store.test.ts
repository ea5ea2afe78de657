import {
  createLimiter,
  type Decision,
  type EdgeEvents,
  EventHub,
  expressRateLimitStore,
  type LimitRule,
} from 'edgewise'
import { MemoryStore } from 'express-rate-limit'
import { describe, expect, it } from 'vitest'

const rule: LimitRule = { algorithm: 'fixed-window', limit: 3, windowMs: 60_000, burst: 3, period: null }

/** A store of the least that one must have. */
function least(change: object = {}): { readonly hits: Map<string, number> } {
  const hits = new Map<string, number>()
  const add = (key: string, by: number): number => {
    hits.set(key, (hits.get(key) ?? 0) + by)
    return hits.get(key)!
  }
  const store = {
    increment: (key: string) => ({ totalHits: add(key, 1), resetTime: undefined }),
    decrement: (key: string) => void add(key, -1),
    resetKey: (key: string) => void hits.delete(key),
  }
  return { hits, ...store, ...change }
}

describe('express-rate-limit’s own MemoryStore', () => {
  it('counts, says what is left and when it begins anew, gives back and forgets', async () => {
    const store = new MemoryStore()
    const limiter = createLimiter({ limit: 3, windowMs: 60_000, store })
    expect(limiter.rule.algorithm).toBe('fixed-window')
    const decisions: Decision[] = []
    for (let at = 0; at < 4; at++) decisions.push(await limiter.take('a'))
    expect(decisions.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ])
    expect(decisions[3]!.retryAfterMs).toBeGreaterThan(59_000)
    expect(decisions[3]!.retryAfterMs).toBeLessThanOrEqual(60_000)
    // It counts what was denied as well.
    expect(await store.get('a')).toMatchObject({ totalHits: 4 })
    await limiter.give('a', 2)
    expect(await limiter.peek('a')).toMatchObject({ allowed: true, remaining: 0 })
    await limiter.reset('a')
    expect(await limiter.peek('a')).toMatchObject({ allowed: true, remaining: 2, resetMs: 0 })
    store.shutdown()
  })

  it('takes several units or none', async () => {
    const store = new MemoryStore()
    const limiter = createLimiter({ limit: 3, store })
    expect(await limiter.take('a', 2)).toMatchObject({ allowed: true, remaining: 1 })
    expect(await limiter.take('a', 2)).toMatchObject({ allowed: false, remaining: 1 })
    expect(await limiter.take('a', 1)).toMatchObject({ allowed: true, remaining: 0 })
    expect(await limiter.take('a', 4)).toMatchObject({ allowed: false, retryAfterMs: Number.POSITIVE_INFINITY })
    expect(await limiter.take('a', 0)).toMatchObject({ allowed: true })
    store.shutdown()
  })
})

describe('expressRateLimitStore', () => {
  it('takes a store that has neither init nor get nor a time', async () => {
    const limiter = createLimiter({ limit: 1, windowMs: 5_000, store: least() as never })
    expect(await limiter.peek('a')).toMatchObject({ allowed: true })
    expect(await limiter.take('a')).toMatchObject({ allowed: true, resetMs: 5_000 })
    expect(await limiter.take('a')).toMatchObject({ allowed: false, retryAfterMs: 5_000 })
  })

  it.each(['sliding-window', 'sliding-log', 'token-bucket', 'gcra'] as const)('refuses %s', (algorithm) => {
    expect(() => createLimiter({ algorithm, limit: 1, store: least() as never })).toThrow('"algorithm"')
  })

  it('refuses a period, a second limit on one store, and what is no such store', () => {
    expect(() => createLimiter({ limit: 1, period: 'day', store: least() as never })).toThrow('"algorithm"')
    const store = least() as never
    createLimiter({ limit: 1, store })
    expect(() => createLimiter({ limit: 1, store })).toThrow('no other limit')
    expect(() => expressRateLimitStore(new Map() as never)).toThrow('"store"')
    expect(() => expressRateLimitStore(least() as never, { timeout: 5 } as never)).toThrow('timeoutMs')
  })

  it.each([
    ['a negative time left', { totalHits: 1, resetTime: new Date(0) }, 1],
    ['no time at all', { totalHits: 1, resetTime: new Date(Number.NaN) }, 60_000],
    ['a time years ahead', { totalHits: 1, resetTime: new Date(8e15) }, 60_000],
  ])('H-147 makes %s one from 1 ms to a window', async (_what, hits, resetMs) => {
    const counter = expressRateLimitStore(least({ increment: () => hits }) as never).open(rule, 'x')
    expect(await counter.take('a', 1)).toMatchObject({ allowed: true, resetMs })
  })

  it.each([Number.NaN, 0, -1, 1.5, '2', undefined])(
    'counts of %j are a store’s failure, no decision',
    async (totalHits) => {
      const counter = expressRateLimitStore(least({ increment: () => ({ totalHits }) }) as never).open(rule, 'x')
      await expect(counter.take('a', 1)).rejects.toThrow('hits')
    },
  )

  it('H-144 waits a bounded time, leaves it alone then, and tells of it', async () => {
    const events = new EventHub()
    const told: EdgeEvents['store'][] = []
    events.on('store', (event) => told.push(event))
    let asked = 0
    const hangs = least({
      increment: () => {
        asked += 1
        return new Promise(() => {})
      },
    })
    const store = expressRateLimitStore(hangs as never, { timeoutMs: 20 })
    const limiter = createLimiter({ name: 'x', algorithm: 'fixed-window', limit: 1, store, events })
    expect(await limiter.take('a')).toMatchObject({ allowed: true, degraded: 'local' })
    expect(await limiter.take('a')).toMatchObject({ allowed: false, degraded: 'local' })
    expect(asked).toBe(1)
    expect(told.map(({ why }) => why)).toEqual(['no answer within 20 ms'])
  })

  it('begins anew with a store whose init failed, and rejects nowhere unseen', async () => {
    let inits = 0
    const store = least({
      init: () => {
        inits += 1
        return inits === 1 ? Promise.reject(new Error('not there yet')) : undefined
      },
    })
    const limiter = createLimiter({ limit: 1, store: store as never, events: new EventHub() })
    await new Promise((resolve) => setImmediate(resolve))
    expect(await limiter.take('a')).toMatchObject({ allowed: true })
    expect(await limiter.take('a')).toMatchObject({ allowed: false })
    expect(inits).toBe(2)
    expect(store.hits.get('a')).toBe(2)
  })

  it('shuts a store down when closed', async () => {
    let shut = 0
    const shutdown = (): void => {
      shut += 1
    }
    await expressRateLimitStore(least({ shutdown }) as never).close()
    expect(shut).toBe(1)
  })
})
