import {
  createLimiter,
  type Decision,
  EdgeError,
  type EdgeEvents,
  EventHub,
  type LimitCounter,
  type LimiterDecision,
  type LimitStore,
} from 'edgewise'
import { describe, expect, it } from 'vitest'

type Fails = (what: string) => Promise<never>

const pass: Decision = { allowed: true, limit: 2, remaining: 1, resetMs: 5, retryAfterMs: 0 }

/** A store that fails as it is told, and writes down what it was asked. */
function failing(how: { fails: Fails | null }): LimitStore & { readonly asked: string[] } {
  const asked: string[] = []
  const answer =
    <T>(what: string, value: T) =>
    (key: string, cost?: number): T | Promise<never> => {
      asked.push(`${what} ${key} ${cost ?? ''}`.trim())
      return how.fails?.(what) ?? value
    }
  const counter: LimitCounter = {
    take: answer('take', pass),
    peek: answer('peek', pass),
    give: answer('give', undefined),
    reset: answer('reset', undefined),
  }
  return { name: 'far', asked, open: () => counter, close: () => {} }
}

const rejects: Fails = () => Promise.reject(new Error('boom'))
const throws: Fails = () => {
  throw new Error('boom')
}

describe.each([
  ['rejects', rejects],
  ['throws', throws],
] as const)('a store that %s', (_how, fails) => {
  it('by default is stood in for by this process’s own counts, until it is back', async () => {
    const how: { fails: Fails | null } = { fails }
    const store = failing(how)
    const limiter = createLimiter({ name: 'x', limit: 2, store, events: new EventHub() })
    const taken = [await limiter.take('a'), await limiter.take('a'), await limiter.take('a')]
    expect(taken.map(({ allowed, degraded }) => [allowed, degraded])).toEqual([
      [true, 'local'],
      [true, 'local'],
      [false, 'local'],
    ])
    expect(await limiter.peek('a')).toMatchObject({ allowed: false, degraded: 'local' })
    how.fails = null
    expect(await limiter.take('a')).toBe(pass)
    // What this process counted goes back to its own counts, not to the store, which would be one too many there.
    await limiter.give('a', 1, taken[0])
    expect(store.asked.filter((each) => each.startsWith('give'))).toEqual([])
    how.fails = fails
    expect(await limiter.take('a')).toMatchObject({ allowed: true, degraded: 'local' })
  })

  it('lets everybody pass if that is wanted, and says so', async () => {
    const limiter = createLimiter({
      name: 'x',
      limit: 1,
      store: failing({ fails }),
      onStoreError: 'open',
      events: new EventHub(),
    })
    for (let at = 0; at < 3; at++)
      expect(await limiter.take('a')).toEqual({
        allowed: true,
        limit: 1,
        remaining: 1,
        resetMs: 0,
        retryAfterMs: 0,
        degraded: 'open',
      })
    await limiter.give('a', 1, (await limiter.take('a')) as LimiterDecision)
  })

  it('lets nobody pass if that is wanted, which is a 503 and no 429', async () => {
    const limiter = createLimiter({
      name: 'x',
      limit: 1,
      store: failing({ fails }),
      onStoreError: 'closed',
      events: new EventHub(),
    })
    const error = await Promise.resolve(limiter.take('a')).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(EdgeError)
    expect(error).toMatchObject({ code: 'ERR_EDGE_STORE', status: 503 })
  })

  it('is told of once a second, not once a request', async () => {
    const events = new EventHub()
    const told: EdgeEvents['store'][] = []
    events.on('store', (event) => told.push(event))
    const limiter = createLimiter({ name: 'x', limit: 1, store: failing({ fails }), events })
    for (let at = 0; at < 50; at++) await limiter.take('a')
    await limiter.give('a')
    expect(told).toEqual([{ store: 'far', change: 'refused', why: 'boom' }])
  })

  it('that tells of itself is not told of twice', async () => {
    const events = new EventHub()
    const told: unknown[] = []
    events.on('store', (event) => told.push(event))
    const known: Fails = () => Promise.reject(new EdgeError('ERR_EDGE_STORE', 'down'))
    const limiter = createLimiter({ name: 'x', limit: 1, store: failing({ fails: known }), events })
    expect(await limiter.take('a')).toMatchObject({ degraded: 'local' })
    expect(told).toEqual([])
  })
})
