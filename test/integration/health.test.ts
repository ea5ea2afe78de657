import { describe, expect, it } from 'vitest'
import { eventually, type SinkRequest, type SinkStep, sink, upstream } from '../support/index.js'
import { ask } from './client.js'
import { gatewayOver, transports } from './front.js'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const ILL = 'HTTP/1.1 503 Ill\r\nContent-Length: 0\r\n\r\n'
const quick = { intervalMs: 10, jitter: 0, timeoutMs: 200 } as const

const isProbe = ({ target }: SinkRequest): boolean => target === '/healthz'

/** An upstream that answers probes and traffic by two scripts of its own. */
function far(probe: () => readonly SinkStep[], traffic: () => readonly SinkStep[] = () => ['waitBody', OK]) {
  return sink((_connection, _index, request) => (isProbe(request) ? probe() : traffic()))
}

describe.each(transports)('health over %s', (_name, make) => {
  it('H-108 keeps traffic away from an endpoint that probes find down, and gives it back', async () => {
    let well = true
    await using one = await far(() => [well ? OK : ILL])
    await using two = await upstream(undefined, { name: 'two' })
    const active = { path: '/healthz', ...quick, rise: 2, fall: 2 }
    await using front = await gatewayOver(make(), [{ url: one.url, name: 'one' }, two.url], {
      pool: { health: { active } },
    })
    well = false
    await eventually(() => front.changes.includes('one down'))
    for (let at = 0; at < 4; at++) expect((await ask(front.port)).headers['x-upstream']).toBe('two')
    well = true
    await eventually(() => front.changes.includes('one up'))
    const all = [await ask(front.port), await ask(front.port)]
    expect(all.map(({ headers }) => headers['x-upstream'])).toContain(undefined)
    expect(front.changes).toEqual(['one down', 'one up'])
  })

  it('H-108 stays as it is when probes flap', async () => {
    let asked = 0
    await using one = await far(() => [asked++ % 2 === 0 ? ILL : OK])
    const active = { path: '/healthz', ...quick, rise: 2, fall: 2 }
    await using front = await gatewayOver(make(), [one.url], { pool: { health: { active } } })
    await eventually(() => asked >= 12)
    expect(front.changes).toEqual([])
    expect((await ask(front.port)).status).toBe(200)
  })

  it('H-108 a redirect is not up', async () => {
    await using one = await far(() => ['HTTP/1.1 301 Moved\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n'])
    const active = { path: '/healthz', ...quick, fall: 1 }
    await using front = await gatewayOver(make(), [one.url], { pool: { health: { active } } })
    await eventually(() => front.changes.length === 1)
    expect((await ask(front.port)).status).toBe(503)
  })

  it('H-108 does not let traffic and probes fight: what traffic took down, `rise` good probes bring back, once', async () => {
    let broken = true
    const mended = Promise.withResolvers<void>()
    await using one = await far(
      () => [() => mended.promise, OK],
      () => ['waitBody', ...(broken ? (['reset'] as const) : [OK])],
    )
    await using two = await upstream()
    const active = { path: '/healthz', ...quick, timeoutMs: 10_000, rise: 3 }
    await using front = await gatewayOver(make(), [{ url: one.url, name: 'one' }, two.url], {
      pool: { health: { active } },
    })
    await eventually(() => one.requests.some(isProbe))
    // All are served: the one that met the reset was tried again on the other.
    for (let at = 0; at < 6; at++) expect((await ask(front.port)).status).toBe(200)
    expect(front.changes).toEqual(['one down'])
    const before = one.requests.filter(isProbe).length
    broken = false
    mended.resolve()
    await eventually(() => front.changes.length === 2)
    expect(front.changes).toEqual(['one down', 'one up'])
    // The probe that was out when it went down tells nothing.
    expect(one.requests.filter(isProbe).length - before).toBeGreaterThanOrEqual(3)
    expect((await Promise.all([ask(front.port), ask(front.port)])).map(({ status }) => status)).toEqual([200, 200])
    expect(front.changes).toHaveLength(2)
  })

  it('H-108 leaves an endpoint alone for the cooldown after failures of traffic, where there are no probes', async () => {
    let broken = true
    await using one = await far(
      () => [],
      () => ['waitBody', ...(broken ? (['reset'] as const) : [OK])],
    )
    await using two = await upstream(undefined, { name: 'two' })
    const passive = { failures: 2, cooldownMs: 150 }
    await using front = await gatewayOver(make(), [{ url: one.url, name: 'one' }, two.url], {
      pool: { health: { passive } },
    })
    for (let at = 0; at < 8; at++) expect((await ask(front.port)).headers['x-upstream']).toBe('two')
    expect(one.requests).toHaveLength(2)
    broken = false
    await eventually(() => front.changes.length === 2)
    expect(front.changes).toEqual(['one down', 'one up'])
    await Promise.all([ask(front.port), ask(front.port)])
    expect(one.requests).toHaveLength(3)
  })

  it('H-108 counts probes apart: no attempt, no lease, no connection of the traffic', async () => {
    await using one = await far(() => [OK])
    const active = { path: '/healthz', ...quick }
    await using front = await gatewayOver(make(), [one.url], { pool: { health: { active }, maxConnections: 1 } })
    await eventually(() => one.requests.filter(isProbe).length >= 3)
    expect([front.endpoint(0).attempts, front.endpoint(0).inFlight]).toEqual([0, 0])
    await ask(front.port)
    expect(front.endpoint(0).attempts).toBe(1)
    expect(front.attempts).toHaveLength(1)
    const carriers = new Set(one.requests.filter((request) => !isProbe(request)).map(({ connection }) => connection))
    for (const connection of carriers) expect(connection.requests.some(isProbe)).toBe(false)
  })

  it('H-108 goes on probing an endpoint that traffic has filled', async () => {
    await using one = await far(
      () => [OK],
      () => ['stall'],
    )
    const active = { path: '/healthz', ...quick }
    await using front = await gatewayOver(make(), [one.url], { pool: { health: { active }, maxConnections: 1 } })
    const abort = new AbortController()
    const stuck = ask(front.port, '/', { signal: abort.signal })
    await eventually(() => front.endpoint(0).inFlight === 1)
    const before = one.requests.length
    await eventually(() => one.requests.length >= before + 3)
    expect(front.endpoint(0).available).toBe(true)
    abort.abort()
    await expect(stuck).rejects.toThrow()
    await front.atRest()
  })

  it('H-108 reads no health reply past what it needs, and never has two probes out', async () => {
    const endless = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${`1000\r\n${'x'.repeat(4_096)}\r\n`.repeat(8)}`
    await using one = await far(() => [30, endless, 'stall'])
    const active = { path: '/healthz', ...quick, intervalMs: 5 }
    await using front = await gatewayOver(make(), [one.url], { pool: { health: { active } } })
    let most = 0
    await eventually(() => {
      most = Math.max(most, one.openConnections())
      return one.requests.length >= 6
    })
    expect(most).toBeLessThanOrEqual(1)
    expect(front.changes).toEqual([])
  })

  it('H-116 stops probing when the pool closes', async () => {
    await using one = await far(() => [OK])
    const front = await gatewayOver(make(), [one.url], { pool: { health: { active: { path: '/healthz', ...quick } } } })
    await eventually(() => one.requests.length >= 2)
    await front[Symbol.asyncDispose]()
    await eventually(() => one.openConnections() === 0)
    const before = one.requests.length
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(one.requests.length).toBe(before)
  })
})
