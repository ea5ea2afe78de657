import { createPool, EventHub, type Lease } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { fakeExchange, good, named, outcomeOf, refused, setHealth, take } from '../../upstream/pool-kit.js'
import { kept } from './kit.js'

describe('pools', () => {
  it('are read as they are when somebody scrapes', async () => {
    const events = new EventHub()
    await using pool = createPool({ name: 'users', events, endpoints: named('a', 'b'), maxConnections: 1 })
    using it = kept({ events, pools: [pool] })
    const lease = take(pool)
    const { name } = lease.endpoint
    const other = take(pool)
    const waiting = pool.acquire(fakeExchange()) as Promise<Lease>
    const before = await it.scrape()
    const busy = ['in_flight', 'limit', 'up', 'weight'].map((what) =>
      before.value(`edgewise_endpoint_${what}`, { pool: 'users', endpoint: name }),
    )
    expect(busy).toEqual([1, 1, 1, 1])
    expect(before.value('edgewise_pool_queued', { pool: 'users' })).toBe(1)
    expect(before.value('edgewise_pool_latency_seconds', { quantile: '0.5' })).toBeUndefined()
    const now = performance.now()
    const times = { startedAt: now - 20, connectedAt: now, firstByteAt: now, lastByteAt: now }
    lease.release(outcomeOf({ times, bytes: { in: 7, out: 3 } }))
    ;(await waiting).release(good)
    other.release(refused)
    pool.setWeight(name, 5)
    pool.maintenance(other.endpoint.name)
    const after = await it.scrape()
    const rest = ['in_flight', 'up', 'weight'].map((what) =>
      after.value(`edgewise_endpoint_${what}`, { endpoint: name }),
    )
    expect(rest).toEqual([0, 1, 5])
    expect(after.value('edgewise_endpoint_bytes_total', { endpoint: name, direction: 'in' })).toBe(7)
    expect(after.value('edgewise_pool_queued')).toBe(0)
    expect(after.value('edgewise_endpoint_latency_seconds', { endpoint: name, quantile: '0.95' })).toBeCloseTo(0.02, 2)
    expect(after.value('edgewise_endpoint_up', { endpoint: other.endpoint.name })).toBe(0)
    expect(after.value('edgewise_endpoint_state', { endpoint: other.endpoint.name, state: 'maintenance' })).toBe(1)
    expect(after.value('edgewise_endpoint_failures_total', { endpoint: other.endpoint.name })).toBe(1)
    expect(after.value('edgewise_pool_endpoints', { state: 'up' })).toBe(1)
    expect(after.value('edgewise_pool_endpoints', { state: 'maintenance' })).toBe(1)
    expect(after.value('edgewise_pool_endpoints', { state: 'down' })).toBe(0)
    expect(after.value('edgewise_pool_retry_tokens')).toBe(10)
  })

  it('tell of changes, and which of them traffic made', async () => {
    const events = new EventHub()
    await using pool = createPool({ name: 'users', events, endpoints: named('a', 'b') })
    using it = kept({ events, pools: [pool] })
    const [a, b] = pool.endpoints as [(typeof pool.endpoints)[0], (typeof pool.endpoints)[0]]
    setHealth(pool, a, { healthy: false })
    setHealth(pool, a, { healthy: true })
    setHealth(pool, b, { ejected: true })
    events.emit('pool', { pool: 'users', change: 'panic', why: 'test' })
    const { value } = await it.scrape()
    expect(value('edgewise_endpoint_changes_total', { pool: 'users', change: 'down' })).toBe(2)
    expect(value('edgewise_endpoint_changes_total', { change: 'up' })).toBe(1)
    expect(value('edgewise_ejections_total', { pool: 'users' })).toBe(1)
    expect(value('edgewise_endpoint_state', { state: 'ejected' })).toBe(1)
    expect(value('edgewise_pool_changes_total', { change: 'panic' })).toBe(1)
  })

  it('H-196 show no endpoint that has left, and no more endpoints than there may be', async () => {
    const events = new EventHub()
    const urls = (from: number) => Array.from({ length: 15 }, (_, at) => `http://10.0.0.${from + at}`)
    await using pool = createPool({ name: 'users', events, endpoints: urls(0) })
    using it = kept({ events, pools: [pool], maxSeries: 10 })
    const shown = async () => (await it.scrape()).series.filter(({ name }) => name === 'edgewise_endpoint_up')
    expect((await shown()).length).toBe(10)
    pool.sync(urls(100))
    expect((await shown()).map(({ labels }) => labels['endpoint'])).toEqual(urls(100).slice(0, 10))
    // The sum of states is of all.
    expect((await it.scrape()).value('edgewise_pool_endpoints', { state: 'up' })).toBe(15)
  })

  it('of one name are shown once: a series that comes twice would spoil the scrape', async () => {
    await using one = createPool({ name: 'users', endpoints: named('a') })
    await using other = createPool({ name: 'users', endpoints: named('a', 'b') })
    using it = kept({ pools: () => [one, other] })
    expect((await it.scrape()).value('edgewise_pool_endpoints', { state: 'up' })).toBe(1)
  })

  it('are looked at once for all metrics of a scrape', async () => {
    await using pool = createPool({ name: 'users', endpoints: named('a') })
    let looks = 0
    const snapshot = () => {
      looks++
      return pool.snapshot()
    }
    const counted = Object.assign(Object.create(pool), { snapshot })
    using it = kept({ pools: () => [counted] })
    await it.scrape()
    expect(looks).toBe(1)
    await it.scrape()
    expect(looks).toBe(2)
  })
})
