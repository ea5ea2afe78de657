import { createPool, type Endpoint } from 'edgewise'
import { testExchange } from 'edgewise/testing'
import { describe, expect, it } from 'vitest'
import { eventually, sink, type Upstream, upstream } from '../support/index.js'
import { rawOpen } from '../support/raw-open.js'
import { forkable } from '../unit/upstream/pool-kit.js'
import { ask } from './client.js'
import { gatewayOver, transports } from './front.js'

async function upstreams(...names: readonly string[]): Promise<Upstream[] & AsyncDisposable> {
  const all = await Promise.all(names.map((name) => upstream(undefined, { name })))
  return Object.assign(all, {
    async [Symbol.asyncDispose]() {
      for (const each of all) await each.stop()
    },
  })
}

async function counts(port: number, total: number): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (let at = 0; at < total; at++) {
    const name = String((await ask(port)).headers['x-upstream'])
    found[name] = (found[name] ?? 0) + 1
  }
  return found
}

/** Every tenth in turn, so that shares are exact. */
function tenths(): () => number {
  let at = 0
  return () => (at++ % 10) / 10 + 0.05
}

describe.each(transports)('a pool of tiers, over %s', (_name, make) => {
  it('spills over to the next as the first shrinks, and comes back', async () => {
    await using far = await upstreams('a', 'b', 'c')
    await using front = await gatewayOver(
      make(),
      far.map(({ url, name }) => ({ url, name, priority: name === 'c' ? 1 : 0 })),
      { pool: { balancer: forkable(), random: tenths() } },
    )
    expect(await counts(front.port, 10)).toEqual({ a: 5, b: 5 })
    front.pool.maintenance('a')
    expect(await counts(front.port, 20)).toEqual({ b: 14, c: 6 })
    front.pool.maintenance('b')
    expect(await counts(front.port, 5)).toEqual({ c: 5 })
    front.pool.ready('a')
    front.pool.ready('b')
    expect(await counts(front.port, 10)).toEqual({ a: 5, b: 5 })
    await front.atRest()
  })

  it('spills over when the first is full, before anything waits', async () => {
    await using slow = await sink(['stall'])
    await using far = await upstreams('b')
    await using front = await gatewayOver(
      make(),
      [
        { url: slow.url, maxConnections: 1 },
        { url: far[0]!.url, priority: 1 },
      ],
      { pool: { balancer: forkable() } },
    )
    const abort = new AbortController()
    const stuck = ask(front.port, '/', { signal: abort.signal }).catch(() => {})
    await slow.waitForRequests(1)
    expect(await counts(front.port, 5)).toEqual({ b: 5 })
    abort.abort()
    await stuck
    await front.atRest()
  })

  it('goes to the next tier on a retry when the first has no other endpoint', async () => {
    await using far = await upstreams('b')
    await using front = await gatewayOver(
      make(),
      [
        { url: 'http://127.0.0.1:9', name: 'a' },
        { url: far[0]!.url, priority: 1 },
      ],
      { pool: { balancer: forkable() } },
    )
    expect(await counts(front.port, 3)).toEqual({ b: 3 })
    expect(front.endpoint(0).attempts).toBe(1)
  })

  it('keeps to its own zone while enough of it is well', async () => {
    await using far = await upstreams('far', 'near')
    await using front = await gatewayOver(
      make(),
      far.map(({ url, name }) => ({ url, name: name!, zone: name! })),
      { pool: { balancer: forkable(), zone: 'near' } },
    )
    expect(await counts(front.port, 5)).toEqual({ near: 5 })
    await far[1]!.stop()
    // The first finds out; none is lost.
    expect(await counts(front.port, 5)).toEqual({ far: 5 })
  })
})

describe.each(transports)('a fallback pool, over %s', (_name, make) => {
  it('serves while the pool in front has nobody, and its retries too', async () => {
    await using far = await upstreams('a', 's')
    await using fallback = createPool({ name: 'spare', endpoints: [far[1]!.url] })
    await using front = await gatewayOver(make(), [{ url: far[0]!.url, name: 'a' }], { pool: { fallback } })
    expect(await counts(front.port, 2)).toEqual({ a: 2 })
    front.pool.maintenance('a')
    expect(await counts(front.port, 2)).toEqual({ s: 2 })
    front.pool.ready('a')
    await far[0]!.stop()
    expect(await counts(front.port, 1)).toEqual({ s: 1 })
    await front.atRest()
    expect(fallback.endpoints[0]!.inFlight).toBe(0)
  })

  it('comes before an endpoint that was ejected, which is tried early only when the fallback has nobody either', async () => {
    await using far = await upstream((_req, res) => res.writeHead(500).end())
    await using spare = await upstream(undefined, { name: 's' })
    await using fallback = createPool({ name: 'spare', endpoints: [{ url: spare.url, name: 's' }] })
    const health = { passive: { failures: 1, statuses: [500], cooldownMs: 60_000 } }
    await using front = await gatewayOver(make(), [far.url], { pool: { fallback, health } })
    expect((await ask(front.port)).status).toBe(500)
    expect(await counts(front.port, 3)).toEqual({ s: 3 })
    expect(front.pool.peek(testExchange('/')).fate).toBe('fallback')
    expect(far.hits).toBe(1)
    fallback.maintenance('s')
    expect(front.pool.peek(testExchange('/')).fate).toBe('endpoint')
    expect((await ask(front.port)).status).toBe(500)
    expect(far.hits).toBe(2)
  })
})

describe.each(transports)('a drain to a deadline, over %s', (_name, make) => {
  async function downloading() {
    const hold = Promise.withResolvers<void>()
    const far = await sink([
      'waitBody',
      'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst',
      () => hold.promise,
      ' last',
    ])
    const front = await gatewayOver(make(), [{ url: far.url, name: 'a' }])
    const client = await rawOpen(front.port)
    await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.waitFor('first')
    return { hold, far, front, client }
  }

  it.each(['drain', 'remove'] as const)(
    'H-113 %s leaves a download alone at the deadline, and says that it goes on',
    async (how) => {
      const { hold, far, front, client } = await downloading()
      await using _all = stopping(client, front, far)
      const { pool } = front
      const endpoint: Endpoint = front.endpoint(0)
      expect(await pool[how]('a', { deadlineMs: 30 })).toBe(false)
      expect([endpoint.inFlight, (await ask(front.port)).status]).toEqual([1, 503])
      hold.resolve()
      await client.waitFor('first last')
      await eventually(() => endpoint.inFlight === 0)
    },
  )

  it.each(['drain', 'remove'] as const)('H-113 %s ends the download at the deadline when told to cut', async (how) => {
    const { far, front, client } = await downloading()
    await using _all = stopping(client, front, far)
    const endpoint: Endpoint = front.endpoint(0)
    expect(await front.pool[how]('a', { deadlineMs: 30, cut: true })).toBe(false)
    await client.closed
    expect(client.text).toMatch(/first$/)
    await eventually(() => endpoint.inFlight === 0 && far.openConnections() === 0)
  })
})

function stopping(...all: readonly AsyncDisposable[]): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      for (const each of all) await each[Symbol.asyncDispose]()
    },
  }
}
