import { type AttemptOutcome, EdgeError, leastTime } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { change, end, open, outcomeOf, type Station, stations, tally, took } from './endpoints.js'

function over(weights: readonly number[], options: Parameters<typeof leastTime>[0] = {}) {
  const clock = { now: 1_000 }
  const all = stations(...weights)
  const balancer = leastTime<Station>({ now: () => clock.now, ...options })
  balancer.rebuild(all)
  /** One request after the other; each takes as long as `times` says. Returns who served. */
  const serve = (count: number, times: Readonly<Record<string, number>>): string[] =>
    Array.from({ length: count }, () => {
      const station = open(balancer)
      const ms = times[station.name]!
      clock.now += ms
      end(balancer, station, took(clock.now, ms))
      return station.name
    })
  return { all, balancer, clock, serve }
}

const reset = new EdgeError('ERR_EDGE_UPSTREAM_RESET', 'reset')

/** Fails at once, or after a while. */
function failure(now: number, ms: number, what: Partial<AttemptOutcome> = {}): AttemptOutcome {
  const times = { startedAt: now - ms, connectedAt: null, firstByteAt: null, lastByteAt: null }
  return outcomeOf({ error: reset, status: null, countsAgainst: true, times, ...what })
}

describe('leastTime', () => {
  it('tries everybody once, then stays with the fastest while that is idle', () => {
    const { serve } = over([1, 1, 1])
    expect(tally(serve(100, { a: 50, b: 10, c: 30 }))).toEqual({ a: 1, b: 98, c: 1 })
  })

  it('spreads by cost × (in flight + 1): 10, 20 and 40 ms hold 4 : 2 : 1', () => {
    const { all, balancer, serve } = over([1, 1, 1])
    serve(3, { a: 10, b: 20, c: 40 })
    for (let at = 0; at < 70; at++) open(balancer)
    expect(all.map(({ inFlight }) => inFlight)).toEqual([40, 20, 10])
  })

  it('counts weight, and slow start, in the same way', () => {
    const { all, balancer, serve } = over([2, 1, 4])
    serve(3, { a: 10, b: 10, c: 10 })
    change(balancer, all[2]!, { warmth: 0.25 })
    for (let at = 0; at < 40; at++) open(balancer)
    expect(all.map(({ inFlight }) => inFlight)).toEqual([20, 10, 10])
  })

  it('does not flood one that has never answered: one request, until that is back', () => {
    const { all, balancer, clock, serve } = over([1, 1])
    serve(2, { a: 10, b: 10 })
    const newcomer = stations(1, 1, 1)[2]!
    balancer.rebuild([...all, newcomer])
    const names = Array.from({ length: 20 }, () => open(balancer).name)
    expect(names[0]).toBe('c')
    expect(tally(names)).toEqual({ a: 10, b: 9, c: 1 })
    end(balancer, newcomer, took(clock.now, 10))
    expect(open(balancer).name).toBe('c')
  })

  it('spreads over all while none has ever answered', () => {
    const { all, balancer } = over([1, 1, 1])
    for (let at = 0; at < 9; at++) open(balancer)
    expect(all.map(({ inFlight }) => inFlight)).toEqual([3, 3, 3])
  })

  it('believes a worse answer at once, and gives a slow one another chance as that fades', () => {
    const { clock, serve } = over([1, 1], { decayMs: 1_000 })
    serve(20, { a: 10, b: 11 })
    expect(serve(1, { a: 1_000, b: 1_000 })).toEqual(['a'])
    const before = clock.now
    const names = serve(2_000, { a: 10, b: 11 })
    expect(names.slice(0, 200)).toEqual(Array.from({ length: 200 }, () => 'b'))
    // ln(1000 / 11) = 4.5 decay times.
    expect(before + names.indexOf('a') * 11 - before).toBeGreaterThan(4_000)
    expect(before + names.indexOf('a') * 11 - before).toBeLessThan(5_000)
    expect(names.slice(-100)).toContain('a')
  })

  it("keeps an order that is Finagle's at every moment, though keys are written only when something happens", () => {
    const step = fc.record({ wait: fc.integer({ min: 0, max: 3_000 }), ms: fc.integer({ min: 1, max: 500 }) })
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const decayMs = 2_000
        const { all, balancer, clock } = over([1, 2, 3, 1], { decayMs })
        const naive = new Map<Station, { cost: number; stamp: number }>()
        const score = (station: Station): number => {
          const known = naive.get(station)
          if (known === undefined) return station.inFlight === 0 ? -1 : 1e12 + station.inFlight
          const cost = known.cost * Math.exp(-(clock.now - known.stamp) / decayMs)
          return (cost * (station.inFlight + 1)) / station.weight
        }
        const flying: Station[] = []
        for (const { wait, ms } of steps) {
          clock.now += wait
          const least = Math.min(...all.map(score))
          const picked = balancer.pick(null, () => false)!
          expect(score(picked)).toBeLessThanOrEqual(least * (least < 0 ? 1 : 1 + 1e-9))
          change(balancer, picked, { inFlight: picked.inFlight + 1 })
          flying.push(picked)
          if (ms % 3 === 0) continue
          const done = flying.shift()!
          const { cost, stamp } = naive.get(done) ?? { cost: 0, stamp: 0 }
          const kept = Math.exp(-(clock.now - stamp) / decayMs)
          naive.set(done, { cost: ms > cost ? ms : cost * kept + ms * (1 - kept), stamp: clock.now })
          end(balancer, done, took(clock.now, ms))
        }
      }),
      { numRuns: 200 },
    )
  })

  it('measures to the first byte, or to the last; a tunnel always to its 101', () => {
    const run = (measure: 'firstByte' | 'lastByte', status = 200): string => {
      const { balancer, clock } = over([1, 1], { measure })
      const [first, second] = [open(balancer), open(balancer)]
      clock.now += 2_000
      end(balancer, first, { ...took(clock.now, 5, 2_000), status })
      end(balancer, second, took(clock.now, 50, 60))
      return open(balancer).name
    }
    expect(run('firstByte')).toBe('a')
    expect(run('lastByte')).toBe('b')
    expect(run('lastByte', 101)).toBe('a')
  })

  it.each([
    ['a connection that breaks', failure(0, 1)],
    ['a 503', { ...took(0, 1), status: 503, countsAgainst: true }],
  ])('draws no traffic by failing fast: %s', (_kind, sample) => {
    const { balancer, clock } = over([1, 1, 1])
    const served: string[] = []
    for (let round = 0; round < 500; round++) {
      const batch = Array.from({ length: 6 }, () => open(balancer))
      clock.now += 20
      for (const station of batch) {
        served.push(station.name)
        const ok = took(clock.now, 20)
        end(
          balancer,
          station,
          station.name === 'a' ? { ...sample, times: { ...ok.times, ...failureTimes(clock.now) } } : ok,
        )
      }
    }
    // 3,000 requests in 10 s, one decay time.
    expect(tally(served)['a']).toBeLessThan(15)
  })

  it('lets one that failed once back before long, and one that always fails never for long', () => {
    const { balancer, clock, serve } = over([1, 1])
    serve(10, { a: 10, b: 10 })
    const failed = open(balancer)
    end(balancer, failed, failure(clock.now, 1))
    const names = serve(2_000, { a: 10, b: 10 })
    // Twice the cost takes ln 2 decay times: 7 s.
    expect(names.indexOf(failed.name) * 10).toBeGreaterThan(6_000)
    expect(names.indexOf(failed.name) * 10).toBeLessThan(8_000)
  })

  it('never makes a slow one cheaper by a failure', () => {
    const { balancer, clock } = over([1, 1], { decayMs: 100 })
    const [slow, other] = [open(balancer), open(balancer)]
    end(balancer, slow, took(clock.now, 5_000))
    end(balancer, other, took(clock.now, 4_000))
    end(
      balancer,
      open(balancer, (station) => station !== slow),
      failure(clock.now, 1),
    )
    expect(open(balancer)).toBe(other)
  })

  it('takes from one whom the client left only that it was no faster', () => {
    const gone = (now: number, ms: number) => failure(now, ms, { countsAgainst: false })
    const { balancer, clock, serve } = over([1, 1])
    serve(2, { a: 10, b: 11 })
    clock.now += 1
    end(balancer, open(balancer), gone(clock.now, 1))
    expect(serve(1, { a: 10, b: 11 })).toEqual(['a'])
    clock.now += 200
    end(balancer, open(balancer), gone(clock.now, 200))
    expect(serve(1, { a: 10, b: 11 })).toEqual(['b'])
  })

  it('takes an answer of 0 ms for the fastest, not for none', () => {
    const { serve } = over([1, 1])
    expect(tally(serve(20, { a: 0, b: 5 }))).toEqual({ a: 19, b: 1 })
  })

  it('keeps what it knows when membership changes, and forks into one that knows nothing', () => {
    const { all, balancer, serve } = over([1, 1, 1])
    serve(3, { a: 30, b: 20, c: 10 })
    balancer.rebuild([all[2]!, all[0]!])
    expect(open(balancer).name).toBe('c')
    const fork = balancer.fork!()
    expect(fork.pick(null, () => false)).toBeUndefined()
    fork.rebuild(all)
    expect([open(fork).name, open(fork).name].sort().join('')).toBe('ab')
  })

  it('ignores news of an endpoint that it does not have', () => {
    const { balancer } = over([1])
    balancer.settled!({ name: 'gone', weight: 1, inFlight: 0 }, took(10, 5))
    expect(open(balancer).name).toBe('a')
  })

  it('refuses options that it does not have', () => {
    expect(() => leastTime({ measure: 'header' as never })).toThrow(
      /"measure" is "header"; allowed: 'firstByte', 'lastByte'/,
    )
    expect(() => leastTime({ decayMs: 0 })).toThrow(/"decayMs" is 0/)
    expect(() => leastTime({ decay: 1 } as never)).toThrow(/Did you mean "decayMs"/)
  })
})

function failureTimes(now: number) {
  return { startedAt: now - 1, firstByteAt: null, lastByteAt: null }
}
