import { createPool, EventHub, metrics } from 'edgewise'
import { AggregatorRegistry, Gauge, Registry, register as sharedRegister } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { parseScrape } from '../../../support/scrape.js'
import { named } from '../../upstream/pool-kit.js'
import { kept } from './kit.js'

describe('metrics', () => {
  it.each([
    [{ register: {} }, /"register" is an object; allowed: a Registry of prom-client/],
    [{ pools: [{}] }, /"pools" is an array; allowed: an array of pools, or a function/],
    [{ gateways: [{}] }, /"gateways" is an array; allowed: an array of gateways, or a function/],
    [{ servers: [null] }, /"servers" is an array; allowed: an array of servers/],
    [{ tls: [{}] }, /"tls" is an array; allowed: an array of what tlsOptions\(\) makes/],
    [{ bans: [() => {}] }, /"bans" is an array; allowed: an array of filters that ban\(\) makes/],
    [{ buckets: [] }, /"buckets" is an array; allowed: seconds above 0, rising/],
    [{ buckets: [1, 1] }, /"buckets"/],
    [{ buckets: [0, 1] }, /"buckets"/],
    [{ buckets: [1, Number.POSITIVE_INFINITY] }, /"buckets"/],
    [{ prefix: '1x' }, /"prefix" is "1x"; allowed: letters, digits/],
    [{ maxSeries: 0 }, /"maxSeries" is 0; allowed: a whole number from 10/],
    [{ bucket: [1] }, /unknown option "bucket". Did you mean "buckets"/],
  ])('refuses %j', (options, message) => {
    expect(() => metrics({ register: new Registry(), ...options } as never)).toThrow(message)
  })

  it('refuses pools of one name', async () => {
    await using one = createPool({ name: 'users', endpoints: named('a') })
    await using other = createPool({ name: 'users', endpoints: named('b') })
    expect(() => kept({ pools: [one, other] })).toThrow(/"pools" is "users"; allowed: pools of different names/)
  })

  it('go by default to prom-client’s own registry, and from it', async () => {
    const events = new EventHub()
    const made = metrics({ events })
    expect(await sharedRegister.metrics()).toContain('edgewise_requests_total')
    made.close()
    expect(await sharedRegister.metrics()).not.toContain('edgewise_')
  })

  it('leave nothing behind when they are closed, in the registry or the hub, however often', async () => {
    const register = new Registry()
    const own = new Gauge({ name: 'own', help: 'x', registers: [register] })
    const it = kept({ register })
    const heard = (['exchange', 'attempt', 'denied', 'store', 'endpoint', 'queued'] as const).filter((name) =>
      it.hub.has(name),
    )
    expect(heard).toHaveLength(6)
    it.metrics.close()
    it.metrics.close()
    expect(register.getMetricsAsArray()).toEqual([own])
    for (const name of heard) expect([name, it.hub.has(name)]).toEqual([name, false])
    kept({ register }).metrics.close()
  })

  it('take nothing out of a registry that is not theirs', () => {
    const register = new Registry()
    const first = kept({ register })
    register.clear()
    using second = kept({ register })
    first.metrics.close()
    expect(register.getSingleMetric('edgewise_requests_total')).toBeDefined()
    expect(second.register).toBe(register)
  })

  it('refuse a registry that has some of these names, and put none in', () => {
    const register = new Registry()
    new Gauge({ name: 'edgewise_tunnels', help: 'mine', registers: [register] })
    expect(() => kept({ register })).toThrow(
      /"prefix" is "edgewise_"; allowed: one that no other metrics\(\) of this registry has: "edgewise_tunnels" is there/,
    )
    expect(register.getMetricsAsArray()).toHaveLength(1)
    using other = kept({ register, prefix: 'other_' })
    expect(other.register.getMetricsAsArray().length).toBeGreaterThan(40)
  })

  it('carry the registry’s own labels, and keep none of them', async () => {
    using it = kept()
    it.settled()
    it.register.setDefaultLabels({ app: 'shop' })
    await it.register.getMetricsAsJSON()
    expect((await it.scrape()).value('edgewise_requests_total', { app: 'shop', code: '200' })).toBe(1)
    it.register.setDefaultLabels({})
    expect((await it.scrape()).series.filter(({ labels }) => 'app' in labels)).toEqual([])
  })

  it('begin again when the registry is reset', async () => {
    using it = kept()
    it.settled({ bytes: { in: 1, out: 1 } })
    it.attempted('users')
    it.hub.emit('anomaly', { exchange: {} as never, key: 'x', count: 1, usual: 0 })
    it.register.resetMetrics()
    it.settled({ bytes: { in: 1, out: 1 } })
    it.attempted('users')
    const { value } = await it.scrape()
    expect([
      value('edgewise_requests_total'),
      value('edgewise_body_bytes_total', { direction: 'out' }),
      value('edgewise_request_duration_seconds_count'),
      value('edgewise_attempts_total'),
      value('edgewise_attempt_first_byte_seconds_count'),
      value('edgewise_anomalies_total'),
    ]).toEqual([1, 1, 1, 1, 1, 0])
  })

  it('of several processes become one by AggregatorRegistry', async () => {
    const workers = [kept(), kept()]
    for (const it of workers) it.settled({ tookMs: 3 })
    workers[0]!.hub.emit('store', { store: 'redis', change: 'up', why: 'x' })
    workers[1]!.hub.emit('store', { store: 'redis', change: 'down', why: 'x' })
    // As they go from one process to the other.
    const sent = await Promise.all(
      workers.map(async ({ register }) => JSON.parse(JSON.stringify(await register.getMetricsAsJSON()))),
    )
    const { value } = parseScrape(await AggregatorRegistry.aggregate(sent).metrics())
    expect(value('edgewise_requests_total', { route: '/users/**' })).toBe(2)
    expect(value('edgewise_request_duration_seconds_bucket', { le: '0.005' })).toBe(2)
    expect(value('edgewise_request_duration_seconds_bucket', { le: '+Inf' })).toBe(2)
    expect(value('edgewise_request_duration_seconds_sum')).toBeCloseTo(0.006)
    expect(value('edgewise_store_up')).toBe(0)
    for (const it of workers) it.metrics.close()
  })
})
