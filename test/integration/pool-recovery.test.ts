import { leastConnections } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, type Upstream, type UpstreamOptions, upstream } from '../support/index.js'
import { setHealth } from '../unit/upstream/pool-kit.js'
import { ask, load } from './client.js'
import { gatewayOver, transports } from './front.js'

/** Answers after some milliseconds. */
function slow(ms: number, options?: UpstreamOptions): Promise<Upstream> {
  return upstream((_request, response) => setTimeout(() => response.end('ok'), ms), { record: false, ...options })
}

describe.each(transports)('recovery, over %s', (_name, make) => {
  it('H-106 while all are down there is a 503 with Retry-After at once, and the first request after succeeds', async () => {
    await using one = await upstream()
    await using two = await upstream()
    const active = { intervalMs: 10, jitter: 0, rise: 1, fall: 1, timeoutMs: 200 }
    await using front = await gatewayOver(make(), [one.url, two.url], { pool: { health: { active } } })
    for (let round = 0; round < 2; round++) {
      await Promise.all([one.stop(), two.stop()])
      await eventually(() => front.pool.snapshot().endpoints.every(({ state }) => state === 'down'))
      const started = performance.now()
      for (let at = 0; at < 20; at++) {
        const { status, headers } = await ask(front.port)
        expect([status, headers['retry-after']]).toEqual([503, '1'])
      }
      expect(performance.now() - started).toBeLessThan(1_000)
      await Promise.all([one.restart(), two.restart()])
      await eventually(() => front.pool.snapshot().endpoints.some(({ state }) => state === 'up'))
      expect((await ask(front.port)).status).toBe(200)
    }
    await front.atRest()
  })

  it('H-107 without probes, one request tries for all: those who came at the same time are served when it succeeds', async () => {
    await using far = await slow(30)
    await using front = await gatewayOver(make(), [far.url], { pool: { health: { passive: { cooldownMs: 60_000 } } } })
    await far.stop()
    expect((await ask(front.port)).status).toBe(502)
    expect(front.endpoint(0).state).toBe('ejected')
    await far.restart()
    const before = far.hits
    const all = Promise.all(Array.from({ length: 40 }, () => ask(front.port)))
    await eventually(() => front.pool.queued === 39)
    expect(far.hits - before).toBe(1)
    expect((await all).map(({ status }) => status)).toEqual(Array.from({ length: 40 }, () => 200))
    expect(front.endpoint(0).state).toBe('up')
    await front.atRest()
  })

  it('H-107 without probes, a trial whose reply goes on and on keeps nobody waiting', async () => {
    await using far = await upstream((request, response) => {
      if (request.url === '/stream') response.write('on')
      else response.end('ok')
    })
    await using front = await gatewayOver(make(), [far.url], { pool: { health: { passive: { cooldownMs: 60_000 } } } })
    await far.stop()
    await ask(front.port)
    await far.restart()
    const abort = new AbortController()
    const stream = ask(front.port, '/stream', { signal: abort.signal }).catch(() => {})
    await eventually(() => far.hits === 1)
    expect((await ask(front.port)).status).toBe(200)
    abort.abort()
    await stream
    await front.atRest()
  })
})

describe('a newcomer', () => {
  /** Its share of what was served in the first second after it came back among three, under 48 clients that never pause. */
  async function share(slowStartMs: number): Promise<{ first: number; herd: number }> {
    await using one = await slow(8)
    await using two = await slow(8)
    await using three = await slow(8)
    const far = [one, two, three]
    await using front = await gatewayOver(
      transports[0]![1](),
      far.map(({ url }) => url),
      { pool: { balancer: leastConnections(), maxConnections: 24, slowStartMs }, record: false },
    )
    const newcomer = front.endpoint(2)
    setHealth(front.pool, newcomer, { healthy: false })
    let going = true
    const traffic = load(front.port, Number.POSITIVE_INFINITY, {
      concurrency: 48,
      each: () => {
        if (!going) throw new Error('enough')
      },
    }).catch(() => {})
    await eventually(() => one.hits + two.hits > 500)
    const before = far.map(({ hits }) => hits)
    setHealth(front.pool, newcomer, { healthy: true })
    let herd = 0
    const until = performance.now() + 1_000
    while (performance.now() < until) {
      herd = Math.max(herd, newcomer.inFlight)
      await new Promise(setImmediate)
    }
    const served = far.map(({ hits }, at) => hits - before[at]!)
    going = false
    await traffic
    await front.atRest()
    return { first: served[2]! / (served[0]! + served[1]! + served[2]!), herd }
  }

  it('H-107 takes a part of its share in its first second where it starts slowly, and all of it where not', async () => {
    const without = await share(0)
    const slowly = await share(3_000)
    expect(without.first).toBeGreaterThan(0.25)
    expect(slowly.first).toBeLessThan(0.2)
    expect(slowly.first).toBeGreaterThan(0.01)
    expect(slowly.herd).toBeLessThan(without.herd)
  })
})
