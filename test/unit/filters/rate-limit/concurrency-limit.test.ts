import { type ConcurrencyLimiting, type ConcurrencyLimitOptions, concurrencyLimit } from 'edgewise'
import type { TestExchange } from 'edgewise/testing'
import { describe, expect, it } from 'vitest'
import { fakeClock, seededRandom } from '../../../support/index.js'
import { type Asked, asked } from '../../asked.js'
import { from, tried } from './kit.js'

/** A filter, and requests that stay under way until they are ended. */
function limited(options: ConcurrencyLimitOptions) {
  const clock = fakeClock()
  let filter: ConcurrencyLimiting
  const it = tried((events) => (filter = concurrencyLimit({ clock, events, ...options })))
  const sent = (odd: Asked = {}): { readonly exchange: TestExchange; readonly status: Promise<number | string> } => {
    const exchange = asked('/', odd)
    const status = it.send(exchange).then(
      (answer) => answer.status,
      (error: Error) => error.message,
    )
    return { exchange, status }
  }
  return { ...it, clock, sent, filter: filter! }
}

describe('a concurrency limit', () => {
  it('lets as many be under way as it says, each key on its own, and more as they end', async () => {
    const it = limited({ limit: 2 })
    const [one, two, three] = [it.sent(), it.sent(), it.sent()]
    expect(await Promise.all([one, two, three].map(({ status }) => status))).toEqual([200, 200, 429])
    expect(await it.sent(from('192.0.2.2')).status).toBe(200)
    expect(it.filter.active).toBe(3)
    one.exchange.settle({ status: 200 })
    expect(await it.sent().status).toBe(200)
    expect(it.told.denied).toMatchObject([{ filter: 'concurrencyLimit', status: 429 }])
  })

  it('denies with Retry-After, or another status', async () => {
    const it = limited({ limit: 1, statusCode: 503 })
    await it.sent().status
    expect(await it.ask()).toMatchObject({ status: 503, headers: { 'retry-after': '1', 'cache-control': 'no-store' } })
  })

  it('lets wait in line, first come first served, so many and so long', async () => {
    const it = limited({ limit: 1, queue: { max: 2, maxWaitMs: 1_000 } })
    const [one, two, three, four] = [it.sent(), it.sent(), it.sent(), it.sent()]
    expect([await one.status, await four.status]).toEqual([200, 429])
    expect(it.filter.waiting).toBe(2)
    one.exchange.settle({ status: 200 })
    expect(await two.status).toBe(200)
    await it.clock.advance(999)
    expect(it.filter.waiting).toBe(1)
    await it.clock.advance(1)
    expect(await three.status).toBe(429)
    two.exchange.settle({ status: 200 })
    for (const { exchange } of [three, four]) exchange.settle({ status: 429 })
    expect([it.filter.active, it.filter.waiting, it.clock.pending]).toEqual([0, 0, 0])
  })

  it('lets who leaves while waiting go, and takes no turn for it', async () => {
    const it = limited({ limit: 1, queue: {} })
    const [one, two, three] = [it.sent(), it.sent(), it.sent()]
    two.exchange.leave()
    expect(await two.status).toBe('the client left')
    one.exchange.settle({ status: 200 })
    expect(await three.status).toBe(200)
    three.exchange.settle({ status: 200 })
    expect([it.filter.active, it.filter.waiting, it.clock.pending]).toEqual([0, 0, 0])
  })

  it('H-146 H-110 ten thousand that end in all ways leave nothing behind', async () => {
    const random = seededRandom(3)
    const it = limited({ limit: 3, queue: { max: 4, maxWaitMs: 50 }, keyGenerator: [{ header: 'x-key' }, 'path'] })
    const under: ReturnType<typeof it.sent>[] = []
    const ended = new Set<TestExchange>()
    const end = ({ exchange }: (typeof under)[number]): void => {
      ended.add(exchange)
      const how = random()
      if (how < 0.3) exchange.leave()
      else exchange.settle({ status: how < 0.6 ? 200 : how < 0.8 ? null : 101, who: how < 0.7 ? null : 'upstream' })
    }
    for (let made = 0; made < 10_000; made++) {
      const headers: Record<string, string> = random() < 0.5 ? { 'x-key': `${Math.floor(random() * 5)}` } : {}
      const upgrade = random() < 0.2
      under.push(it.sent({ ...from(`192.0.2.${Math.floor(random() * 4)}`), headers, upgrade }))
      if (under.length > 12) end(under.splice(Math.floor(random() * under.length), 1)[0]!)
      if (made % 50 === 0) await it.clock.advance(10)
    }
    for (const each of under.splice(0)) end(each)
    await it.clock.advance(50)
    expect([it.filter.active, it.filter.waiting, it.clock.pending]).toEqual([0, 0, 0])
    expect(ended.size).toBe(10_000)
  })

  it('H-148 a field that goes round is limited by address as well', async () => {
    const it = limited({ limit: 1, keyGenerator: { header: 'x-api-key' } })
    const statuses = await Promise.all([1, 2, 3].map((at) => it.sent({ headers: { 'x-api-key': `${at}` } }).status))
    expect(statuses).toEqual([200, 429, 429])
  })

  it.each([
    ['shared', [200, 429]],
    ['pass', [200, 200]],
    ['deny', [429, 429]],
  ] as const)('H-140 without a key: %s', async (missingKey, statuses) => {
    const it = limited({ limit: 1, missingKey })
    expect(await Promise.all([it.sent(from('')).status, it.sent(from('')).status])).toEqual(statuses)
    expect(it.told.fault).toMatchObject([{ where: 'concurrencyLimit' }])
    const verdicts = { shared: 'deny', pass: 'pass', deny: 'deny' }
    expect(it.filter.explain!(asked('/', from(''))).verdict).toBe(verdicts[missingKey])
  })

  it('takes keys that come late, and fails alone with those that don’t come', async () => {
    const it = limited({ limit: 1, keyGenerator: async ({ target }) => target.path })
    expect([(await it.ask('/a')).status, (await it.ask('/a')).status, (await it.ask('/b')).status]).toEqual([
      200, 429, 200,
    ])
    expect(it.filter.explain!(asked('/')).verdict).toBe('depends')
    for (const keyGenerator of [() => Promise.reject(new Error('boom')), () => fail()])
      await expect(limited({ limit: 1, keyGenerator }).ask()).rejects.toThrow('boom')
  })

  it('explains without taking a turn', async () => {
    const it = limited({ limit: 1, queue: { max: 1 } })
    const explain = () => it.filter.explain!(asked('/')).verdict
    expect([explain(), explain()]).toEqual(['pass', 'pass'])
    it.sent()
    expect(explain()).toBe('depends')
    it.sent()
    expect(explain()).toBe('deny')
  })

  it.each([
    ['limit', {}],
    ['limit', { limit: 0 }],
    ['queue', { limit: 1, queue: 5 }],
    ['max', { limit: 1, queue: { max: 0 } }],
    ['maxWaitMs', { limit: 1, queue: { maxWaitMs: 0 } }],
    ['maxWait', { limit: 1, queue: { maxWait: 5 } }],
    ['key', { limit: 1, key: 'address' }],
    ['statusCode', { limit: 1, statusCode: 200 }],
  ])('refuses a wrong %s', (option, options) => {
    expect(() => concurrencyLimit(options as never)).toThrow(`"${option}"`)
  })
})

function fail(): never {
  throw new Error('boom')
}
