import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ejection, type Grounds } from '../../../src/health/ejection.js'
import { byBlame } from '../../../src/health/verdict.js'
import { fakeClock } from '../../support/index.js'
import { endpoints, outcome, stateOf, target } from './attempts.js'

const grounds: Grounds = { baseMs: 100, maxMs: 250, passes: 1, judge: byBlame }

function setUp() {
  const clock = fakeClock()
  const [endpoint] = endpoints(1)
  const news: string[] = []
  const told = (_endpoint: unknown, why: string): void => void news.push(`${clock.now()} ${stateOf(endpoint!)}: ${why}`)
  const ejection = new Ejection(endpoint!, target([endpoint!], told), { clock, now: clock.now })
  const attempt = (status: number) => ejection.judge(outcome({ status, at: clock.now() }))
  return { clock, endpoint: endpoint!, ejection, news, attempt }
}

describe('an ejection', () => {
  it('lasts its time, then puts the endpoint on trial until an attempt tells', async () => {
    const { clock, endpoint, ejection, news, attempt } = setUp()
    ejection.begin(grounds, 'resets')
    expect(endpoint.available).toBe(false)
    await clock.advance(99)
    expect(stateOf(endpoint)).toBe('out')
    await clock.advance(1)
    expect([stateOf(endpoint), endpoint.available]).toEqual(['trial', true])
    await clock.advance(1e6)
    expect(stateOf(endpoint)).toBe('trial')
    attempt(200)
    expect(stateOf(endpoint)).toBe('in')
    expect(news).toEqual(['0 out: resets', '100 trial: on trial', '1000100 in: passed its trial'])
    expect(clock.pending).toBe(0)
  })

  it('lasts longer each time in a row, to a maximum, and less again after it was well', async () => {
    const { clock, endpoint, ejection, attempt } = setUp()
    const lengths: number[] = []
    const measure = async (): Promise<void> => {
      const from = clock.now()
      while (endpoint.ejected) await clock.advance(1)
      lengths.push(clock.now() - from)
    }
    ejection.begin(grounds, 'resets')
    await measure()
    for (let round = 0; round < 3; round++) {
      attempt(500)
      await measure()
    }
    attempt(200)
    // Four in a row; well for three times its base, so that this is the second.
    await clock.advance(300)
    ejection.begin(grounds, 'resets')
    await measure()
    attempt(200)
    await clock.advance(10_000)
    ejection.begin(grounds, 'resets')
    await measure()
    expect(lengths).toEqual([100, 200, 250, 250, 200, 100])
  })

  it('takes as many good attempts as its grounds say', async () => {
    const { clock, endpoint, ejection, attempt } = setUp()
    ejection.begin({ ...grounds, passes: 3 }, 'rate')
    await clock.advance(100)
    attempt(200)
    attempt(200)
    expect(stateOf(endpoint)).toBe('trial')
    attempt(200)
    expect(stateOf(endpoint)).toBe('in')
    ejection.begin({ ...grounds, passes: 3 }, 'rate')
    await clock.advance(250)
    attempt(200)
    attempt(200)
    attempt(500)
    expect(stateOf(endpoint)).toBe('out')
    await clock.advance(250)
    attempt(200)
    expect(stateOf(endpoint)).toBe('trial')
  })

  it('H-109 stays on trial when an attempt shows nothing', async () => {
    const { clock, endpoint, ejection } = setUp()
    ejection.begin(grounds, 'resets')
    await clock.advance(100)
    ejection.judge(outcome({ error: 'ERR_EDGE_CLIENT_CLOSED', at: 100 }))
    expect(stateOf(endpoint)).toBe('trial')
  })

  it('is not made longer by what happens while it lasts, nor ended', async () => {
    const { clock, endpoint, ejection, attempt, news } = setUp()
    ejection.begin(grounds, 'resets')
    await clock.advance(50)
    ejection.begin({ ...grounds, baseMs: 1_000 }, 'outlier')
    attempt(200)
    attempt(500)
    await clock.advance(50)
    expect(stateOf(endpoint)).toBe('trial')
    expect(news).toHaveLength(2)
  })

  it('knows attempts that began before it', async () => {
    const { clock, ejection } = setUp()
    expect(ejection.precedes(outcome({ status: 200, at: -5 }))).toBe(false)
    await clock.advance(10)
    ejection.begin(grounds, 'resets')
    expect(ejection.precedes(outcome({ status: 200, at: 9 }))).toBe(true)
    expect(ejection.precedes(outcome({ status: 200, at: 10 }))).toBe(false)
  })

  it('does not grow when the pool put it on trial before its time, for want of others', async () => {
    const { clock, endpoint, ejection, attempt } = setUp()
    ejection.begin(grounds, 'resets')
    for (let round = 0; round < 5; round++) {
      await clock.advance(10)
      endpoint.ejected = false
      endpoint.onTrial = true
      attempt(500)
      expect(stateOf(endpoint)).toBe('out')
    }
    await clock.advance(99)
    expect(stateOf(endpoint)).toBe('out')
    await clock.advance(1)
    expect(stateOf(endpoint)).toBe('trial')
    endpoint.ejected = false
    attempt(200)
    expect([stateOf(endpoint), clock.pending]).toEqual(['in', 0])
  })

  it('H-116 leaves no timer behind when it is stopped', async () => {
    const { clock, ejection, news } = setUp()
    ejection.begin(grounds, 'resets')
    ejection.stop()
    await clock.advance(1_000)
    expect([clock.pending, news.length]).toEqual([0, 1])
  })

  it('moves along its edges only, never both out and on trial, and within its maximum, whatever happens', async () => {
    const move = fc.oneof(
      fc.integer({ min: 1, max: 400 }).map((ms) => ({ kind: 'time' as const, ms })),
      fc.constant({ kind: 'begin' as const }),
      fc.constant({ kind: 'early' as const }),
      fc.constantFrom(200, 404, 500, 503).map((status) => ({ kind: 'attempt' as const, status })),
      fc.constant({ kind: 'left' as const }),
    )
    const edges = new Set(['in out', 'out trial', 'trial in', 'trial out'])
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 60 }), async (moves) => {
        const { clock, endpoint, ejection, attempt } = setUp()
        let before = stateOf(endpoint)
        let outSince = 0
        const check = (): void => {
          const now = stateOf(endpoint)
          expect(now).not.toBe('both')
          if (now !== before) expect(edges).toContain(`${before} ${now}`)
          if (now === 'out' && before !== 'out') outSince = clock.now()
          if (now === 'out') expect(clock.now() - outSince).toBeLessThan(250)
          before = now
        }
        for (const each of moves) {
          if (each.kind === 'begin') ejection.begin(grounds, 'test')
          else if (each.kind === 'attempt') attempt(each.status)
          else if (each.kind === 'left') ejection.judge(outcome({ error: 'ERR_EDGE_CLIENT_CLOSED' }))
          else if (each.kind === 'early' && endpoint.ejected) {
            endpoint.ejected = false
            endpoint.onTrial = true
          } else if (each.kind === 'time')
            for (let ms = 0; ms < each.ms; ms += 10) {
              await clock.advance(10)
              check()
            }
          check()
        }
        ejection.stop()
        expect(clock.pending).toBe(0)
      }),
      { numRuns: 60 },
    )
  })
})
