import { createPool, type Pool, type PoolOptions, type PoolOutlook } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { fakeExchange, forkable, good, named, setHealth, take } from './pool-kit.js'

const pool = (more: Partial<PoolOptions> = {}): Pool => createPool({ name: 'p', endpoints: named('a', 'b'), ...more })
const short = ({ fate, endpoint, status, candidates }: PoolOutlook): unknown[] => [
  fate,
  endpoint?.name ?? candidates.map(({ name }) => name),
  status,
]
const peek = (of: Pool): PoolOutlook => of.peek(fakeExchange())

describe('whom a pool would give a request to', () => {
  it('is whom the next acquire gets, and who is passed over is told, and why', () => {
    const it = pool({
      endpoints: [...named('a', 'b', 'c', 'd'), { url: 'http://e.test', name: 'e', weight: 0 }],
      maxConnections: 2,
    })
    const [, b, c] = it.endpoints
    void it.drain('a')
    setHealth(it, b!, { healthy: false })
    setHealth(it, c!, { ejected: true })
    expect(short(peek(it))).toEqual(['endpoint', 'd', null])
    expect(peek(it).skipped.map(({ endpoint, why }) => [endpoint.name, why])).toEqual([
      ['a', 'draining'],
      ['b', 'down: test'],
      ['c', 'ejected: test'],
      ['e', 'its weight is 0'],
    ])
    expect(take(it).endpoint.name).toBe('d')
    expect(it.endpoints.map(({ attempts }) => attempts)).toEqual([0, 0, 0, 1, 0])
  })

  it('is a wait where all are full, behind those who wait already, or a 503 where the line is', async () => {
    const it = pool({ maxConnections: 1, queue: { limit: 1 } })
    const leases = [take(it), take(it)]
    expect([short(peek(it)), peek(it).skipped[0]!.why]).toEqual([['wait', [], null], 'full: 1 of 1 in flight'])
    const waiting = it.acquire(fakeExchange()) as Promise<unknown>
    expect([peek(it).fate, peek(it).status]).toEqual(['none', 503])
    expect(it.queued).toBe(1)
    leases[0]!.release(good)
    await waiting
  })

  it('is the fallback’s, or nobody’s where there is none, or the pool is closed', async () => {
    const spare = createPool({ name: 'spare', endpoints: named('s') })
    const [alone, backed] = [pool(), pool({ fallback: spare })]
    for (const it of [alone, backed]) for (const name of ['a', 'b']) it.maintenance(name)
    expect(short(peek(alone))).toEqual(['none', [], 503])
    expect([peek(backed).fate, short(peek(backed).fallback!)]).toEqual(['fallback', ['endpoint', 's', null]])
    alone.ready('a')
    await alone.close()
    expect(peek(alone)).toMatchObject({ fate: 'none', why: 'the pool is closed' })
  })

  it('is whoever has been ejected for longest, if no other is left, and that one stays ejected', () => {
    const it = pool()
    for (const [at, endpoint] of it.endpoints.entries()) {
      setHealth(it, endpoint, { ejected: true })
      endpoint.since = 10 - at
    }
    expect(short(peek(it))).toEqual(['endpoint', 'b', null])
    expect(it.endpoints.every(({ ejected }) => ejected)).toBe(true)
    expect(take(it).endpoint.name).toBe('b')
  })

  it('is one by chance among levels that share, and draws none; at another level where the first has no room', () => {
    let drawn = 0
    const endpoints = [...named('a', 'b'), { url: 'http://c.test', name: 'c', priority: 1 }]
    const it = pool({ endpoints, spillOver: 1, random: () => drawn++ * 0, maxConnections: 1 })
    it.maintenance('a')
    expect(short(peek(it))).toEqual(['chance', ['b', 'c'], null])
    expect([peek(it).why, drawn]).toEqual([expect.stringContaining('priority 0 50 %, priority 1 50 %'), 0])
    it.ready('a')
    for (const _ of [1, 2]) take(it)
    expect([short(peek(it)), peek(it).why]).toEqual([['endpoint', 'c', null], expect.stringContaining('no room')])
  })

  it('is not known of a balancer that does not tell', () => {
    const it = pool({ balancer: forkable() })
    expect([short(peek(it)), peek(it).why]).toEqual([
      ['unknown', ['a', 'b'], null],
      'forkable does not tell whom it would pick',
    ])
  })
})
