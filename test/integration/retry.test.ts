import type { RetryCondition, RetryOptions } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { faultyUpstream, type Sink, type SinkScript, sink } from '../support/index.js'
import { rawOpen } from '../support/raw-open.js'
import { ask } from './client.js'
import { type Front, type FrontOptions, gatewayOver, transports } from './front.js'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const busy = (fields = '', status = '503 Busy'): SinkScript => [
  'waitBody',
  `HTTP/1.1 ${status}\r\n${fields}Content-Length: 4\r\n\r\nbusy`,
]
const total = (...sinks: readonly Sink[]): number => sinks.reduce((sum, { requests }) => sum + requests.length, 0)

function retrying(retry: RetryOptions | false, more: FrontOptions = {}): FrontOptions {
  return {
    pool: { health: { passive: false }, retryBudget: { minPerSecond: 1000 }, ...more.pool },
    forward: { retry: retry && { backoffMs: 1, ...retry }, ...more.forward },
  }
}

describe.each(transports)('retries over %s', (_name, make) => {
  const over = (endpoints: readonly string[], options: FrontOptions): Promise<Front> =>
    gatewayOver(make(), endpoints, options)

  it.each<[RetryCondition, SinkScript, status: number]>([
    ['empty-response', ['waitBody', 'reset'], 502],
    ['junk-response', ['waitBody', 'SSH-2.0-OpenSSH_9.2p1\r\n'], 502],
    ['response-timeout', ['waitBody', 'stall'], 504],
    [503, busy(), 503],
    [429, busy('', '429 Slow'), 429],
    [404, busy('', '404 None'), 404],
  ])('%s is tried again elsewhere when asked for, and passed on when not', async (condition, script, status) => {
    await using bad = await sink(script)
    await using good = await sink()
    const forward = { firstByteTimeoutMs: 80 }
    for (const [on, wanted] of [
      [[condition], [200, 200]],
      [['conn-failure'], [200, status]],
    ] as const) {
      await using front = await over([bad.url, good.url], retrying({ on: [...on] }, { forward }))
      const seen = [(await ask(front.port)).status, (await ask(front.port)).status]
      expect(seen.toSorted()).toEqual(wanted)
      await front.atRest()
    }
  })

  it('all-retryable-errors are HAProxy’s: not 501, not 404', async () => {
    await using bad = await sink(
      (_connection, nth) => busy('', ['500 A', '502 B', '503 C', '504 D', '501 E', '404 F'][nth]) as never,
    )
    await using good = await sink()
    await using front = await over([bad.url, good.url], retrying({ on: ['all-retryable-errors'] }))
    const seen: number[] = []
    for (let nth = 0; nth < 12; nth++) seen.push((await ask(front.port)).status)
    expect(seen.filter((status) => status !== 200)).toEqual([501, 404])
  })

  it.each([
    ['GET', {}, '', true],
    ['PUT', {}, 'hello', true],
    ['DELETE', {}, '', true],
    ['POST', {}, 'hello', false],
    ['PATCH', {}, 'hello', false],
    ['POST', { 'idempotency-key': '"k1"' }, 'hello', true],
  ])('%s %j with body %j may be sent twice: %s', async (method, fields, body, twice) => {
    await using bad = await sink(['waitBody', 'reset'])
    await using good = await sink()
    await using front = await over([bad.url, good.url], retrying({ idempotencyKey: true }))
    const headers = body === '' ? fields : { ...fields, 'content-length': String(body.length) }
    for (let nth = 0; nth < 2; nth++) await ask(front.port, '/', { method, headers, ...(body && { body }) })
    // Each attempt takes a turn, so that a request tried again leaves the next one where it started.
    expect([bad.requests.length, good.requests.length]).toEqual(twice ? [2, 2] : [1, 1])
    for (const request of good.requests) expect(request.body.toString()).toBe(body)
  })

  it('sends the Idempotency-Key of a POST twice only when told that it means something', async () => {
    await using bad = await sink(['waitBody', 'reset'])
    await using front = await over([bad.url], retrying({}))
    const headers = { 'idempotency-key': '"k1"' }
    expect((await ask(front.port, '/', { method: 'POST', headers, body: 'hello' })).status).toBe(502)
    expect(bad.requests).toHaveLength(1)
  })

  it('keeps a body up to the limit, and sends it again byte for byte; past it the request is sent once', async () => {
    await using bad = await sink(['waitBody', 'reset'])
    await using good = await sink()
    for (const [size, twice] of [
      [50_000, true],
      [50_001, false],
      [200_000, false],
    ] as const) {
      await using front = await over([bad.url, good.url], retrying({ bodyLimit: 50_000 }))
      const body = Buffer.alloc(size, 'x')
      const before = good.requests.length
      for (const chunked of [false, true]) {
        const headers = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(size) }
        await ask(front.port, '/', { method: 'PUT', headers, body }).catch(() => {})
        await ask(front.port, '/', { method: 'PUT', headers, body }).catch(() => {})
      }
      await front.atRest()
      expect(good.requests.length - before).toBe(twice ? 4 : 2)
    }
    for (const request of good.requests) expect(request.body.equals(Buffer.alloc(request.body.length, 'x'))).toBe(true)
  })

  it('gives each try its own time: a slow one is given up for another', async () => {
    await using slow = await sink(['waitBody', 'stall'])
    await using good = await sink()
    await using front = await over(
      [slow.url, good.url],
      retrying({ on: ['response-timeout'], perTryTimeoutMs: 60, attempts: 2 }),
    )
    for (let nth = 0; nth < 4; nth++) expect((await ask(front.port)).status).toBe(200)
    expect(front.attempts.filter(({ error }) => error?.code === 'ERR_EDGE_FIRST_BYTE_TIMEOUT')).toHaveLength(4)
    await front.atRest()
  })

  it('lets a body take longer than a try may', async () => {
    await using far = await sink(['waitBody', OK.slice(0, -1), 150, 'k'])
    await using front = await over([far.url], retrying({ perTryTimeoutMs: 60 }))
    expect((await ask(front.port)).body).toBe('ok')
  })

  it('makes as many attempts as it may, going back to those that failed only when no other is left', async () => {
    await using one = await sink(busy())
    await using two = await sink(busy())
    for (const [otherEndpoint, wanted] of [
      ['prefer', 5],
      ['require', 2],
    ] as const) {
      const before = total(one, two)
      await using front = await over([one.url, two.url], retrying({ on: [503], attempts: 5, otherEndpoint }))
      const { status, body } = await ask(front.port)
      expect([status, body, total(one, two) - before]).toEqual([503, 'busy', wanted])
      await front.atRest()
    }
    expect(Math.abs(one.requests.length - two.requests.length)).toBeLessThanOrEqual(1)
  })

  it('tries an endpoint that refuses again only as often as it may', async () => {
    await using dead = await faultyUpstream('refuse')
    await using front = await over([dead.url], retrying({ attempts: 4 }))
    expect((await ask(front.port)).status).toBe(502)
    expect(front.attempts).toHaveLength(4)
  })

  it('never tries again when told so, not even what is safe for anybody', async () => {
    await using dead = await faultyUpstream('refuse')
    await using good = await sink()
    await using front = await over([dead.url, good.url], retrying(false))
    expect([(await ask(front.port)).status, (await ask(front.port)).status].toSorted()).toEqual([200, 502])
  })

  it('H-102 waits at random, twice as long each time, up to a limit', async () => {
    await using far = await sink(busy())
    const draws: number[] = []
    const random = (): number => {
      draws.push(1)
      return 0.999
    }
    const retry = { on: [503], attempts: 5, backoffMs: 20, maxBackoffMs: 50, random }
    await using front = await over([far.url], retrying(retry))
    const before = performance.now()
    await ask(front.port)
    const took = performance.now() - before
    // 20 + 40 + 50 + 50, less what a timer may be early.
    expect(took).toBeGreaterThan(150)
    expect(took).toBeLessThan(1_000)
    expect(draws).toHaveLength(4)
  })

  it('H-102 waits as long as Retry-After says, in seconds or until a date', async () => {
    for (const field of [() => '1', () => new Date(Date.now() + 2_000).toUTCString()]) {
      await using far = await sink([busy(`Retry-After: ${field()}\r\n`) as never, ['waitBody', OK]])
      await using front = await over([far.url], retrying({ on: [503], maxRetryAfterMs: 3_000 }))
      const before = performance.now()
      expect((await ask(front.port)).status).toBe(200)
      expect(performance.now() - before).toBeGreaterThan(900)
    }
  })

  it('H-102 passes a reply on that asks for more time than it may take, Retry-After and all', async () => {
    await using far = await sink(busy('Retry-After: 2\r\n'))
    await using front = await over([far.url], retrying({ on: [503] }))
    const { status, headers } = await ask(front.port)
    expect([status, headers['retry-after'], far.requests.length]).toEqual([503, '2', 1])
  })

  it('H-102 ends when the client leaves while it waits', async () => {
    await using far = await sink(busy('Retry-After: 1\r\n'))
    await using front = await over([far.url], retrying({ on: [503], attempts: 10 }))
    await using client = await rawOpen(front.port)
    await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await far.waitForRequests(1)
    client.destroy()
    await front.atRest()
    expect(front.outcomes[0]!.error?.code).toBe('ERR_EDGE_CLIENT_CLOSED')
    expect(far.requests).toHaveLength(1)
  })

  it('H-102 ends at the total deadline, waits included', async () => {
    await using far = await sink(busy('Retry-After: 1\r\n'))
    await using front = await over(
      [far.url],
      retrying({ on: [503], attempts: 10 }, { forward: { totalTimeoutMs: 100 } }),
    )
    const before = performance.now()
    expect((await ask(front.port)).status).toBe(504)
    expect(performance.now() - before).toBeLessThan(900)
  })

  it('H-102 holds a client that is slow with a body worth keeping to the total deadline, too', async () => {
    await using far = await sink()
    await using front = await over([far.url], retrying({}, { forward: { totalTimeoutMs: 100 } }))
    await using client = await rawOpen(front.port)
    await client.write('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
    await client.waitFor(/^HTTP\/1\.1 504 /)
    expect(far.requests).toHaveLength(0)
  })

  it('H-102 is bounded for all together: upstreams that answer 503 to everything see at most 1.2 times the requests', async () => {
    const all = await Promise.all([sink(busy()), sink(busy()), sink(busy())])
    await using front = await gatewayOver(
      make(),
      all.map(({ url }) => url),
      {
        pool: { health: { passive: false } },
        forward: { retry: { on: ['all-retryable-errors'], attempts: 4, backoffMs: 1 } },
      },
    )
    const requests = 1_000
    let sent = 0
    const worker = async (): Promise<void> => {
      while (sent++ < requests) expect((await ask(front.port)).status).toBe(503)
    }
    await Promise.all(Array.from({ length: 16 }, worker))
    expect(total(...all)).toBeGreaterThan(1.1 * requests)
    expect(total(...all)).toBeLessThanOrEqual(1.2 * requests)
    await front.atRest()
    await Promise.all(all.map((each) => each.close()))
  })
})
