import { createPool, roundRobin } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { change, picks, type Station, stations, tally, unavailable } from './endpoints.js'

function over(...weights: readonly number[]) {
  const all = stations(...weights)
  const balancer = roundRobin<Station>()
  balancer.rebuild(all)
  return { all, balancer }
}

describe('roundRobin', () => {
  it('takes turns as NGINX does: 5:1:1 is a a b a c a a', () => {
    expect(picks(over(5, 1, 1).balancer, 14).join(' ')).toBe('a a b a c a a a a b a c a a')
  })

  it('takes plain turns among equals, whatever their weight', () => {
    expect(picks(over(3, 3, 3).balancer, 6).join('')).toBe('abcabc')
  })

  it('gives exact shares by weight in every round, never the heavy one all at once', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }), (weights) => {
        const { all, balancer } = over(...weights)
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        const names = picks(balancer, total)
        expect(tally(names)).toEqual(Object.fromEntries(all.map(({ name, weight }) => [name, weight])))
        // Smooth: no stretch of the round holds much more of anybody than its share.
        for (const { name, weight } of all) {
          let seen = 0
          names.forEach((picked, at) => {
            if (picked === name) seen++
            expect(Math.abs(seen - ((at + 1) * weight) / total)).toBeLessThan(all.length)
          })
        }
      }),
      { numRuns: 60 },
    )
  })

  it('gives the turn of one that is skipped to the next, and everybody else keeps theirs', () => {
    const { balancer } = over(1, 1, 1)
    expect(picks(balancer, 6, ({ name }) => name === 'b').join('')).toBe('acacac')
    expect(picks(balancer, 3, () => true)).toEqual(['-', '-', '-'])
    expect(picks(balancer, 3).sort().join('')).toBe('abc')
  })

  it('gives weight 0 nothing, and an empty or all-zero pool picks nobody', () => {
    expect(tally(picks(over(2, 0, 1).balancer, 30))).toEqual({ a: 20, c: 10 })
    expect(picks(over(0, 0).balancer, 2)).toEqual(['-', '-'])
    expect(picks(over().balancer, 1)).toEqual(['-'])
    expect(picks(roundRobin<Station>(), 1)).toEqual(['-'])
  })

  it('serves 3,000 endpoints at the same cost a pick, each in its turn', () => {
    const { balancer } = over(...Array.from({ length: 3_000 }, () => 1))
    const seen = new Set(Array.from({ length: 3_000 }, () => balancer.pick(null, () => false)))
    expect(seen.size).toBe(3_000)
    let asked = 0
    for (let turn = 0; turn < 100; turn++) balancer.pick(null, () => ++asked < 0)
    expect(asked).toBe(100)
  })

  it('keeps exact shares with weights too large for a cycle', () => {
    const { balancer } = over(65_535, 65_534, 1)
    expect(tally(picks(balancer, 131_070))).toEqual({ a: 65_535, b: 65_534, c: 1 })
    const uneven = over(1e9, 3e9, 0.5e9 + 1).balancer
    const counts = tally(picks(uneven, 45_000))
    expect(counts['a']).toBeCloseTo(10_000, -1)
    expect(counts['b']).toBeCloseTo(30_000, -1)
  })

  it('takes any positive weights, fractions too: 0.5 : 0.25 is 2 : 1', () => {
    expect(picks(over(0.5, 0.25).balancer, 6).join('')).toBe('abaaba')
    expect(tally(picks(over(0.1, 0.2, 0.3).balancer, 6_000))).toEqual({ a: 1_000, b: 2_000, c: 3_000 })
  })

  it('H-111 refuses weights that are no weights, and a pool refuses 1e9 when it is made; 0 takes nothing', () => {
    for (const weight of [Number.NaN, -1, Infinity])
      expect(() => over(1, weight)).toThrow(
        /^roundRobin: option "weight" is .* allowed: a finite number from 0 \(docs\/balancing\.md\)$/,
      )
    const pool = (weight: number) => () =>
      createPool({ name: 'p', endpoints: [{ url: 'http://127.0.0.1:1', weight }], balancer: roundRobin() })
    for (const weight of [1e9, Number.NaN, -1, 1.5]) expect(pool(weight)).toThrow(/"weight" .* 0 to 65535/)
    expect(pool(0)).not.toThrow()
    expect(picks(over(0, 1).balancer, 2)).toEqual(['b', 'b'])
  })

  // The tables of mod_lbmethod_byrequests' documentation.
  it.each([
    { lbfactors: [25, 25, 25, 25], schedule: 'abcdabcd' },
    { lbfactors: [1, 1, 1, 1], schedule: 'abcdabcd' },
    { lbfactors: [25, 25, 25, 25], disabled: 'b', schedule: 'acdacdacd' },
    { lbfactors: [0, 25, 25], schedule: 'bcbc' },
    { lbfactors: [70, 30], schedule: 'abaaabaaba'.repeat(2) },
  ])("follows Apache's documented schedule for lbfactors $lbfactors without $disabled", (row) => {
    const names = picks(over(...row.lbfactors).balancer, row.schedule.length, ({ name }) => name === row.disabled)
    expect(names.join('')).toBe(row.schedule)
  })

  it("gives b four times the requests of a and c for Apache's lbfactors 1, 4, 1", () => {
    expect(tally(picks(over(1, 4, 1).balancer, 60))).toEqual({ a: 10, b: 40, c: 10 })
  })

  it.each([
    { weights: 'equal', of: () => 1 },
    { weights: 'with a cycle of 65,536', of: (at: number) => (at === 0 ? 62_537 : 1) },
    { weights: 'without a cycle', of: (at: number) => 60_000 + at },
  ])('asks about few more than all when all 3,000 are skipped, weights $weights', ({ of }) => {
    const { all, balancer } = over(...Array.from({ length: 3_000 }, (_, at) => of(at)))
    let asked = 0
    expect(balancer.pick(null, () => ++asked > 0)).toBeUndefined()
    expect(asked).toBeLessThan(3_050)
    expect(balancer.pick(null, (station) => station !== all[2_222])).toBe(all[2_222])
  })

  it('asks about few when all but one of 3,000 are known to be down, and finds that one', () => {
    const { all, balancer } = over(...Array.from({ length: 3_000 }, (_, at) => 1 + (at % 3)))
    for (const station of all) change(balancer, station, { available: station === all[1_111] })
    let asked = 0
    for (let pick = 0; pick < 100; pick++)
      expect(balancer.pick(null, (station) => ++asked > 0 && unavailable(station))).toBe(all[1_111])
    expect(asked).toBeLessThanOrEqual(100 * 17)
  })

  it('keeps the shares of those that are left while the heaviest is down', () => {
    const { all, balancer } = over(1_000, 2, 1)
    change(balancer, all[0]!, { available: false })
    expect(tally(picks(balancer, 300, unavailable))).toEqual({ b: 200, c: 100 })
  })

  it('gives one that starts slowly its share of its weight, and goes on in sequence when it is warm', () => {
    const { all, balancer } = over(2, 2, 2)
    expect(picks(balancer, 4).join('')).toBe('abca')
    change(balancer, all[2]!, { warmth: 0.1 })
    expect(tally(picks(balancer, 210))).toEqual({ a: 100, b: 100, c: 10 })
    change(balancer, all[2]!, { warmth: 0.5 })
    const counts = tally(picks(balancer, 250))
    expect(counts['c']).toBeGreaterThanOrEqual(49)
    expect(counts['c']).toBeLessThanOrEqual(51)
    change(balancer, all[2]!, { warmth: 1 })
    expect(picks(balancer, 6).join('')).toBe('bcabca')
  })

  it('gives one that comes back cold no turn in advance', () => {
    const { all, balancer } = over(1, 1, 1)
    change(balancer, all[1]!, { warmth: 0.5 })
    change(balancer, all[2]!, { available: false })
    picks(balancer, 100, unavailable)
    change(balancer, all[2]!, { available: true, warmth: 0.01 })
    expect(tally(picks(balancer, 140, unavailable))['c']).toBeUndefined()
    expect(tally(picks(balancer, 151, unavailable))['c']).toBe(1)
  })

  it('still gives one that is quite cold some', () => {
    const { all, balancer } = over(1, 1)
    change(balancer, all[1]!, { warmth: 0 })
    expect(tally(picks(balancer, 2_002))).toEqual({ a: 2_000, b: 2 })
  })

  it('forks into one that knows nothing of its endpoints', () => {
    const { balancer } = over(1, 1)
    const fork = balancer.fork!()
    expect(fork.pick(null, () => false)).toBeUndefined()
    fork.rebuild(stations(2, 1))
    expect(picks(fork, 3).join('')).toBe('aba')
    expect(picks(balancer, 2).join('')).toBe('ab')
  })

  it('ignores news of an endpoint that it does not have', () => {
    const { balancer } = over(1)
    balancer.changed!({ name: 'gone', weight: 1, inFlight: 7, warmth: 0.1 })
    expect(picks(balancer, 1)).toEqual(['a'])
  })

  it('follows a change of membership and weight at the next pick', () => {
    const { all, balancer } = over(1, 1)
    all[1]!.weight = 3
    balancer.rebuild(all)
    expect(tally(picks(balancer, 8))).toEqual({ a: 2, b: 6 })
    balancer.rebuild(all.slice(1))
    expect(picks(balancer, 2)).toEqual(['b', 'b'])
  })
})
