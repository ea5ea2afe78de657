import { describe, expect, it } from 'vitest'
import { flat } from '../support/flat.js'
import { eventually, sink } from '../support/index.js'
import { ask, load } from './client.js'
import { gatewayOver, transports } from './front.js'

/** A refusal never gets as far as a transport: once is enough for the full number. */
const SURPLUS: Readonly<Record<string, number>> = { http1: 50_000, undici: 10_000, 'http-proxy': 10_000 }

describe.each(transports)('more requests than endpoints take, over %s', (name, make) => {
  it(`H-114 ${SURPLUS[name]} at a stalled upstream: a bounded number waits, the rest is refused fast, memory is flat`, async () => {
    await using far = await sink(['stall'], { keep: 0 })
    await using front = await gatewayOver(make(), [far.url], {
      pool: { maxConnections: 64, queue: { limit: 36, timeoutMs: 60_000 } },
      record: false,
    })
    const abort = new AbortController()
    const stuck = Array.from({ length: 100 }, () => ask(front.port, '/', { signal: abort.signal }).catch(() => 'left'))
    await eventually(() => front.pool.queued === 36)
    const { value, durationMs } = await flat(() => load(front.port, SURPLUS[name]!), { intervalMs: 250 })
    expect(value).toEqual({ '503': SURPLUS[name] })
    expect(durationMs / SURPLUS[name]!).toBeLessThan(2)
    expect([far.requests.length, front.endpoint(0).inFlight, front.pool.queued]).toEqual([64, 64, 36])
    abort.abort()
    expect(new Set(await Promise.all(stuck))).toEqual(new Set(['left']))
    await front.atRest()
    await eventually(() => far.openConnections() === 0)
  }, 90_000)

  it(`H-114 ${SURPLUS[name]} at a stalled upstream that all have to wait are refused within the queue's time`, async () => {
    await using far = await sink(['stall'], { keep: 0 })
    await using front = await gatewayOver(make(), [far.url], {
      pool: { maxConnections: 1, queue: { limit: 900, timeoutMs: 50, priority: ({ wire }) => wire.path.length % 3 } },
      record: false,
    })
    const abort = new AbortController()
    const stuck = ask(front.port, '/', { signal: abort.signal }).catch(() => 'left')
    await far.waitForRequests(1)
    let longest = 0
    front.hub.on('exchange', ({ outcome: { times } }) => {
      longest = Math.max(longest, times.lastByte - times.acceptedAt)
    })
    const { value } = await flat(() => load(front.port, SURPLUS[name]!, { concurrency: 1_000 }), { intervalMs: 250 })
    expect(value).toEqual({ '503': SURPLUS[name] })
    expect([far.requests.length, front.endpoint(0).inFlight, front.pool.queued]).toEqual([1, 1, 0])
    expect(longest).toBeGreaterThanOrEqual(45)
    expect(longest).toBeLessThan(1_500)
    abort.abort()
    await stuck
    await front.atRest()
  }, 90_000)

  it('serves by priority class, and within a class who came first', async () => {
    const gate = Promise.withResolvers<void>()
    await using far = await sink(['waitBody', () => gate.promise, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'])
    await using front = await gatewayOver(make(), [far.url], {
      pool: { maxConnections: 1, queue: { priority: ({ headers }) => (headers['x-gold'] === undefined ? 1 : 0) } },
    })
    const paths = ['/first', '/plain1', '/gold1', '/plain2', '/gold2']
    const asked: Promise<unknown>[] = []
    for (const [at, path] of paths.entries()) {
      asked.push(ask(front.port, path, { headers: path.startsWith('/gold') ? { 'x-gold': '1' } : {} }))
      await eventually(() => far.requests.length === 1 && front.pool.queued === at)
    }
    gate.resolve()
    await Promise.all(asked)
    expect(far.requests.map(({ target }) => target)).toEqual(['/first', '/gold1', '/gold2', '/plain1', '/plain2'])
  })

  it('H-114 refuses with 503 and Retry-After when the queue is full, and when the wait was too long', async () => {
    await using far = await sink(['stall'])
    await using front = await gatewayOver(make(), [far.url], {
      pool: { maxConnections: 1, queue: { limit: 1, timeoutMs: 60 } },
    })
    const abort = new AbortController()
    const stuck = ask(front.port, '/', { signal: abort.signal }).catch(() => {})
    await far.waitForRequests(1)
    const waiting = ask(front.port)
    await eventually(() => front.pool.queued === 1)
    const full = await ask(front.port)
    expect([full.status, full.headers['retry-after'], full.body]).toEqual([503, '1', '503 ERR_EDGE_QUEUE_FULL\n'])
    const late = await waiting
    expect([late.status, late.headers['retry-after'], late.body]).toEqual([503, '1', '503 ERR_EDGE_QUEUE_TIMEOUT\n'])
    abort.abort()
    await stuck
    await front.atRest()
  })

  it('serves those who wait in the order of their coming', async () => {
    const gate = Promise.withResolvers<void>()
    await using far = await sink(['waitBody', () => gate.promise, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'])
    await using front = await gatewayOver(make(), [far.url], { pool: { maxConnections: 1 } })
    const asked: Promise<unknown>[] = []
    for (let at = 0; at < 8; at++) {
      asked.push(ask(front.port, `/${at}`))
      await eventually(() => far.requests.length === 1 && front.pool.queued === at)
    }
    gate.resolve()
    await Promise.all(asked)
    expect(far.requests.map(({ target }) => target)).toEqual(asked.map((_, at) => `/${at}`))
    expect(far.connections).toHaveLength(1)
  })

  it('forgets a client that leaves while it waits: its request is never sent', async () => {
    const gate = Promise.withResolvers<void>()
    await using far = await sink(['waitBody', () => gate.promise, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'])
    await using front = await gatewayOver(make(), [far.url], { pool: { maxConnections: 1 } })
    const first = ask(front.port, '/first')
    await far.waitForRequests(1)
    const abort = new AbortController()
    const second = ask(front.port, '/second', { signal: abort.signal }).catch(() => {})
    await eventually(() => front.pool.queued === 1)
    abort.abort()
    await second
    await eventually(() => front.pool.queued === 0)
    gate.resolve()
    await first
    await front.atRest()
    expect(far.requests.map(({ target }) => target)).toEqual(['/first'])
  })

  it('H-106 sends those who wait away at once when the last endpoint goes out of service', async () => {
    await using far = await sink(['stall'])
    await using front = await gatewayOver(make(), [far.url], {
      pool: { maxConnections: 1, queue: { timeoutMs: 60_000 } },
    })
    const abort = new AbortController()
    const stuck = ask(front.port, '/', { signal: abort.signal }).catch(() => {})
    await far.waitForRequests(1)
    const waiting = ask(front.port)
    await eventually(() => front.pool.queued === 1)
    front.pool.maintenance(front.endpoint(0).name)
    const { status, headers, body } = await waiting
    expect([status, headers['retry-after'], body]).toEqual([503, '1', '503 ERR_EDGE_NO_ENDPOINT\n'])
    abort.abort()
    await stuck
    await front.atRest()
  })

  it('sends those who wait away when the pool closes', async () => {
    await using far = await sink(['stall'])
    await using front = await gatewayOver(make(), [far.url], { pool: { maxConnections: 1 } })
    const abort = new AbortController()
    const stuck = ask(front.port, '/', { signal: abort.signal }).catch(() => {})
    await far.waitForRequests(1)
    const waiting = ask(front.port)
    await eventually(() => front.pool.queued === 1)
    await front.pool.close()
    expect((await waiting).status).toBe(503)
    expect((await ask(front.port)).status).toBe(503)
    abort.abort()
    await stuck
  })
})
