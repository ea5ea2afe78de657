import { createPool, type Endpoint, EventHub, type Exchange, type Lease, type Pool } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { EdgeError } from '../../../src/errors.js'
import { fakeExchange, forkable, good, named, noVerdict, refused, setHealth, take } from './pool-kit.js'

const code = (error: unknown): string => (error as EdgeError).code

describe('limits', () => {
  it("are an endpoint's own, or the pool's", () => {
    const pool = createPool({
      name: 'test',
      endpoints: [{ url: 'http://a.test', maxConnections: 1 }, 'http://b.test'],
      maxConnections: 3,
    })
    for (let at = 0; at < 4; at++) take(pool)
    expect(pool.endpoints.map(({ inFlight }) => inFlight)).toEqual([1, 3])
    expect(() => take(pool)).toThrow('has to wait')
  })

  it('are what is learnt, fed with how attempts end, as far as maxConnections', () => {
    const limit = { limit: 1, settled: vi.fn() }
    const pool = createPool({ name: 'test', endpoints: named('a'), maxConnections: 2, concurrency: () => limit })
    const lease = take(pool)
    expect(() => take(pool)).toThrow('has to wait')
    limit.limit = 50
    lease.release(good)
    expect(limit.settled).toHaveBeenCalledExactlyOnceWith(good, 1)
    expect(pool.endpoints[0]!.limit).toBe(2)
  })
})

describe('those who wait', () => {
  it('get the place that has come free without a pick, and whoever comes meanwhile stays behind them', async () => {
    const pool = createPool({ name: 'test', endpoints: named('a', 'b'), maxConnections: 1 })
    const [first, second] = [take(pool), take(pool)]
    const waits = [pool.acquire(fakeExchange()), pool.acquire(fakeExchange())]
    second.release(good)
    expect((await waits[0])!.endpoint).toBe(second.endpoint)
    first.release(good)
    expect((await waits[1])!.endpoint).toBe(first.endpoint)
  })

  it('are not in the way of others when they may not go where there is room', () => {
    const pool = createPool({ name: 'test', endpoints: named('a', 'b'), maxConnections: 1 })
    const a = take(pool)
    const b = take(pool)
    const picky = pool.acquire(fakeExchange(), new Set([a.endpoint])) as Promise<Lease>
    a.release(good)
    expect(take(pool).endpoint).toBe(a.endpoint)
    b.release(good)
    return expect(picky).resolves.toMatchObject({ endpoint: b.endpoint })
  })

  it('get no place at an endpoint that takes no more', () => {
    const pool = createPool({ name: 'test', endpoints: named('a', 'b'), maxConnections: 1 })
    const [a] = [take(pool), take(pool)]
    pool.setWeight(a!.endpoint.name, 0)
    void pool.acquire(fakeExchange())
    a!.release(good)
    expect([pool.queued, a!.endpoint.inFlight]).toEqual([1, 0])
    pool.setWeight(a!.endpoint.name, 1)
    expect([pool.queued, a!.endpoint.inFlight]).toEqual([0, 1])
  })
})

describe('limits of tunnels', () => {
  const upgrade = (): Exchange => ({ ...fakeExchange(), upgrade: { protocol: 'websocket' } }) as Exchange
  const lend = (pool: Pool): Lease => pool.acquire(upgrade()) as Lease

  it("are an endpoint's own, or the pool's, and stop upgrades only", () => {
    const pool = createPool({
      name: 'test',
      endpoints: [{ url: 'http://a.test', maxTunnels: 1 }, 'http://b.test'],
      maxTunnels: 2,
    })
    const leases = Array.from({ length: 3 }, () => lend(pool))
    expect(pool.endpoints.map(({ upgrades }) => upgrades)).toEqual([1, 2])
    expect(() => lend(pool)).toThrow(expect.objectContaining({ code: 'ERR_EDGE_TUNNEL_LIMIT', status: 503 }))
    for (let at = 0; at < 10; at++) take(pool)
    expect(pool.snapshot().endpoints.map(({ tunnels }) => tunnels.limit)).toEqual([1, 2])
    leases[0]!.release(good)
    expect(lend(pool).endpoint).toBe(leases[0]!.endpoint)
  })

  it('H-079 send the upgrade past them to the fallback at once', () => {
    const fallback = createPool({ name: 'other', endpoints: named('s') })
    const pool = createPool({ name: 'test', endpoints: named('a'), maxTunnels: 0, fallback })
    expect(lend(pool).endpoint.name).toBe('s')
  })

  it('H-079 keep nobody waiting behind an upgrade that waits for the endpoint with room for it', () => {
    const pool = createPool({
      name: 'test',
      endpoints: [
        { url: 'http://a.test', name: 'a', maxTunnels: 0 },
        { url: 'http://b.test', name: 'b' },
      ],
      maxConnections: 1,
    })
    const [a, b] = [take(pool), take(pool)].toSorted((one, other) =>
      one.endpoint.name.localeCompare(other.endpoint.name),
    )
    const waiting = pool.acquire(upgrade()) as Promise<Lease>
    const behind = pool.acquire(fakeExchange()) as Promise<Lease>
    a!.release(good)
    expect(pool.queued).toBe(1)
    b!.release(good)
    expect(pool.queued).toBe(0)
    return expect(Promise.all([waiting, behind])).resolves.toMatchObject([
      { endpoint: { name: 'b' } },
      { endpoint: { name: 'a' } },
    ])
  })

  it('are taken over from a new list', () => {
    const pool = createPool({ name: 'test', endpoints: named('a') })
    expect(pool.snapshot().endpoints[0]!.tunnels.limit).toBe(null)
    pool.sync([{ url: 'http://a.test', name: 'a', maxTunnels: 5 }])
    expect(pool.snapshot().endpoints[0]!.tunnels.limit).toBe(5)
  })

  it.each([-1, 1.5, Number.NaN])('are refused when they are %d', (maxTunnels) => {
    expect(() => createPool({ name: 'test', endpoints: named('a'), maxTunnels })).toThrow(/maxTunnels/)
    expect(() => createPool({ name: 'test', endpoints: [{ url: 'http://a.test', maxTunnels }] })).toThrow(/maxTunnels/)
  })
})

describe('while every endpoint is ejected', () => {
  function allOut(...names: string[]): { pool: Pool; endpoints: readonly Endpoint[]; changes: string[] } {
    const hub = new EventHub()
    const changes: string[] = []
    const pool = createPool({ name: 'test', endpoints: named(...names), events: hub })
    hub.on('endpoint', ({ endpoint, change }) => changes.push(`${endpoint} ${change}`))
    for (const _ of names) take(pool).release(refused)
    expect(changes).toHaveLength(names.length)
    changes.length = 0
    return { pool, endpoints: pool.endpoints, changes }
  }

  it('H-107 each is tried by one request at a time, and others wait for what becomes of it', async () => {
    const { pool, endpoints, changes } = allOut('a', 'b')
    const trials = [take(pool), take(pool)]
    expect(new Set(trials.map(({ endpoint }) => endpoint.name))).toEqual(new Set(['a', 'b']))
    const waits = [0, 1, 2].map(() => pool.acquire(fakeExchange()) as Promise<Lease>)
    expect(pool.queued).toBe(3)
    trials[0]!.release(refused)
    // Whoever is next tries again, while the other trial is under way.
    expect([pool.queued, (await waits[0])!.endpoint]).toEqual([2, trials[0]!.endpoint])
    trials[1]!.release(good)
    await Promise.all(waits)
    expect(endpoints.map(({ state }) => state).toSorted()).toEqual(['trial', 'up'])
    expect(changes).toEqual([`${trials[1]!.endpoint.name} up`])
    await pool.close()
  })

  it('H-106 says nothing of trials that fail, however many', async () => {
    const { pool, changes } = allOut('a')
    for (let at = 0; at < 5; at++) take(pool).release(refused)
    expect([changes, pool.endpoints[0]!.state]).toEqual([[], 'ejected'])
    await pool.close()
  })

  it('H-107 one that is well is preferred to a trial before its time', async () => {
    const pool = createPool({ name: 'test', endpoints: named('a', 'b'), maxConnections: 1 })
    take(pool).release(refused)
    expect(take(pool).endpoint.name).toBe('b')
    expect(() => take(pool)).toThrow('has to wait')
    expect(pool.endpoints[0]!.state).toBe('ejected')
    await pool.close()
  })

  it('H-106 one that probes know to be down is not tried', async () => {
    const { pool, endpoints } = allOut('a', 'b')
    setHealth(pool, endpoints[0]!, { healthy: false })
    expect(take(pool).endpoint.name).toBe('b')
    setHealth(pool, endpoints[1]!, { healthy: false })
    expect(() => take(pool)).toThrow(expect.objectContaining({ code: 'ERR_EDGE_NO_ENDPOINT' }))
    await pool.close()
  })
})

describe('another endpoint', () => {
  it('is there when one may take traffic that has not been tried, here or in the fallback', () => {
    const fallback = createPool({ name: 'spare', endpoints: named('s') })
    const pool = createPool({ name: 'test', endpoints: named('a', 'b') })
    const [a, b] = pool.endpoints as [Endpoint, Endpoint]
    expect([pool.hasOther(new Set()), pool.hasOther(new Set([a])), pool.hasOther(new Set([a, b]))]).toEqual([
      true,
      true,
      false,
    ])
    pool.setWeight('b', 0)
    expect(pool.hasOther(new Set([a]))).toBe(false)
    const both = createPool({ name: 'both', endpoints: [], fallback })
    expect([both.hasOther(new Set()), both.hasOther(new Set(fallback.endpoints))]).toEqual([true, false])
  })
})

describe('a fallback', () => {
  const spare = () => createPool({ name: 'spare', endpoints: named('s') })

  it('takes what finds no endpoint, and its leases are its own', async () => {
    const fallback = spare()
    const pool = createPool({ name: 'test', endpoints: named('a'), fallback })
    expect(take(pool).endpoint.name).toBe('a')
    setHealth(pool, pool.endpoints[0]!, { healthy: false })
    const lease = take(pool)
    expect([lease.endpoint.name, fallback.endpoints[0]!.inFlight]).toEqual(['s', 1])
    lease.release(good)
    expect(fallback.endpoints[0]!.inFlight).toBe(0)
    await pool.close()
    expect(take(fallback).endpoint.name).toBe('s')
  })

  it('takes what the queue has no room for, and those who wait when the last endpoint goes, but none that waited too long', async () => {
    vi.useFakeTimers()
    try {
      const pool = createPool({
        ...{ name: 'test', endpoints: named('a'), maxConnections: 1, fallback: spare() },
        queue: { limit: 1, timeoutMs: 100 },
      })
      take(pool)
      const late = pool.acquire(fakeExchange()) as Promise<Lease>
      expect((await pool.acquire(fakeExchange())).endpoint.name).toBe('s')
      vi.advanceTimersByTime(100)
      expect(await late.catch(code)).toBe('ERR_EDGE_QUEUE_TIMEOUT')
      const waiting = pool.acquire(fakeExchange())
      pool.maintenance('a')
      expect((await waiting).endpoint.name).toBe('s')
    } finally {
      vi.useRealTimers()
    }
  })

  it('may have one itself, and the last has the last word', () => {
    const last = spare()
    const middle = createPool({ name: 'middle', endpoints: [], fallback: last })
    const pool = createPool({ name: 'test', endpoints: [], fallback: middle })
    expect(take(pool).endpoint.name).toBe('s')
    setHealth(last, last.endpoints[0]!, { healthy: false })
    expect(() => take(pool)).toThrow(/pool spare/)
  })
})

describe('leases, by any order of events', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('acquire' as const), exclude: fc.boolean() }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('release' as const), at: fc.nat(), how: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('answer' as const), at: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), at: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 400 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('health' as const),
        at: fc.nat(),
        healthy: fc.boolean(),
        ejected: fc.boolean(),
        onTrial: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('operate' as const),
        at: fc.nat(),
        what: fc.constantFrom('drain', 'ready', 'maintenance', 'remove', 'add', 'weight', 'sync', 'cut'),
      }),
    },
  )
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
  const OUTCOMES = [good, refused, noVerdict]

  it('H-110 are as many as endpoints count, never more than a limit or one a trial, and none is lost', async () => {
    vi.useFakeTimers()
    try {
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), run), { numRuns: 200 })
    } finally {
      vi.useRealTimers()
    }
  })

  async function run(steps: readonly Step[]): Promise<void> {
    let order = 0
    const pool = createPool({
      ...{ name: 'test', balancer: forkable(), maxConnections: 3, slowStartMs: 300, panicThreshold: 0.3 },
      endpoints: named('a', 'b', 'c').map((each, at) => ({ ...each, priority: at % 2 })),
      queue: { limit: 6, timeoutMs: 200, priority: () => order++ % 3 },
      health: { passive: { failures: 2, cooldownMs: 150 } },
      events: new EventHub(),
    })
    const seen = new Set<Endpoint>(pool.endpoints)
    const out = new Set<Lease>()
    const waiting = new Map<Exchange, { readonly picky: boolean }>()
    let added = 0

    const keep = (lease: Lease): void => {
      const { endpoint } = lease
      seen.add(endpoint)
      out.add(lease)
    }
    const acquire = (exclude: boolean): void => {
      const exchange = fakeExchange()
      try {
        const got = pool.acquire(exchange, exclude ? new Set(pool.endpoints.slice(0, 1)) : undefined)
        if (!(got instanceof Promise)) return keep(got)
        waiting.set(exchange, { picky: exclude })
        void got
          .then(keep, (error: unknown) => {
            expect(code(error)).toMatch(/^ERR_EDGE_(NO_ENDPOINT|QUEUE_FULL|QUEUE_TIMEOUT|CLIENT_CLOSED|CLOSING)$/)
          })
          .finally(() => waiting.delete(exchange))
      } catch (error) {
        expect(code(error)).toBe('ERR_EDGE_NO_ENDPOINT')
      }
    }
    const giveBack = (lease: Lease, how: number): void => {
      out.delete(lease)
      lease.release(OUTCOMES[how]!)
    }
    const pick = <T>(all: Iterable<T>, at: number): T | undefined => [...all][at % Math.max(1, [...all].length)]
    const operate = (what: string, at: number): void => {
      const name = pick(pool.endpoints, at)?.name
      if (what === 'add') seen.add(pool.add({ url: 'http://n.test', name: `n${added++}`, priority: at % 3 }))
      else if (what === 'sync') pool.sync(named('a', `s${at % 5}`, `s${(at + 1) % 5}`))
      else if (name === undefined) return
      else if (what === 'weight') pool.setWeight(name, at % 3)
      else if (what === 'remove') void pool.remove(name)
      else if (what === 'cut') void pool.drain(name, { deadlineMs: 50, cut: true })
      else pool[what as 'drain'](name)
      for (const endpoint of pool.endpoints) seen.add(endpoint)
    }

    for (const each of steps) {
      if (each.do === 'acquire') acquire(each.exclude)
      else if (each.do === 'time') vi.advanceTimersByTime(each.ms)
      else if (each.do === 'operate') operate(each.what, each.at)
      else if (each.do === 'leave')
        pick(waiting.keys(), each.at)?.cancel.abort(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'gone'))
      else if (each.do === 'health') {
        const endpoint = pick(pool.endpoints, each.at)
        if (endpoint !== undefined)
          setHealth(pool, endpoint, {
            healthy: each.healthy,
            ejected: each.ejected,
            onTrial: each.onTrial && !each.ejected,
          })
      } else {
        const lease = pick(out, each.at)
        if (lease === undefined) continue
        if (each.do === 'release') giveBack(lease, each.how)
        else lease.answered(noVerdict)
      }
      const before = new Map([...seen].map((endpoint) => [endpoint, endpoint.inFlight]))
      for (let turn = 0; turn < 4; turn++) await null
      for (const endpoint of seen) {
        expect(endpoint.inFlight).toBe(before.get(endpoint))
        expect(endpoint.inFlight).toBe([...out].filter((lease) => lease.endpoint === endpoint).length)
        expect(endpoint.inFlight).toBeLessThanOrEqual(3)
        expect([0, 1]).toContain(endpoint.trials)
        let linked = 0
        for (let lease = endpoint.newest; lease !== null; lease = lease.older) linked++
        expect(linked).toBe(endpoint.inFlight)
      }
      // Nobody waits who could be served.
      if ([...waiting.values()].some(({ picky }) => !picky))
        expect(pool.endpoints.filter(({ available, weight, full }) => available && weight > 0 && !full)).toEqual([])
      expect(pool.queued).toBe(waiting.size)
      expect(pool.queued).toBeLessThanOrEqual(6)
    }
    for (const lease of out) giveBack(lease, 0)
    vi.advanceTimersByTime(201)
    for (let turn = 0; turn < 8; turn++) await null
    while (out.size > 0) for (const lease of out) giveBack(lease, 0)
    await pool.close()
    for (const endpoint of seen) expect([endpoint.inFlight, endpoint.trials, endpoint.newest]).toEqual([0, 0, null])
    expect([pool.queued, waiting.size]).toEqual([0, 0])
    expect(vi.getTimerCount()).toBe(0)
  }
})
