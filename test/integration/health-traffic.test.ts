import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { eventually, type SinkStep, sink, type Upstream, upstream } from '../support/index.js'
import { rawOpen } from '../support/raw-open.js'
import { wsConnect, wsEcho } from '../support/websocket.js'
import { ask, load } from './client.js'
import { gatewayOver, transports } from './front.js'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
/** Whatever counts as a failure at all takes the endpoint out at once. */
const strict = { passive: { failures: 1, cooldownMs: 60_000 }, breaker: { consecutiveFailures: 1 } } as const

/** Well-behaved upstreams beside the one in question. */
async function others(count: number): Promise<readonly Upstream[] & AsyncDisposable> {
  const all = await Promise.all(
    Array.from({ length: count }, (_, at) => upstream((_, response) => response.end('ok'), { name: `other-${at}` })),
  )
  const close = async (): Promise<void> => void (await Promise.all(all.map((each) => each.stop())))
  return Object.assign(all, { [Symbol.asyncDispose]: close })
}

/** Sends batches of requests until something has come about. */
async function trafficUntil(port: number, reached: () => boolean): Promise<Record<string, number>> {
  const sum: Record<string, number> = {}
  for (let batch = 0; batch < 200 && !reached(); batch++)
    for (const [what, count] of Object.entries(await load(port, 60, { concurrency: 6 })))
      sum[what] = (sum[what] ?? 0) + count
  expect(reached()).toBe(true)
  return sum
}

describe.each(transports)('outliers over %s', (_name, make) => {
  const timing = { intervalMs: 100, baseEjectionMs: 150 } as const

  it('an endpoint that answers 500 in part is ejected, and is back once it has passed its trial', async () => {
    let ill = true
    let count = 0
    const answer = (_: IncomingMessage, response: ServerResponse): void => {
      response.statusCode = ill && ++count % 2 === 0 ? 500 : 200
      response.end('ok')
    }
    await using partly = await upstream(answer)
    await using well = await others(4)
    const outliers = { ...timing, successRate: { minimumRequests: 10 }, latency: false } as const
    await using front = await gatewayOver(
      make(),
      [{ url: partly.url, name: 'partly' }, ...well.map(({ url }) => url)],
      { pool: { health: { passive: false, outliers } } },
    )
    const partlyStands = front.endpoint(0)
    await trafficUntil(front.port, () => partlyStands.ejected)
    expect(front.changes).toEqual(['partly down'])
    ill = false
    await trafficUntil(front.port, () => front.changes.length > 1 && !partlyStands.ejected && !partlyStands.onTrial)
    expect(front.changes).toEqual(['partly down', 'partly up'])
    const before = partly.hits
    expect(await load(front.port, 50)).toEqual({ 200: 50 })
    expect(partly.hits - before).toBe(10)
  })

  it('an endpoint that answers far more slowly than the others is ejected, and comes back when it is quick', async () => {
    let delay = 150
    await using slow = await upstream((_, response) => void setTimeout(() => response.end('ok'), delay))
    await using well = await others(2)
    const outliers = { ...timing, latency: { minimumRequests: 5 }, successRate: false } as const
    await using front = await gatewayOver(make(), [{ url: slow.url, name: 'slow' }, ...well.map(({ url }) => url)], {
      pool: { health: { outliers: { ...outliers, intervalMs: 1_000 } } },
    })
    await trafficUntil(front.port, () => front.endpoint(0).ejected)
    delay = 0
    await trafficUntil(front.port, () => front.changes.length > 1 && !front.endpoint(0).onTrial)
    expect(front.changes).toEqual(['slow down', 'slow up'])
  })
})

describe.each(transports)('what counts as a failure over %s', (_name, make) => {
  it.each([400, 401, 404, 408, 413, 429, 451])('H-109 a %i does not', async (status) => {
    await using far = await sink(['waitBody', `HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`])
    await using front = await gatewayOver(make(), [far.url], { pool: { health: strict } })
    for (let at = 0; at < 3; at++) expect((await ask(front.port)).status).toBe(status)
    await front.atRest()
    expect([front.changes, front.attempts.map(({ countsAgainst }) => countsAgainst)]).toEqual([
      [],
      [false, false, false],
    ])
  })

  it.each([
    ['before the reply', ['stall']],
    ['in the middle of the reply', ['HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome', 'stall']],
  ] as const)('H-109 a client that leaves %s does not', async (_what, script) => {
    await using far = await sink(script)
    await using front = await gatewayOver(make(), [far.url], { pool: { health: strict } })
    for (let at = 1; at <= 3; at++) {
      const client = await rawOpen(front.port)
      await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await far.waitForRequests(at)
      if (script.length > 1) await client.waitFor('some')
      client.reset()
      await eventually(() => front.attempts.length === at)
    }
    expect(front.changes).toEqual([])
    await front.atRest()
  })

  it('H-109 a client that leaves its upload does not', async () => {
    await using far = await sink()
    await using front = await gatewayOver(make(), [far.url], { pool: { health: strict } })
    const client = await rawOpen(front.port)
    await client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome')
    await far.waitForRequests(1)
    client.reset()
    await eventually(() => front.attempts.length === 1)
    expect(front.changes).toEqual([])
    await front.atRest()
  })

  it('H-109 a 101 does not, however its tunnel ends', async () => {
    await using far = await wsEcho()
    await using front = await gatewayOver(make(), [far.url.replace('ws:', 'http:')], { pool: { health: strict } })
    const [closed, cut, dropped] = await Promise.all([1, 2, 3].map(() => wsConnect(`ws://127.0.0.1:${front.port}/`)))
    closed!.close()
    cut!.terminate()
    await eventually(() => front.attempts.length === 2)
    for (const socket of far.sockets) socket.terminate()
    await eventually(() => front.attempts.length === 3)
    dropped!.terminate()
    expect(front.attempts.map(({ status, countsAgainst }) => [status, countsAgainst])).toEqual(
      Array.from({ length: 3 }, () => [101, false]),
    )
    expect(front.changes).toEqual([])
    await front.atRest()
  })

  it.each([
    ['no first byte in time', ['stall'], { firstByteTimeoutMs: 80 }],
    ['a body that stands still', ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome', 'stall'], { idleTimeoutMs: 80 }],
  ] as const)('H-109 a time-out does: %s', async (_what, script, forward) => {
    await using far = await sink(script)
    await using front = await gatewayOver(make(), [{ url: far.url, name: 'far' }], {
      forward,
      pool: { health: { passive: strict.passive } },
    })
    await ask(front.port).catch(() => null)
    await eventually(() => front.changes.length === 1)
    expect(front.changes).toEqual(['far down'])
  })

  it('H-109 a time-out does not where told, and a listed status does', async () => {
    await using far = await sink([['stall'], ['waitBody', 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n']])
    await using front = await gatewayOver(make(), [{ url: far.url, name: 'far' }], {
      forward: { firstByteTimeoutMs: 80 },
      pool: { health: { passive: { timeouts: false, statuses: [503] } } },
    })
    expect((await ask(front.port)).status).toBe(504)
    expect(front.changes).toEqual([])
    expect((await ask(front.port)).status).toBe(503)
    expect(front.changes).toEqual(['far down'])
  })
})

describe.each(transports)('a trial over %s', (_name, make) => {
  const health = { passive: { failures: 1, cooldownMs: 40 } } as const
  const post = { method: 'POST' } as const

  it('H-107 H-109 that its client leaves gives its place to the next who wait, and one alone is let through until then', async () => {
    let script: readonly SinkStep[] = ['waitBody', 'reset']
    await using far = await sink(() => script)
    await using front = await gatewayOver(make(), [far.url], { pool: { health } })
    const endpoint = front.endpoint(0)
    expect((await ask(front.port, '/', post)).status).toBe(502)
    await eventually(() => endpoint.onTrial)
    script = ['stall']
    const client = await rawOpen(front.port)
    await client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n')
    await far.waitForRequests(2)
    script = ['waitBody', OK]
    const waiting = Promise.all([1, 2, 3].map(() => ask(front.port)))
    await eventually(() => front.pool.queued === 3)
    expect([far.requests.length, endpoint.onTrial]).toEqual([2, true])
    client.reset()
    expect((await waiting).map(({ status }) => status)).toEqual([200, 200, 200])
    expect([endpoint.ejected, endpoint.onTrial, far.requests.length]).toEqual([false, false, 5])
    await front.atRest()
  })

  it('H-107 lets one request in at a time, however many come; the others go elsewhere', async () => {
    let script: readonly SinkStep[] = ['waitBody', 'reset']
    const held = Promise.withResolvers<void>()
    await using far = await sink(() => script)
    await using well = await others(1)
    await using front = await gatewayOver(make(), [far.url, well[0]!.url], { pool: { health } })
    const endpoint = front.endpoint(0)
    while (far.requests.length === 0) await ask(front.port, '/', post)
    await eventually(() => endpoint.onTrial)
    script = ['waitBody', () => held.promise, OK]
    const first = Promise.all(Array.from({ length: 30 }, () => ask(front.port)))
    await eventually(() => well[0]!.hits >= 29)
    expect([far.requests.length, endpoint.inFlight, endpoint.onTrial]).toEqual([2, 1, true])
    held.resolve()
    expect(new Set((await first).map(({ status }) => status))).toEqual(new Set([200]))
    expect(endpoint.onTrial).toBe(false)
    const before = far.requests.length
    await Promise.all(Array.from({ length: 10 }, () => ask(front.port)))
    expect(far.requests.length - before).toBe(5)
  })

  it('H-107 that fails keeps the endpoint out for longer', async () => {
    await using far = await sink(['waitBody', 'reset'])
    await using well = await others(1)
    await using front = await gatewayOver(make(), [far.url, well[0]!.url], {
      pool: { health: { passive: { failures: 1, cooldownMs: 100 } } },
    })
    const endpoint = front.endpoint(0)
    const times: number[] = []
    front.hub.on('endpoint', () => times.push(performance.now()))
    for (let round = 0; round < 3; round++) {
      while (!endpoint.ejected) expect((await ask(front.port)).status).toBe(200)
      await eventually(() => endpoint.onTrial)
    }
    expect(front.changes.map((change) => change.split(' ')[1])).toEqual(['down', 'up', 'down', 'up', 'down', 'up'])
    // A timer may be late, but it is early by a millisecond at most.
    for (const round of [0, 1, 2])
      expect(times[round * 2 + 1]! - times[round * 2]!).toBeGreaterThan((round + 1) * 100 - 2)
    expect(far.requests).toHaveLength(3)
  })
})

describe.each(transports)('the breaker of an endpoint over %s', (_name, make) => {
  it('opens at its failure rate, and closes after as many good attempts on trial as it wants', async () => {
    let status = 500
    await using far = await upstream((_, response) => response.writeHead(status).end('ok'))
    await using well = await others(1)
    const breaker = { failureRate: { minimumRequests: 10 }, openMs: 60, halfOpenAttempts: 3 } as const
    await using front = await gatewayOver(make(), [{ url: far.url, name: 'far' }, well[0]!.url], {
      pool: { health: { breaker } },
    })
    const endpoint = front.endpoint(0)
    for (let at = 0; at < 20; at++) await ask(front.port)
    expect([far.hits, endpoint.ejected]).toEqual([10, true])
    for (let at = 0; at < 5; at++) expect((await ask(front.port)).status).toBe(200)
    status = 200
    await eventually(() => endpoint.onTrial)
    while (endpoint.onTrial) expect((await ask(front.port)).status).toBe(200)
    expect([far.hits, front.changes]).toEqual([13, ['far down', 'far up']])
  })
})
