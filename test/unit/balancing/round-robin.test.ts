import { roundRobin } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { picks, type Station, stations, tally } from './endpoints.js'

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

  it('keeps shares near enough with weights too large to lay out, and nobody is left out', () => {
    const { balancer } = over(65_535, 65_534, 1)
    const counts = tally(picks(balancer, 65_537))
    expect(counts['a']! / counts['b']!).toBeCloseTo(1, 2)
    expect(counts['c']).toBeGreaterThan(0)
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
