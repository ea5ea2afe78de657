import type { OutlierOptions } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ejection } from '../../../src/health/ejection.js'
import { Outliers } from '../../../src/health/outliers.js'
import { fakeClock } from '../../support/index.js'
import { type Attempt, endpoints, outcome, stateOf, target } from './attempts.js'

function setUp(count: number, options: OutlierOptions = {}) {
  const clock = fakeClock()
  const all = endpoints(count)
  const news: string[] = []
  const time = { clock, now: clock.now }
  const told = target(all, (endpoint, why) => news.push(`${all.indexOf(endpoint)} ${stateOf(endpoint)}: ${why}`))
  const ejections = all.map((endpoint) => new Ejection(endpoint, told, time))
  const outliers = new Outliers(
    { intervalMs: 1_000, baseEjectionMs: 5_000, maxEjectionMs: 12_000, ...options },
    { ...time, target: told, eject: (endpoint, grounds, why) => ejections[all.indexOf(endpoint)]!.begin(grounds, why) },
  )
  const tallies = all.map((endpoint) => outliers.track(endpoint))
  const note = (at: number, times: number, attempt: Attempt): void => {
    for (let each = 0; each < times; each++) tallies[at]!.note(outcome({ at: clock.now(), ...attempt }))
  }
  /** A hundred attempts at each; so many at `bad` fail. */
  const traffic = (bad: number, failures = 50): void => {
    for (let at = 0; at < count; at++) {
      note(at, 100 - (at === bad ? failures : 0), { status: 200, firstByteMs: 10 })
      if (at === bad) note(at, failures, { status: 500, firstByteMs: 10 })
    }
  }
  return { clock, all, news, ejections, outliers, tallies, note, traffic }
}

describe('outlier detection', () => {
  it('ejects the endpoint that fails far more often than the others, for longer each time', async () => {
    const { clock, all, news, ejections, traffic, outliers } = setUp(5)
    const lengths: number[] = []
    for (let round = 0; round < 3; round++) {
      traffic(3)
      await clock.advance(1_000)
      expect(all.map(stateOf)).toEqual(['in', 'in', 'in', 'out', 'in'])
      const from = clock.now()
      while (all[3]!.ejected) await clock.advance(500)
      lengths.push(clock.now() - from)
      ejections[3]!.judge(outcome({ status: 200, at: clock.now() }))
    }
    expect(news.slice(0, 3)).toEqual([
      '3 out: outlier: 50 % of its attempts succeed',
      '3 trial: on trial',
      '3 in: passed its trial',
    ])
    expect(lengths).toEqual([5_000, 10_000, 12_000])
    outliers.close()
    expect(clock.pending).toBe(0)
  })

  it('ejects the endpoint that is far slower than the others', async () => {
    const { clock, all, news, note } = setUp(4)
    for (let at = 0; at < 4; at++) note(at, 100, { status: 200, firstByteMs: at === 2 ? 400 : 20 })
    await clock.advance(1_000)
    expect(all.map(stateOf)).toEqual(['in', 'in', 'out', 'in'])
    expect(news[0]).toMatch(/^2 out: outlier: first byte after (39\d|40\d) ms$/)
  })

  it('compares another quantile where told', async () => {
    const quick = { status: 200, firstByteMs: 20 }
    for (const [quantile, states] of [
      [0.5, ['in', 'in', 'in']],
      [0.95, ['in', 'in', 'out']],
    ] as const) {
      const { clock, all, note } = setUp(3, { latency: { quantile } })
      for (let at = 0; at < 3; at++) note(at, 100, quick)
      note(2, 10, { status: 200, firstByteMs: 900 })
      await clock.advance(1_000)
      expect(all.map(stateOf)).toEqual(states)
    }
  })

  it('judges by one interval at a time, and by enough requests only', async () => {
    const { clock, all, note, traffic } = setUp(5)
    for (let round = 0; round < 10; round++) {
      for (let at = 0; at < 5; at++) note(at, 99, { status: at === 0 ? 500 : 200 })
      await clock.advance(1_000)
    }
    expect(all.map(stateOf)).toEqual(['in', 'in', 'in', 'in', 'in'])
    traffic(0)
    await clock.advance(1_000)
    expect(stateOf(all[0]!)).toBe('out')
  })

  it('H-109 counts neither clients that left, nor 4xx, nor 101 as failures; time-outs it does', async () => {
    for (const [attempt, ejected] of [
      [{ error: 'ERR_EDGE_CLIENT_CLOSED' }, false],
      [{ status: 404 }, false],
      [{ status: 101 }, false],
      [{ error: 'ERR_EDGE_FIRST_BYTE_TIMEOUT' }, true],
      [{ status: 503 }, true],
    ] as const) {
      const { clock, all, note, traffic } = setUp(5)
      traffic(-1)
      note(1, 100, attempt)
      await clock.advance(1_000)
      expect(all[1]!.ejected).toBe(ejected)
    }
  })

  it('compares by one measure only where the other is off', async () => {
    const slow = setUp(5, { latency: false })
    for (let at = 0; at < 5; at++) slow.note(at, 100, { status: 200, firstByteMs: at === 2 ? 4_000 : 20 })
    await slow.clock.advance(1_000)
    expect(slow.tallies[0]!.latency).toBeNull()
    const failing = setUp(5, { successRate: false })
    failing.traffic(2)
    await failing.clock.advance(1_000)
    expect([...slow.all, ...failing.all].map(stateOf)).toEqual(Array.from({ length: 10 }, () => 'in'))
  })

  it('leaves out who is down, on trial, in maintenance or gone', async () => {
    const { clock, all, traffic, outliers } = setUp(8)
    all[0]!.onTrial = true
    all[1]!.mode = 'maintenance'
    outliers.untrack(all[2]!)
    traffic(0)
    traffic(1)
    traffic(2)
    await clock.advance(1_000)
    expect(all.filter(({ ejected }) => ejected)).toEqual([])
  })

  it('ejects nobody while as many are out for other reasons as may be', async () => {
    const { clock, all, traffic } = setUp(20, { maxEjectedShare: 0.1 })
    all[18]!.healthy = false
    all[19]!.ejected = true
    traffic(3)
    await clock.advance(1_000)
    expect(stateOf(all[3]!)).toBe('in')
    all[18]!.healthy = true
    traffic(3)
    await clock.advance(1_000)
    expect(stateOf(all[3]!)).toBe('out')
  })

  it('never ejects the last one that takes traffic', async () => {
    const successRate = { minimumHosts: 3, stdevFactor: 1 }
    const { clock, all, traffic } = setUp(5, { maxEjectedShare: 1, successRate })
    // Those without weight have had traffic before, and still count for the comparison.
    for (const at of [0, 1]) all[at]!.weight = 0
    for (const at of [2, 3]) all[at]!.mode = 'drain'
    traffic(4)
    await clock.advance(1_000)
    expect(stateOf(all[4]!)).toBe('in')
    all[1]!.weight = 1
    traffic(4)
    await clock.advance(1_000)
    expect(stateOf(all[4]!)).toBe('out')
  })

  it('never has more of a pool out than its share, one at least, whatever the traffic', async () => {
    const round = fc.record({
      bad: fc.array(fc.nat(29), { maxLength: 30 }),
      slow: fc.array(fc.nat(29), { maxLength: 30 }),
      down: fc.array(fc.nat(29), { maxLength: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(round, { minLength: 1, maxLength: 6 }),
        async (count, maxEjectedShare, rounds) => {
          const { clock, all, note, ejections, outliers } = setUp(count, {
            maxEjectedShare,
            successRate: { minimumHosts: 2, minimumRequests: 5, stdevFactor: 0.5 },
            latency: { minimumHosts: 2, minimumRequests: 5 },
          })
          const most = Math.max(1, Math.floor(count * maxEjectedShare + 1e-9))
          for (const { bad, slow, down } of rounds) {
            for (const [at, endpoint] of all.entries()) {
              endpoint.healthy = !down.includes(at)
              note(at, 10, { status: bad.includes(at) ? 500 : 200, firstByteMs: slow.includes(at) ? 900 : 10 })
              if (endpoint.onTrial) ejections[at]!.judge(outcome({ status: 200, at: clock.now() }))
            }
            const ejectedBefore = all.filter(({ ejected }) => ejected).length
            const outBefore = all.filter(({ ejected, healthy }) => ejected || !healthy).length
            await clock.advance(1_000)
            const ejected = all.filter((each) => each.ejected).length
            expect(ejected).toBeLessThanOrEqual(most)
            if (outBefore >= most) expect(ejected).toBeLessThanOrEqual(ejectedBefore)
            if (all.some(({ healthy }) => healthy) && ejected > ejectedBefore)
              expect(all.some((each) => !each.ejected && each.healthy && !each.onTrial)).toBe(true)
          }
          outliers.close()
          for (const ejection of ejections) ejection.stop()
          expect(clock.pending).toBe(0)
        },
      ),
      { numRuns: 60 },
    )
  })
})
