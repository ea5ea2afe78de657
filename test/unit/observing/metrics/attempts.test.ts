import { createPool, EdgeError, EventHub, type Exchange } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { kept } from './kit.js'

const poolOf = (events: EventHub, ...names: string[]) =>
  createPool({ name: 'users', events, endpoints: names.map((name) => ({ name, url: `http://${name}.test` })) })

describe('attempts', () => {
  it('are counted by endpoint and what came of them, and timed to the first byte by pool', async () => {
    const events = new EventHub()
    await using pool = poolOf(events, 'a', 'b')
    using it = kept({ events, pools: [pool] })
    it.attempted('users')
    it.attempted('users', { status: 204 })
    it.attempted('users', { endpoint: 'b', status: 503 })
    const times = { startedAt: 0, connectedAt: null, firstByteAt: null, lastByteAt: null }
    it.attempted('users', { endpoint: 'b', status: null, error: new EdgeError('ERR_EDGE_CONNECT', 'refused'), times })
    const { value } = await it.scrape()
    const attempts = (endpoint: string, result: string) => value('edgewise_attempts_total', { endpoint, result })
    expect([attempts('a', '2xx'), attempts('b', '5xx'), attempts('b', 'ERR_EDGE_CONNECT')]).toEqual([2, 1, 1])
    expect(value('edgewise_attempt_first_byte_seconds_count', { pool: 'users' })).toBe(3)
    expect(value('edgewise_attempt_first_byte_seconds_bucket', { le: '0.005' })).toBe(3)
  })

  it('of pools that nobody gave are counted without their endpoints', async () => {
    using it = kept()
    it.attempted('users')
    it.attempted('users', { endpoint: 'b' })
    expect((await it.scrape()).value('edgewise_attempts_total', { pool: 'users', endpoint: 'other' })).toBe(2)
  })

  it('H-196 at an endpoint leave with it; late ones are those of others', async () => {
    const events = new EventHub()
    await using pool = poolOf(events, 'a', 'b')
    using it = kept({ events, pools: [pool] })
    it.attempted('users')
    it.attempted('users', { endpoint: 'b' })
    await pool.remove('a')
    it.attempted('users')
    const { series } = await it.scrape()
    const shown = series.filter(({ name, labels }) => name === 'edgewise_attempts_total' && labels['endpoint'] !== '')
    expect(shown.map(({ labels, value }) => [labels['endpoint'], value])).toEqual([
      ['b', 1],
      ['other', 1],
    ])
  })

  it('H-196 at endpoints of a pool that is gone leave with it', async () => {
    const events = new EventHub()
    await using pool = poolOf(events, 'a')
    const pools = [pool]
    using it = kept({ events, pools: () => pools })
    it.attempted('users')
    expect((await it.scrape()).value('edgewise_attempts_total', { endpoint: 'a' })).toBe(1)
    pools.pop()
    it.attempted('users')
    expect((await it.scrape()).value('edgewise_attempts_total', { endpoint: 'a' })).toBeUndefined()
  })

  it('H-196 at more endpoints, and pools, than there may be are counted under one', async () => {
    const events = new EventHub()
    await using pool = poolOf(events, ...Array.from({ length: 20 }, (_, at) => `e${at}`))
    using it = kept({ events, pools: [pool], maxSeries: 10 })
    for (let at = 0; at < 20; at++) it.attempted('users', { endpoint: `e${at}` })
    for (let at = 0; at < 20; at++) it.attempted(`p${at}`)
    const { series, value } = await it.scrape()
    expect(value('edgewise_attempts_total', { pool: 'users', endpoint: 'other' })).toBe(10)
    const shown = series.filter(({ name }) => name === 'edgewise_attempts_total')
    expect(new Set(shown.map(({ labels }) => labels['pool'])).size).toBe(11)
    expect(shown.reduce((sum, { value }) => sum + value, 0)).toBe(40)
    expect(series.filter(({ name }) => name === 'edgewise_attempt_first_byte_seconds_count').length).toBe(11)
    expect(value('edgewise_attempt_first_byte_seconds_count', { pool: 'other' })).toBe(11)
  })

  it('that are retries or hedges are counted, and waits in the queue', async () => {
    using it = kept()
    const exchange = {} as Exchange
    for (const why of ['503', 'ERR_EDGE_CONNECT', '599', 'no code of ours'])
      it.hub.emit('retry', { pool: 'users', endpoint: 'a', why })
    it.hub.emit('hedge', { pool: 'users', endpoint: 'a' })
    it.hub.emit('queued', { exchange, pool: 'users', waitedMs: 20, error: null })
    for (const code of ['ERR_EDGE_QUEUE_FULL', 'ERR_EDGE_QUEUE_TIMEOUT'] as const)
      it.hub.emit('queued', { exchange, pool: 'users', waitedMs: 5_000, error: new EdgeError(code, 'x') })
    const { value } = await it.scrape()
    const retries = ['503', 'ERR_EDGE_CONNECT', '5xx', 'other'].map((reason) =>
      value('edgewise_retries_total', { reason }),
    )
    expect(retries).toEqual([1, 1, 1, 1])
    expect(value('edgewise_hedges_total', { pool: 'users' })).toBe(1)
    const exits = ['served', 'ERR_EDGE_QUEUE_FULL', 'ERR_EDGE_QUEUE_TIMEOUT']
    expect(exits.map((result) => value('edgewise_queue_exits_total', { result }))).toEqual([1, 1, 1])
    // Who found the line full did not wait.
    expect(value('edgewise_queue_wait_seconds_count')).toBe(2)
    expect(value('edgewise_queue_wait_seconds_sum')).toBeCloseTo(5.02)
  })
})
