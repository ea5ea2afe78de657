import {
  type LimitStore,
  limitsOf,
  memoryLimitStore,
  principalOf,
  type RateLimitOptions,
  rateLimit,
  reply,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { from, tried } from './kit.js'

const shown = ({ headers }: { headers: Readonly<Record<string, unknown>> }): unknown =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => /ratelimit|retry/.test(name)))

const at = (now: number, options: Partial<RateLimitOptions> & { readonly limit?: number } = {}) =>
  tried((events) =>
    rateLimit({
      algorithm: 'fixed-window',
      limit: 2,
      windowMs: 60_000,
      now: () => now,
      events,
      ...options,
    } as RateLimitOptions),
  )

describe('rateLimit', () => {
  it('lets pass what is within the limit, and says how it stands', async () => {
    const it = at(0)
    const answer = await it.ask()
    expect([answer.status, shown(answer)]).toEqual([
      200,
      {
        ratelimit: '"2-in-1min"; r=1; t=60',
        'ratelimit-policy': expect.stringMatching(/^"2-in-1min"; q=2; w=60; pk=:[A-Za-z0-9+/]{16}:$/),
      },
    ])
  })

  it('denies the rest with 429, Retry-After and nothing to store, and tells', async () => {
    const it = at(0)
    const [, , denied] = [await it.ask(), await it.ask(), await it.ask()]
    expect(denied!.status).toBe(429)
    expect(denied!.headers).toMatchObject({
      'retry-after': '60',
      ratelimit: '"2-in-1min"; r=0; t=60',
      'cache-control': 'no-store',
    })
    expect(it.told.denied).toMatchObject([{ filter: 'rateLimit', status: 429, why: 'limit "2-in-1min" was reached' }])
    expect(it.told.limited).toMatchObject([
      { limit: '2-in-1min', key: '192.0.2.1', cost: 1, retryAfterMs: 60_000, dryRun: false },
    ])
  })

  it('tells what each limit said, to whoever asks for that', async () => {
    const limits = [
      { name: 'burst', limit: 9, windowMs: 1_000 },
      { name: 'slow', limit: 1, windowMs: 60_000 },
    ]
    const said = async (options: Partial<RateLimitOptions>): Promise<string[]> => {
      const it = tried((events) => rateLimit({ limits, events, ...options } as RateLimitOptions))
      const told: string[] = []
      it.hub.on('limitDecision', ({ limit, decision }) => told.push(`${limit} ${decision}`))
      await it.statuses(2)
      return told
    }
    expect(await said({})).toEqual(['burst allowed', 'slow allowed', 'burst allowed', 'slow denied'])
    expect(await said({ dryRun: true })).toEqual(['burst allowed', 'slow allowed', 'burst allowed', 'slow dry-run'])
    expect(await said({ skip: () => true })).toEqual([])
  })

  it.each(['GET', 'HEAD', 'POST', 'OPTIONS'])('H-146 counts %s as any other', async (method) => {
    expect(await at(0).statuses(3, '/', { method })).toEqual([200, 200, 429])
  })

  it('counts a handshake once', async () => {
    expect(await at(0).statuses(3, '/', { upgrade: true })).toEqual([200, 200, 429])
  })

  it.each([
    [999.5, 1, '1'],
    [1, 1, '1'],
    [1_001, 2, '2'],
    [59_999, 60, '60'],
  ])('H-147 %d ms are %d seconds, never 0', async (left, _seconds, shownAs) => {
    let now = 0
    const it = tried((events) =>
      rateLimit({ algorithm: 'fixed-window', limit: 1, windowMs: 60_000, now: () => now, events }),
    )
    await it.ask()
    now = 60_000 - left
    const denied = await it.ask()
    expect(denied.headers['retry-after']).toBe(shownAs)
    expect(denied.headers['ratelimit']).toBe(`"1-in-1min"; r=0; t=${shownAs}`)
  })

  it('H-147 what can never pass has no Retry-After, and no field says Infinity', async () => {
    const denied = await at(0, { cost: 3 }).ask()
    expect([denied.status, denied.headers['retry-after']]).toEqual([429, undefined])
    expect(denied.headers['ratelimit']).toBe('"2-in-1min"; r=2; t=0')
  })

  it('H-147 windows shorter than a second are a second', async () => {
    const it = at(0, { windowMs: 20, limit: 1 })
    await it.ask()
    const denied = await it.ask()
    expect(denied.headers).toMatchObject({ 'retry-after': '1', ratelimit: '"1-in-0.02sec"; r=0; t=1' })
    expect(denied.headers['ratelimit-policy']).toContain('q=1; w=1;')
  })

  it('adds its fields to those of others, and writes the older drafts and X-RateLimit if asked to', async () => {
    const other = rateLimit({ limit: 9, name: 'inner' })
    const outer = rateLimit({ limit: 5, name: 'outer' })
    const answer = await outer(asked('/'), (exchange) =>
      other(exchange, async () => reply(200, '', { ratelimit: '"far"; r=1; t=1' })),
    )
    expect(answer.headers['ratelimit']).toEqual([
      '"far"; r=1; t=1',
      expect.stringContaining('"inner"; r=8'),
      expect.stringContaining('"outer"; r=4'),
    ])
    expect(shown(await at(0, { standardHeaders: 'draft-7' }).ask())).toEqual({
      ratelimit: 'limit=2, remaining=1, reset=60',
      'ratelimit-policy': '2;w=60',
    })
    expect(shown(await at(0, { standardHeaders: 'draft-6' }).ask())).toEqual({
      'ratelimit-policy': '2;w=60',
      'ratelimit-limit': '2',
      'ratelimit-remaining': '1',
      'ratelimit-reset': '60',
    })
    const legacy = await at(0, { standardHeaders: false, legacyHeaders: true }).ask()
    expect(shown(legacy)).toEqual({
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '1',
      'x-ratelimit-reset': expect.stringMatching(/^\d{10}$/),
    })
    expect(Number(legacy.headers['x-ratelimit-reset']) - Date.now() / 1_000).toBeGreaterThan(58)
    expect(shown(await at(0, { standardHeaders: false }).ask())).toEqual({})
  })

  it('with nothing to write answers what the next one does, untouched', async () => {
    const filter = rateLimit({ limit: 5, standardHeaders: false })
    const answer = Promise.resolve(reply(200))
    expect(filter(asked('/'), () => answer)).toBe(answer)
  })

  it('answers with another status, a text, JSON, or what a handler says', async () => {
    const denied = async (options: Partial<RateLimitOptions>) => {
      const it = at(0, { limit: 1, ...options } as never)
      await it.ask()
      return it.ask()
    }
    expect(await denied({ statusCode: 503, message: 'later' })).toMatchObject({
      status: 503,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '60', 'cache-control': 'no-store' },
    })
    const json = await denied({ message: { error: 'slow' } })
    expect([json.headers['content-type'], Buffer.from((json.body as { bytes: Uint8Array }).bytes).toString()]).toEqual([
      'application/json',
      '{"error":"slow"}',
    ])
    const own = await denied({
      handler: (_exchange, limits) => reply(418, limits[0]!.name, { 'retry-after': '7' }),
    })
    expect(own).toMatchObject({ status: 418, headers: { 'retry-after': '7', ratelimit: expect.any(String) } })
  })

  it('skips, counts by cost, and lets both be promises', async () => {
    const it = at(0, {
      limit: 10,
      skip: async ({ target }) => target.path === '/free',
      cost: async ({ method }) => (method === 'POST' ? 6 : 0),
    })
    expect(await it.statuses(3, '/free', { method: 'POST' })).toEqual([200, 200, 200])
    expect(await it.statuses(2, '/', { method: 'POST' })).toEqual([200, 429])
    expect(await it.statuses(2, '/')).toEqual([200, 200])
    expect(shown(await it.ask('/free'))).toEqual({})
  })

  it('takes a limit by who asks, each number with counts of its own', async () => {
    const it = at(0, {
      limit: (({ headers }: { headers: Record<string, string> }) => Number(headers['x-plan'])) as never,
    })
    expect(await it.statuses(2, '/', { headers: { 'x-plan': '1' } })).toEqual([200, 429])
    expect(await it.statuses(3, '/', { headers: { 'x-plan': '2' } })).toEqual([200, 200, 429])
    expect(shown(await it.ask('/', { ...from('192.0.2.9'), headers: { 'x-plan': '2' } }))).toMatchObject({
      ratelimit: '"limit-in-1min"; r=1; t=60',
    })
    await expect(it.ask('/', { headers: { 'x-plan': '0' } })).rejects.toThrow('"limit" is 0')
    let number = 100
    const many = at(0, { limit: (async () => number++) as never })
    for (let made = 0; made < 100; made++) await many.ask()
    await expect(many.ask()).rejects.toThrow('100 numbers')
  })

  it('dry runs count, tell and deny nobody', async () => {
    const it = at(0, { dryRun: true })
    expect(await it.statuses(4)).toEqual([200, 200, 200, 200])
    expect(it.told.limited.map(({ dryRun }) => dryRun)).toEqual([true, true])
    expect(it.told.denied).toEqual([])
    expect(shown(await it.ask())).toEqual({})
  })

  it.each([
    ['keyGenerator', { keyGenerator: () => Promise.reject(new Error('boom')) }],
    ['keyGenerator', { keyGenerator: () => fail() }],
    ['skip', { skip: () => fail() }],
    ['skip', { skip: () => Promise.reject(new Error('boom')) }],
    ['cost', { cost: () => fail() }],
    ['cost after a key that is late', { keyGenerator: async () => 'a', cost: () => fail() }],
    ['cost after a key that fails', { keyGenerator: () => Promise.reject(new Error('boom')), cost: () => fail() }],
    ['limit', { limit: () => fail() }],
  ])('a %s that throws fails that exchange alone', async (_what, options) => {
    await expect(at(0, options as never).ask()).rejects.toThrow('boom')
  })

  it.each([-1, 1.5, Number.NaN, '2'])('a cost of %o is an error, not a free ride', async (cost) => {
    await expect(at(0, { cost: () => cost as number }).ask()).rejects.toMatchObject({ code: 'ERR_EDGE_BAD_VALUE' })
  })

  it('tells the application where limits stand', async () => {
    const exchange = asked('/')
    await at(0).send(exchange)
    expect(limitsOf(exchange)).toEqual([
      { name: '2-in-1min', limit: 2, used: 1, remaining: 1, resetMs: 60_000, key: '192.0.2.1' },
    ])
    expect(limitsOf(asked('/'))).toEqual([])
    expect(limitsOf(undefined)).toEqual([])
    expect(principalOf(exchange)).toBeUndefined()
  })

  it('tells of a key, and forgets it', async () => {
    const filter = rateLimit({ limit: 2, algorithm: 'fixed-window' })
    await filter(asked('/'), async () => reply(200))
    expect(await filter.getKey('192.0.2.1')).toMatchObject([{ used: 1, remaining: 1 }])
    await filter.resetKey('192.0.2.1')
    expect(await filter.getKey('192.0.2.1')).toMatchObject([{ used: 0, remaining: 2 }])
  })

  it('explains without taking', async () => {
    const filter = rateLimit({ limit: 1 })
    expect(filter.explain!(asked('/'))).toEqual({ verdict: 'pass', why: 'all limits have units left' })
    expect(filter.explain!(asked('/')).verdict).toBe('pass')
    await filter(asked('/'), async () => reply(200))
    expect(filter.explain!(asked('/'))).toEqual({ verdict: 'deny', why: 'limit "1-in-1min" is reached' })
    expect(rateLimit({ limit: 1, skip: () => true }).explain!(asked('/')).verdict).toBe('pass')
    const failing = { keyGenerator: () => Promise.reject(new Error('boom')) }
    expect(rateLimit({ limit: 1, ...failing }).explain!(asked('/')).verdict).toBe('depends')
    expect(rateLimit({ limit: 1, missingKey: 'deny' }).explain!(asked('/', from(''))).verdict).toBe('deny')
    expect(rateLimit({ limit: 1, skip: async () => true }).explain!(asked('/')).verdict).toBe('depends')
    const dry = rateLimit({ limit: 1, dryRun: true })
    await dry(asked('/'), async () => reply(200))
    expect(dry.explain!(asked('/'))).toMatchObject({ verdict: 'pass', why: expect.stringContaining('reached') })
  })
})

describe('several limits', () => {
  const limits = [
    { name: 'minute', limit: 2, windowMs: 60_000, algorithm: 'fixed-window' },
    { name: 'all', limit: 3, windowMs: 3_600_000, algorithm: 'fixed-window', keyGenerator: 'all' },
  ] as const

  it('must all have units left: what one denies, no other counts', async () => {
    const filter = rateLimit({ limits, now: () => 0 })
    const ask = async (address: string) => (await filter(asked('/', from(address)), async () => reply(200))).status
    expect([await ask('192.0.2.1'), await ask('192.0.2.1'), await ask('192.0.2.1')]).toEqual([200, 200, 429])
    expect(await filter.getKey('all')).toMatchObject([{}, { name: 'all', used: 2 }])
    expect([await ask('192.0.2.2'), await ask('192.0.2.2')]).toEqual([200, 429])
    // The first limit got back what the second denied.
    expect(await filter.getKey('192.0.2.2')).toMatchObject([{ name: 'minute', used: 1 }, {}])
    const denied = asked('/', from('192.0.2.2'))
    await filter(denied, async () => reply(200))
    expect(limitsOf(denied)).toMatchObject([
      { name: 'minute', used: 1 },
      { name: 'all', used: 3, remaining: 0 },
    ])
  })

  it('show all that were asked', async () => {
    const it = at(0, { limit: undefined, windowMs: undefined, algorithm: undefined, limits } as never)
    expect((await it.ask()).headers['ratelimit']).toEqual(['"minute"; r=1; t=60', '"all"; r=2; t=3600'])
    const exchange = asked('/', from('192.0.2.8'))
    await it.send(exchange)
    expect(limitsOf(exchange).map(({ name, remaining }) => [name, remaining])).toEqual([
      ['minute', 1],
      ['all', 1],
    ])
  })

  it('give back what they took when a later one fails, or is late to deny', async () => {
    const memory = memoryLimitStore({ now: () => 0 })
    let fails = true
    const late: LimitStore = {
      name: 'late',
      close: () => {},
      open(rule, name) {
        const counter = memory.open(rule, name)
        return {
          ...counter,
          peek: (...of) => counter.peek(...of),
          give: (...of) => counter.give(...of),
          reset: (...of) => counter.reset(...of),
          take: async (...of) => {
            if (fails && name === 'all') throw new Error('away')
            return counter.take(...of)
          },
        }
      },
    }
    const filter = rateLimit({
      limits,
      store: late,
      onStoreError: 'closed',
      events: tried(() => async (e, n) => n(e)).hub,
    })
    const ask = () => filter(asked('/'), async () => reply(200))
    await expect(ask()).rejects.toMatchObject({ code: 'ERR_EDGE_STORE', status: 503 })
    expect(await filter.getKey('192.0.2.1')).toMatchObject([{ used: 0 }, {}])
    fails = false
    expect((await ask()).status).toBe(200)
    expect(await filter.getKey('192.0.2.1')).toMatchObject([{ used: 1 }, {}])
  })

  it('say nothing of a limit that nobody counted', async () => {
    const away: LimitStore = {
      name: 'away',
      close: () => {},
      open: () => ({ take: () => Promise.reject(new Error()) }) as never,
    }
    const filter = rateLimit({ limits, store: away, onStoreError: 'open' })
    const answer = await filter(asked('/'), async () => reply(200))
    expect([answer.status, shown(answer)]).toEqual([200, {}])
  })
})

describe('options', () => {
  const store = memoryLimitStore()
  it.each<readonly [string, unknown]>([
    ['limit', {}],
    ['limit', { limit: 0 }],
    ['max', { limit: 1, max: 5 }],
    ['limits', { limits: [] }],
    ['limits', { limits: {} }],
    ['limit', { limits: [{}] }],
    ['limit', { limit: 5, limits: [{ limit: 1 }] }],
    ['name', { limits: [{ limit: 1 }, { limit: 1 }] }],
    ['name', { limit: 1, store }],
    ['name', { limit: () => 1, store }],
    ['name', { limit: 1, name: 'a"b' }],
    ['windowMs', { limit: 1, windowMs: 0 }],
    ['windowMs', { limit: () => 1, windowMs: 0 }],
    ['burst', { limit: () => 1, algorithm: 'fixed-window', burst: 3 }],
    ['statusCode', { limit: 1, statusCode: 200 }],
    ['standardHeaders', { limit: 1, standardHeaders: 'draft-9' }],
    ['standardHeaders', { limit: 1, standardHeaders: true }],
    ['ipv6Subnet', { limit: 1, ipv6Subnet: 128 }],
    ['message', { limit: 1, message: 5 }],
    ['cost', { limit: 1, cost: -1 }],
    ['missingKey', { limit: 1, missingKey: 'drop' }],
    ['store', { limit: 1, name: 'x', store: {} }],
  ])('refuses a wrong %s', (option, options) => {
    expect(() => rateLimit(options as RateLimitOptions)).toThrow(new RegExp(`rateLimit.*"${option}"`))
  })
})

function fail(): never {
  throw new Error('boom')
}
