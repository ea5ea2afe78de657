import type { EdgeErrorCode, Endpoint, HealthOptions } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { PoolHealth } from '../../../src/health/pool-health.js'
import { fakeClock } from '../../support/index.js'
import { type Attempt, endpoints, outcome, stateOf, target } from './attempts.js'

function setUp(options: HealthOptions, count = 1) {
  const clock = fakeClock()
  const all = endpoints(count)
  const news: string[] = []
  const told = target(all, (endpoint, why) => news.push(`${all.indexOf(endpoint)} ${word(endpoint)}: ${why}`))
  const health = new PoolHealth(options, told, { clock, now: clock.now })
  for (const endpoint of all) health.add(endpoint)
  const attempt = (seen: Attempt, at = 0): void => health.note(all[at]!, outcome({ at: clock.now(), ...seen }))
  return { clock, all, first: all[0]!, news, health, attempt }
}

const word = (endpoint: Endpoint): string => (endpoint.healthy ? stateOf(endpoint) : 'down')
const active = { intervalMs: 1_000, jitter: 0, rise: 2, random: () => 0 } as const

describe('passive health', () => {
  it.each<[EdgeErrorCode, boolean]>([
    ['ERR_EDGE_CONNECT', true],
    ['ERR_EDGE_CONNECT_TIMEOUT', true],
    ['ERR_EDGE_TLS', true],
    ['ERR_EDGE_UPSTREAM_RESET', true],
    ['ERR_EDGE_FIRST_BYTE_TIMEOUT', true],
    ['ERR_EDGE_IDLE_TIMEOUT', true],
    ['ERR_EDGE_BAD_REPLY', false],
    ['ERR_EDGE_CLIENT_CLOSED', false],
    ['ERR_EDGE_TOTAL_TIMEOUT', false],
  ])('H-109 by default, one %s ejects: %s', (error, ejects) => {
    const { first, attempt } = setUp({})
    attempt({ error })
    expect(first.ejected).toBe(ejects)
  })

  it('counts failures in a row: a good attempt begins anew, one that shows nothing does not', () => {
    const { first, attempt, news } = setUp({ passive: { failures: 3 } })
    const failure = { error: 'ERR_EDGE_CONNECT' } as const
    attempt(failure)
    attempt(failure)
    attempt({ status: 404 })
    attempt(failure)
    attempt({ error: 'ERR_EDGE_CLIENT_CLOSED' })
    attempt(failure)
    expect(first.ejected).toBe(false)
    attempt(failure)
    expect(news).toEqual(['0 out: traffic: ERR_EDGE_CONNECT'])
  })

  it('counts listed statuses only, and time-outs only if wanted', () => {
    const { first, attempt, news } = setUp({ passive: { statuses: [502, 503], timeouts: false } })
    attempt({ status: 500 })
    attempt({ error: 'ERR_EDGE_FIRST_BYTE_TIMEOUT' })
    expect(first.ejected).toBe(false)
    attempt({ status: 503 })
    expect(news).toEqual(['0 out: traffic: status 503'])
  })

  it('brings an endpoint back by trial, after a longer time each time', async () => {
    const { clock, attempt, news } = setUp({ passive: { cooldownMs: 100, maxCooldownMs: 1_000 } })
    attempt({ error: 'ERR_EDGE_CONNECT' })
    await clock.advance(100)
    attempt({ error: 'ERR_EDGE_CONNECT' })
    await clock.advance(199)
    expect(news).toHaveLength(3)
    await clock.advance(1)
    attempt({ status: 500 })
    expect(news).toEqual([
      '0 out: traffic: ERR_EDGE_CONNECT',
      '0 trial: on trial',
      '0 out: on trial: ERR_EDGE_CONNECT',
      '0 trial: on trial',
      '0 in: passed its trial',
    ])
  })

  it('believes no attempt that began before the ejection, neither on trial nor later', async () => {
    const { clock, first, attempt } = setUp({ passive: { cooldownMs: 100 } })
    await clock.advance(50)
    attempt({ error: 'ERR_EDGE_CONNECT' })
    await clock.advance(100)
    attempt({ status: 200, at: 40 })
    expect(stateOf(first)).toBe('trial')
    attempt({ error: 'ERR_EDGE_UPSTREAM_RESET', at: 40 })
    expect(stateOf(first)).toBe('trial')
    attempt({ status: 200 })
    attempt({ error: 'ERR_EDGE_UPSTREAM_RESET', at: 40 })
    expect(stateOf(first)).toBe('in')
  })

  it('leaves it to probes where there are some, and never to both (H-108)', async () => {
    const { clock, first, attempt, news, health } = setUp({
      active: { ...active, probe: async () => true },
      passive: { cooldownMs: 1 },
    })
    attempt({ error: 'ERR_EDGE_CONNECT' })
    await clock.advance(1_000)
    expect(news).toEqual(['0 down: traffic: ERR_EDGE_CONNECT'])
    expect([first.ejected, clock.pending]).toEqual([false, 0])
    health.close()
  })

  it('is off where told', () => {
    const { first, attempt } = setUp({ passive: false })
    for (let at = 0; at < 50; at++) attempt({ error: 'ERR_EDGE_CONNECT' })
    expect(stateOf(first)).toBe('in')
  })
})

describe('the breaker of an endpoint', () => {
  const breaker = { failureRate: { threshold: 0.5, minimumRequests: 10, windowMs: 1_000 }, openMs: 100 }

  it('ejects at its rate, 5xx included, and closes by trial', async () => {
    const { clock, all, attempt, news } = setUp({ breaker: { ...breaker, halfOpenAttempts: 2 } }, 2)
    for (let at = 0; at < 5; at++) {
      attempt({ status: 200 })
      attempt({ status: 500 })
      attempt({ status: 500 }, 1)
    }
    expect(all.map(stateOf)).toEqual(['out', 'in'])
    await clock.advance(100)
    attempt({ status: 200 })
    expect(stateOf(all[0]!)).toBe('trial')
    attempt({ status: 200 })
    expect(news).toEqual(['0 out: traffic: failure rate reached 0.5', '0 trial: on trial', '0 in: passed its trial'])
    // It has begun anew: what was before counts no more.
    for (let at = 0; at < 9; at++) attempt({ status: 500 })
    expect(stateOf(all[0]!)).toBe('in')
  })

  it('ejects at failures in a row, also beside active checks: a probe does not see what clients see', () => {
    const { attempt, news, health } = setUp({
      active: { ...active, probe: 'tcp' },
      breaker: { consecutiveFailures: 4 },
    })
    for (let at = 0; at < 4; at++) attempt({ status: 500 })
    expect(news).toEqual(['0 out: traffic: 4 failures in a row'])
    health.close()
  })

  it('H-109 counts neither 4xx, nor 101, nor clients that left', () => {
    const { first, attempt } = setUp({ breaker: { consecutiveFailures: 1 } })
    for (const seen of [
      { status: 404 },
      { status: 101 },
      { status: 429 },
      { error: 'ERR_EDGE_CLIENT_CLOSED' },
    ] as const)
      attempt(seen)
    expect(stateOf(first)).toBe('in')
  })
})

describe('the health of a pool', () => {
  it('ejects outliers, by the same way as all others', async () => {
    const outliers = { intervalMs: 1_000, baseEjectionMs: 500 }
    const { clock, all, attempt } = setUp({ outliers, passive: { statuses: [503] } }, 5)
    for (let round = 0; round < 100; round++)
      for (let at = 0; at < 5; at++) attempt({ status: at === 4 && round % 2 === 0 ? 500 : 200 }, at)
    await clock.advance(1_000)
    expect(all.map(stateOf)).toEqual(['in', 'in', 'in', 'in', 'out'])
    attempt({ status: 503 }, 4)
    await clock.advance(500)
    attempt({ status: 200 }, 4)
    expect(stateOf(all[4]!)).toBe('in')
  })

  it('H-116 leaves no timers behind, and takes no late word of who has left', async () => {
    const { clock, all, news, health, attempt } = setUp({ outliers: {} }, 3)
    attempt({ error: 'ERR_EDGE_CONNECT' }, 0)
    attempt({ error: 'ERR_EDGE_CONNECT' }, 1)
    health.remove(all[0]!)
    expect(clock.pending).toBe(2)
    attempt({ error: 'ERR_EDGE_CONNECT' }, 0)
    health.close()
    health.note(all[2]!, outcome({ error: 'ERR_EDGE_CONNECT' }))
    await clock.advance(1e6)
    expect([clock.pending, news.length]).toEqual([0, 2])
  })
})
