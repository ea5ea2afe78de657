import { cache, createGateway, forward, memoryStore, rateLimit } from 'edgewise'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ask } from '../integration/client.js'
import { gatewayOver, transports } from '../integration/front.js'
import { startAt } from '../integration/restartable.js'
import { eventually, upstream } from '../support/index.js'

const HOUR = 3_600_000
const STEPS = [
  ['an hour forward', HOUR],
  ['an hour back', -HOUR],
  ['a day forward', 24 * HOUR],
  ['a day back', -24 * HOUR],
] as const

const RealDate = Date
let offset = 0

/** A time of day that can be set; it goes on from there. */
class SetDate extends RealDate {
  constructor(...given: [] | [string | number | Date]) {
    if (given.length === 0) super(RealDate.now() + offset)
    else super(...given)
  }

  static override now(): number {
    return RealDate.now() + offset
  }
}

/** The time of day steps; real time, and all timers, go on as before, as where somebody sets a machine's clock. */
function step(ms: number): void {
  offset += ms
}

const rested = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms))

beforeEach(() => {
  offset = 0
  globalThis.Date = SetDate as DateConstructor
})
afterEach(() => {
  globalThis.Date = RealDate
})

const [[, makeTransport]] = transports as [(typeof transports)[number]]

describe.each(STEPS)('the clock is set %s', (_what, by) => {
  it.each(['fixed-window', 'sliding-window', 'sliding-log', 'token-bucket', 'gcra'] as const)(
    'H-142 a limit (%s) blocks nobody for longer and gives nothing away',
    async (algorithm) => {
      await using far = await upstream()
      const limit = rateLimit({ algorithm, limit: 5, windowMs: 1_000 })
      await using front = await gatewayOver(makeTransport(), [far.url], { gateway: { filters: [limit] } })
      const statuses = async (count: number): Promise<number[]> => {
        const all: number[] = []
        for (let at = 0; at < count; at++) all.push((await ask(front.port)).status)
        return all
      }
      const before = performance.now()
      const first = await statuses(5)
      step(by)
      const denied = await ask(front.port)
      // On a machine that is busy the window may be over already, or a token have come back.
      if (performance.now() - before < 150) {
        expect(first).toEqual([200, 200, 200, 200, 200])
        expect(denied.status).toBe(429)
        expect(Number(denied.headers['retry-after'])).toBeLessThanOrEqual(2)
      }
      await rested(2_100)
      expect(await statuses(5)).toEqual([200, 200, 200, 200, 200])
    },
  )

  it('H-184 a cache serves nothing past its lifetime, tells no negative age, and goes on', async () => {
    let made = 0
    await using far = await upstream((_request, response) => {
      response.setHeader('cache-control', 'max-age=1').end(String(++made))
    })
    const pages = cache({ store: memoryStore({ maxBytes: 1_000_000 }) })
    await using front = await gatewayOver(makeTransport(), [far.url], { gateway: { filters: [pages] } })
    expect((await ask(front.port)).body).toBe('1')
    step(by)
    const { body, headers } = await ask(front.port)
    expect(['1', '2']).toContain(body)
    expect(Number(headers['age'] ?? 0)).toBeGreaterThanOrEqual(0)
    await rested(1_300)
    expect((await ask(front.port)).body).not.toBe(body)
    step(-by)
    await rested(1_300)
    const last = (await ask(front.port)).body
    expect(Number(last)).toBeGreaterThanOrEqual(3)
  })

  it('health goes by time that passes: who is left alone is back when that is over, neither before nor later', async () => {
    await using far = await startAt()
    await using other = await startAt()
    const { port } = far
    await using front = await gatewayOver(
      makeTransport(),
      [`http://127.0.0.1:${port}`, `http://127.0.0.1:${other.port}`],
      {
        pool: { health: { passive: { cooldownMs: 1_500 } } },
      },
    )
    far.process.kill('SIGKILL')
    await far.exit
    const began = performance.now()
    for (let at = 0; at < 2; at++) expect((await ask(front.port)).status).toBe(200)
    expect(front.endpoint(0).available).toBe(false)
    step(by)
    for (let at = 0; at < 4; at++) expect((await ask(front.port)).status).toBe(200)
    if (performance.now() - began < 1_400) expect(front.endpoint(0).attempts).toBe(1)
    await using _again = await startAt(port)
    await eventually(async () => (await ask(front.port)).status === 200 && front.endpoint(0).attempts > 1, {
      timeoutMs: 10_000,
    })
    expect(performance.now() - began).toBeLessThan(9_000)
  })

  it('active checks go on at their pace, and take nobody out', async () => {
    await using far = await startAt()
    await using front = await gatewayOver(makeTransport(), [`http://127.0.0.1:${far.port}`], {
      pool: { health: { active: { intervalMs: 50, timeoutMs: 500, fall: 1 } } },
    })
    let probes = 0
    front.hub.on('probe', () => probes++)
    await eventually(() => probes > 2)
    step(by)
    await eventually(() => probes > 6)
    expect(front.changes).toEqual([])
  })

  it.each(transports)('over %s, requests under way neither time out nor wait longer', async (_name, make) => {
    await using far = await startAt(0, 300)
    await using front = await gatewayOver(make(), [`http://127.0.0.1:${far.port}`], {
      forward: { firstByteTimeoutMs: 5_000, idleTimeoutMs: 5_000, totalTimeoutMs: 5_000, connectTimeoutMs: 5_000 },
    })
    const asked = ask(front.port)
    await eventually(() => front.endpoint(0).inFlight === 1)
    step(by)
    expect((await asked).status).toBe(200)
    // The connection is kept, and of use still.
    expect((await ask(front.port)).status).toBe(200)
    expect(front.attempts.at(-1)?.reusedConnection).toBe(true)
    const { firstByte, lastByte, acceptedAt } = front.outcomes.at(-1)!.times
    expect([firstByte, lastByte].every((time) => time !== null && time - acceptedAt < 5_000)).toBe(true)
  })

  it('a gateway that is told to close waits as long as it was told', async () => {
    await using far = await startAt(0, 400)
    const gateway = createGateway({ routes: [{ path: '/**', handler: forward(`http://127.0.0.1:${far.port}`) }] })
    const began = performance.now()
    step(by)
    await gateway.close({ graceMs: 300 })
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})
