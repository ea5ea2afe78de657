import type { HedgeOptions } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, type SinkScript, sink } from '../support/index.js'
import { rawOpen } from '../support/raw-open.js'
import { ask } from './client.js'
import { type Front, type FrontOptions, gatewayOver, transports } from './front.js'

const STALLS: SinkScript = ['waitBody', 'stall']
const reply = (status: number, body: string): string =>
  `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n${body}`

describe.each(transports)('hedging over %s', (_name, make) => {
  const hedged = (endpoints: readonly string[], hedge: HedgeOptions, options: FrontOptions = {}): Promise<Front> =>
    gatewayOver(make(), endpoints, {
      pool: { retryBudget: { minPerSecond: 1000 }, ...options.pool },
      forward: { hedge, retry: false, ...options.forward },
    })

  it('sends a request that takes long to a second endpoint, and cancels the slow attempt within 100 ms', async () => {
    await using slow = await sink(STALLS)
    await using quick = await sink()
    await using front = await hedged([slow.url, quick.url], { afterMs: 40 })
    let announced = 0
    front.hub.on('hedge', () => announced++)
    for (let nth = 0; nth < 4; nth++) expect((await ask(front.port)).status).toBe(200)
    await eventually(() => slow.openConnections() === 0, { timeoutMs: 100 })
    expect(announced).toBe(slow.requests.length)
    expect(slow.requests.length).toBeGreaterThan(0)
    await front.atRest()
  })

  it('H-109 does not hold a lost race against the endpoint', async () => {
    await using slow = await sink(STALLS)
    await using quick = await sink()
    await using front = await hedged([slow.url, quick.url], { afterMs: 20 })
    for (let nth = 0; nth < 6; nth++) await ask(front.port)
    await front.atRest()
    const lost = front.attempts.filter(({ error }) => error?.code === 'ERR_EDGE_HEDGE_LOST')
    expect(lost.length).toBeGreaterThan(0)
    expect(lost.every(({ countsAgainst }) => !countsAgainst)).toBe(true)
    expect(front.changes).toEqual([])
  })

  it('waits as long as most of the pool’s replies take, once it has seen enough of them', async () => {
    await using one = await sink((_connection, _nth, { target }) =>
      target === '/slow' ? (STALLS as never) : ['waitBody', reply(200, 'ok')],
    )
    await using two = await sink()
    await using front = await hedged([one.url, two.url], { quantile: 0.9, minSamples: 50, minMs: 5 })
    for (let nth = 0; nth < 60; nth++) await ask(front.port)
    for (let nth = 0; nth < 4; nth++) {
      const before = performance.now()
      expect((await ask(front.port, '/slow')).status).toBe(200)
      expect(performance.now() - before).toBeLessThan(1_000)
    }
    await front.atRest()
  })

  it('hedges nothing while it has not seen enough replies to know what is slow', async () => {
    await using slow = await sink(['waitBody', 60, reply(200, 'slow')])
    await using quick = await sink()
    await using front = await hedged([slow.url, quick.url], { minSamples: 100 })
    for (let nth = 0; nth < 4; nth++) await ask(front.port)
    expect(front.attempts).toHaveLength(4)
  })

  it.each(['POST', 'PUT', 'DELETE'])('never sends a %s twice', async (method) => {
    await using one = await sink(['waitBody', 60, reply(200, 'ok')])
    await using two = await sink(['waitBody', 60, reply(200, 'ok')])
    await using front = await hedged([one.url, two.url], { afterMs: 5 })
    expect((await ask(front.port, '/', { method, ...(method !== 'DELETE' && { body: 'x' }) })).status).toBe(200)
    expect(one.requests.length + two.requests.length).toBe(1)
  })

  it('takes a 5xx only when nothing better is under way', async () => {
    await using slow = await sink(['waitBody', 120, reply(200, 'slow')])
    await using broken = await sink(['waitBody', reply(500, 'broken')])
    for (const [endpoints, wanted] of [
      [[slow.url, broken.url], '200 slow'],
      [[broken.url, slow.url], '500 broken'],
    ] as const) {
      await using front = await hedged(endpoints, { afterMs: 20 })
      const { status, body } = await ask(front.port)
      expect(`${status} ${body}`).toBe(wanted)
      await front.atRest()
    }
    expect([slow.requests.length, broken.requests.length]).toEqual([1, 2])
  })

  it('passes the 5xx on when the other attempt fails altogether', async () => {
    await using dying = await sink(['waitBody', 100, 'reset'])
    await using broken = await sink(['waitBody', 30, reply(500, 'broken')])
    await using front = await hedged([dying.url, broken.url], { afterMs: 20 })
    expect((await ask(front.port)).body).toBe('broken')
    await front.atRest()
  })

  it('passes a 5xx on to its last byte, though the rest of it comes after the other attempt has failed', async () => {
    await using dying = await sink(['waitBody', 60, 'reset'])
    const head = 'HTTP/1.1 500 X\r\nContent-Length: 12\r\n\r\nbroken'
    await using broken = await sink(['waitBody', 20, head, 120, ' apart'])
    await using front = await hedged([dying.url, broken.url], { afterMs: 10 })
    expect((await ask(front.port)).body).toBe('broken apart')
    await front.atRest()
  })

  it('fails with what the first attempt failed with when both do', async () => {
    await using one = await sink(['waitBody', 80, 'reset'])
    await using two = await sink(['waitBody', 40, 'SSH-2.0-x\r\n'])
    await using front = await hedged([one.url, two.url], { afterMs: 10 })
    const { status, body } = await ask(front.port)
    expect([status, body]).toEqual([502, '502 ERR_EDGE_BAD_REPLY\n'])
    await front.atRest()
  })

  it('H-102 draws on the retry budget: without one, nothing is hedged', async () => {
    await using slow = await sink(['waitBody', 60, reply(200, 'ok')])
    await using other = await sink(['waitBody', 60, reply(200, 'ok')])
    await using front = await hedged(
      [slow.url, other.url],
      { afterMs: 5 },
      { pool: { retryBudget: { ratio: 0, minPerSecond: 0 } } },
    )
    for (let nth = 0; nth < 4; nth++) await ask(front.port)
    expect(front.attempts).toHaveLength(4)
  })

  it('hedges nothing where there is no other endpoint', async () => {
    await using only = await sink(['waitBody', 60, reply(200, 'ok')])
    await using front = await hedged([only.url], { afterMs: 5 })
    expect((await ask(front.port)).status).toBe(200)
    expect(only.requests).toHaveLength(1)
  })

  it('ends both attempts when the client leaves', async () => {
    await using one = await sink(STALLS)
    await using two = await sink(STALLS)
    await using front = await hedged([one.url, two.url], { afterMs: 10 })
    await using client = await rawOpen(front.port)
    await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await one.waitForRequests(1)
    await two.waitForRequests(1)
    client.destroy()
    await eventually(() => one.openConnections() + two.openConnections() === 0, { timeoutMs: 1_000 })
    await front.atRest()
  })

  it('tells each endpoint its own name with changeOrigin', async () => {
    await using one = await sink(['waitBody', 80, reply(200, 'ok')])
    await using two = await sink(['waitBody', 80, reply(200, 'ok')])
    await using front = await hedged([one.url, two.url], { afterMs: 10 }, { forward: { changeOrigin: true } })
    await ask(front.port)
    await front.atRest()
    for (const far of [one, two]) expect(far.requests[0]!.header('host')).toBe(`127.0.0.1:${far.port}`)
  })
})
