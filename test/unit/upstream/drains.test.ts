import { createPool } from 'edgewise'
import { describe, expect, it, vi } from 'vitest'
import { fakeExchange, good, named, take } from './pool-kit.js'

async function withTimers(run: () => Promise<void>): Promise<void> {
  vi.useFakeTimers()
  try {
    await run()
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
}

describe('a drain', () => {
  it('H-113 is done at once where nothing is under way', async () => {
    const pool = createPool({ name: 'test', endpoints: named('a', 'b') })
    expect(await pool.drain('a', { deadlineMs: 10 })).toBe(true)
    expect(await pool.remove('b')).toBe(true)
  })

  it('H-113 says whether the last request was done before the deadline', () =>
    withTimers(async () => {
      const pool = createPool({ name: 'test', endpoints: named('a') })
      const [first, second] = [take(pool), take(pool)]
      const [soon, late] = [pool.drain('a', { deadlineMs: 100 }), pool.drain('a', { deadlineMs: 1_000 })]
      first.release(good)
      vi.advanceTimersByTime(100)
      expect(await soon).toBe(false)
      expect(second.endpoint.inFlight).toBe(1)
      second.release(good)
      expect(await late).toBe(true)
    }))

  it('H-113 cuts at the deadline only what it is told to', () =>
    withTimers(async () => {
      const pool = createPool({ name: 'test', endpoints: named('a', 'b') })
      const exchanges = Array.from({ length: 4 }, () => fakeExchange())
      const leases = exchanges.map((exchange) => pool.acquire(exchange)) as ReturnType<typeof take>[]
      const there = (name: string) => exchanges.filter((_, at) => leases[at]!.endpoint.name === name)
      leases.find(({ endpoint }) => endpoint.name === 'a')!.release(good)
      const [whole, cut] = [pool.drain('b', { deadlineMs: 100 }), pool.remove('a', { deadlineMs: 100, cut: true })]
      vi.advanceTimersByTime(100)
      expect(await Promise.all([whole, cut])).toEqual([false, false])
      expect(there('b').map(({ cancel }) => cancel.aborted)).toEqual([false, false])
      // The one whose lease had come back is left alone.
      expect(there('a').map(({ cancel }) => cancel.reason)).toEqual([
        null,
        expect.objectContaining({ code: 'ERR_EDGE_CLOSING', status: 503 }),
      ])
    }))

  it('H-113 is over when the endpoint is to take traffic again', async () => {
    const pool = createPool({ name: 'test', endpoints: named('a') })
    take(pool)
    const drained = pool.drain('a')
    pool.ready('a')
    expect(await drained).toBe(false)
  })

  it('refuses a deadline that no timer takes', () => {
    const pool = createPool({ name: 'test', endpoints: named('a') })
    expect(() => pool.drain('a', { deadlineMs: -1 })).toThrow(/drain.*deadlineMs.*-1/)
    expect(() => pool.remove('a', { deadline: 5 } as never)).toThrow(/remove.*Did you mean "deadlineMs"/)
  })
})
