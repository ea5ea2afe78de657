import { dnsDiscovery } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { drained } from '../../support/drained.js'
import { eventually } from '../../support/index.js'
import { dnsServer } from './dns-server.js'
import { follow } from './follow.js'

const a = (address: string, ttl = 1) => ({ address, ttl })
const srv = (target: string, priority: number, weight: number, port = 8080) => ({
  ttl: 60,
  target,
  priority,
  weight,
  port,
})

describe('DNS as a source of endpoints, asked of a real server', () => {
  it('H-099 gives an endpoint for each address, and follows a change when the TTL has ended, not before', async () => {
    await using server = await dnsServer({ 'app.test A': [a('127.0.0.2'), a('127.0.0.1')] })
    using seen = follow(dnsDiscovery({ hostname: 'app.test', port: 3000, servers: [server.at], minTtlMs: 10 }))
    await seen.has('http://127.0.0.1:3000', 'http://127.0.0.2:3000')
    expect(seen.lists[0]).toEqual([
      { url: 'http://127.0.0.1:3000', host: 'app.test:3000' },
      { url: 'http://127.0.0.2:3000', host: 'app.test:3000' },
    ])
    server.zone.set('app.test A', [a('127.0.0.3')])
    await seen.has('http://127.0.0.3:3000')
    const [first, second] = server.asked('app.test A')
    expect(second! - first!).toBeGreaterThan(980)
    expect(second! - first!).toBeLessThan(1_500)
    expect(seen.failures).toEqual([])
  })

  it('asks again after the shortest TTL of an answer, and tells an unchanged answer in another order once', async () => {
    await using server = await dnsServer({ 'app.test A': [a('127.0.0.1', 300), a('127.0.0.2', 0)] })
    using seen = follow(dnsDiscovery({ hostname: 'app.test', port: 80, servers: [server.at], minTtlMs: 20 }))
    await eventually(() => server.asked('app.test A').length >= 3)
    server.zone.set('app.test A', [a('127.0.0.2', 0), a('127.0.0.1', 0)])
    const before = server.asked('app.test A').length
    await eventually(() => server.asked('app.test A').length >= before + 3)
    expect(seen.lists).toHaveLength(1)
    expect(seen.lists[0]![0]).toEqual({ url: 'http://127.0.0.1:80', host: 'app.test' })
  })

  it('never asks more often than minTtlMs, at a TTL of 0, nor more rarely than maxTtlMs, at one of a day', async () => {
    await using server = await dnsServer({ 'zero.test A': [a('127.0.0.1', 0)], 'day.test A': [a('127.0.0.1', 86_400)] })
    const ttl = { port: 80, servers: [server.at], minTtlMs: 60, maxTtlMs: 90 }
    using _zero = follow(dnsDiscovery({ hostname: 'zero.test', ...ttl }))
    using _day = follow(dnsDiscovery({ hostname: 'day.test', ...ttl }))
    await eventually(() => server.asked('zero.test A').length >= 5 && server.asked('day.test A').length >= 4)
    const gaps = (times: readonly number[]) => times.slice(1).map((at, index) => at - times[index]!)
    expect(Math.min(...gaps(server.asked('zero.test A')))).toBeGreaterThan(55)
    expect(Math.min(...gaps(server.asked('day.test A')))).toBeGreaterThan(85)
  })

  it.each([
    ['SERVFAIL', 'SERVFAIL', /SERVFAIL/],
    ['garbage', 'garbage', /BADRESP|TIMEOUT/],
    ['no answer', 'silence', /TIMEOUT/],
  ] as const)(
    'H-099 keeps the last good list through %s, and goes on when that is over',
    async (_what, trouble, message) => {
      await using server = await dnsServer({ 'app.test A': [a('127.0.0.1', 0)] })
      const options = { hostname: 'app.test', port: 80, servers: [server.at], minTtlMs: 10, timeoutMs: 250 }
      using seen = follow(dnsDiscovery({ ...options, absentHoldMs: 0 }))
      await seen.has('http://127.0.0.1:80')
      server.zone.set('app.test A', trouble)
      await seen.fails(message, 2)
      expect(seen.urls()).toEqual(['http://127.0.0.1:80'])
      server.zone.set('app.test A', [a('127.0.0.2', 0)])
      await seen.has('http://127.0.0.2:80')
      // The same list may come again after a failure; an empty one never came.
      expect(seen.lists.every((list) => list.length === 1)).toBe(true)
    },
  )

  it('reports trouble from the start, and recovers from it', async () => {
    await using server = await dnsServer({ 'app.test A': 'SERVFAIL' })
    using seen = follow(dnsDiscovery({ hostname: 'app.test', port: 80, servers: [server.at] }))
    await seen.fails(/SERVFAIL app\.test/, 2)
    server.zone.set('app.test A', [a('127.0.0.1')])
    await seen.has('http://127.0.0.1:80')
  })

  it.each([
    ['NXDOMAIN', 'NXDOMAIN', /ENOTFOUND/],
    ['no such records', [], /ENODATA/],
  ] as const)('H-099 believes %s only when it has lasted for absentHoldMs', async (_what, gone, message) => {
    await using server = await dnsServer({ 'app.test A': [a('127.0.0.1', 0)] })
    let time = 0
    const options = { hostname: 'app.test', port: 80, servers: [server.at], minTtlMs: 10, refreshMs: 10 }
    using seen = follow(dnsDiscovery({ ...options, absentHoldMs: 30_000, now: () => time }))
    await seen.has('http://127.0.0.1:80')
    server.zone.set('app.test A', gone)
    await seen.fails(message, 2)
    time = 29_999
    await seen.fails(message, seen.failures.length + 2)
    expect(seen.lists.every((list) => list.length === 1)).toBe(true)
    // A flap: back before it was believed, and gone again, is new.
    server.zone.set('app.test A', [a('127.0.0.1', 0)])
    const told = seen.lists.length
    await eventually(() => seen.lists.length > told)
    time = 60_000
    server.zone.set('app.test A', gone)
    await seen.fails(message, seen.failures.length + 2)
    expect(seen.urls()).toEqual(['http://127.0.0.1:80'])
    time += 30_000
    await seen.has()
    server.zone.set('app.test A', [a('127.0.0.2', 0)])
    await seen.has('http://127.0.0.2:80')
  })

  it('believes NXDOMAIN at once with absentHoldMs 0', async () => {
    await using server = await dnsServer({ 'app.test A': 'NXDOMAIN' })
    const options = { hostname: 'app.test', port: 80, servers: [server.at], absentHoldMs: 0 }
    using seen = follow(dnsDiscovery(options))
    await seen.has()
    expect(seen.failures).toEqual([])
  })

  it('takes both families, and lets one that fails be stood in for by what it had', async () => {
    await using server = await dnsServer({ 'app.test A': [a('127.0.0.1', 0)], 'app.test AAAA': [a('::1', 0)] })
    const options = { hostname: 'app.test', port: 80, type: 'both', servers: [server.at], minTtlMs: 10 } as const
    using seen = follow(dnsDiscovery({ ...options, absentHoldMs: 0 }))
    await seen.has('http://127.0.0.1:80', 'http://[::1]:80')
    server.zone.set('app.test AAAA', 'SERVFAIL').set('app.test A', [a('127.0.0.2', 0)])
    await seen.has('http://127.0.0.2:80', 'http://[::1]:80')
    server.zone.set('app.test AAAA', [])
    await seen.has('http://127.0.0.2:80')
    expect(seen.failures).toEqual([])
  })

  it('starts with the one family that works', async () => {
    await using server = await dnsServer({ 'app.test A': 'SERVFAIL', 'app.test AAAA': [a('::1')] })
    using seen = follow(dnsDiscovery({ hostname: 'app.test', port: 80, type: 'both', servers: [server.at] }))
    await seen.has('http://[::1]:80')
    using six = follow(dnsDiscovery({ hostname: 'app.test', port: 80, type: 'AAAA', servers: [server.at] }))
    await six.has('http://[::1]:80')
  })

  it('H-099 makes tiers and weights of SRV records, and resolves their targets, with their TTLs', async () => {
    await using server = await dnsServer({
      '_http._tcp.app.test SRV': [srv('b.test', 20, 0, 82), srv('a.test', 10, 3, 81), srv('c.test', 10, 1, 83)],
      'a.test A': [a('127.0.0.1', 0)],
      'b.test AAAA': [a('::1', 60)],
      'c.test A': [a('127.0.0.3', 60), a('127.0.0.4', 60)],
    })
    const options = { hostname: '_http._tcp.app.test', type: 'SRV', servers: [server.at], minTtlMs: 10 } as const
    using seen = follow(dnsDiscovery({ ...options, refreshMs: 60_000 }))
    await eventually(() => seen.lists.length > 0)
    expect(seen.lists[0]).toEqual([
      { url: 'http://127.0.0.1:81', host: 'a.test:81', priority: 0, weight: 6 },
      { url: 'http://127.0.0.3:83', host: 'c.test:83', priority: 0, weight: 1 },
      { url: 'http://127.0.0.4:83', host: 'c.test:83', priority: 0, weight: 1 },
      { url: 'http://[::1]:82', host: 'b.test:82', priority: 1, weight: 2 },
    ])
    server.zone.set('a.test A', [a('127.0.0.9', 0)])
    await eventually(() => seen.urls().includes('http://127.0.0.9:81'))
  })

  it('asks for SRV records again after refreshMs, and keeps a target that cannot be resolved for a while', async () => {
    await using server = await dnsServer({
      'app.test SRV': [srv('a.test', 1, 1), srv('b.test', 1, 1)],
      'a.test A': [a('127.0.0.1', 60)],
      'b.test A': [a('127.0.0.2', 60)],
    })
    const options = { hostname: 'app.test', type: 'SRV', servers: [server.at], minTtlMs: 10, refreshMs: 30 } as const
    using seen = follow(dnsDiscovery({ ...options, absentHoldMs: 0 }))
    await seen.has('http://127.0.0.1:8080', 'http://127.0.0.2:8080')
    server.zone.set('b.test A', 'SERVFAIL').set('app.test SRV', [srv('a.test', 1, 1, 9090), srv('b.test', 1, 1)])
    await seen.has('http://127.0.0.1:9090', 'http://127.0.0.2:8080')
    // Gone is something else than not known.
    server.zone.set('b.test A', 'NXDOMAIN')
    await seen.has('http://127.0.0.1:9090')
    server.zone.set('app.test SRV', 'SERVFAIL')
    await seen.fails(/SERVFAIL/)
    expect(seen.urls()).toEqual(['http://127.0.0.1:9090'])
    server.zone.set('app.test SRV', [srv('', 0, 0, 0)])
    await seen.has()
  })

  it('gets an answer that is too long for UDP over TCP', async () => {
    const many = Array.from({ length: 200 }, (_, at) => a(`127.0.1.${at + 1}`, 60))
    await using server = await dnsServer({ 'app.test A': many }, { tcp: true })
    using seen = follow(dnsDiscovery({ hostname: 'app.test', port: 80, servers: [server.at] }))
    await eventually(() => seen.lists[0]?.length === 200)
    expect(server.asked('app.test A')).toHaveLength(2)
  })

  it('leaves no timer and no socket when stopped, in a wait and in a question', async () => {
    await using server = await dnsServer({ 'app.test A': [a('127.0.0.1', 60)], 'mute.test A': 'silence' })
    const rest = drained()
    const waiting = follow(dnsDiscovery({ hostname: 'app.test', port: 80, servers: [server.at] }))
    await waiting.has('http://127.0.0.1:80')
    const asking = follow(dnsDiscovery({ hostname: 'mute.test', port: 80, servers: [server.at] }))
    await eventually(() => server.asked('mute.test A').length > 0)
    waiting[Symbol.dispose]()
    asking[Symbol.dispose]()
    await rest()
    expect(asking.failures).toEqual([])
  })
})
