import { random } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../support/clock.js'
import { change, picks, type Station, stations, tally } from './endpoints.js'

function over(seed: number, ...weights: readonly number[]) {
  const balancer = random<Station>(seededRandom(seed))
  balancer.rebuild(stations(...weights))
  return balancer
}

/** Pearson's χ² of the counts against shares by weight. */
function chiSquare(counts: Record<string, number>, weights: readonly number[], draws: number): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return stations(...weights)
    .filter(({ weight }) => weight > 0)
    .reduce((sum, { name, weight }) => {
      const expected = (draws * weight) / total
      return sum + ((counts[name] ?? 0) - expected) ** 2 / expected
    }, 0)
}

describe('random', () => {
  it.each([[[1, 1, 1, 1]], [[5, 1, 1]], [[1, 2, 3, 4, 5, 6, 7, 8]], [[1000, 1]], [[3, 0, 1]]])(
    'draws by weight: %j',
    (weights) => {
      const draws = 40_000
      const counts = tally(picks(over(7, ...weights), draws))
      // The 99.9 % bound of 7 degrees of freedom, which holds for fewer, too; the seed makes it certain.
      expect(chiSquare(counts, weights, draws)).toBeLessThan(24.3)
    },
  )

  it('has an exact alias table: an even sweep of chance gives each its share', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 7 }), (weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        fc.pre(total > 0)
        const places = weights.filter((weight) => weight > 0).length
        // Points between the table's borders, which lie at multiples of 1 / (places × total).
        const points = places * total
        let at = 0
        const balancer = random<Station>(() => (at++ + 0.5) / points)
        balancer.rebuild(stations(...weights))
        const counts = tally(picks(balancer, points))
        for (const { name, weight } of stations(...weights)) expect(counts[name] ?? 0).toBe(weight * places)
      }),
      { numRuns: 100 },
    )
  })

  it('keeps the shares of those that are left when one is skipped', () => {
    const counts = tally(picks(over(3, 1, 1, 2), 30_000, ({ name }) => name === 'b'))
    expect(counts['b']).toBeUndefined()
    expect(counts['c']! / counts['a']!).toBeGreaterThan(1.8)
    expect(counts['c']! / counts['a']!).toBeLessThan(2.2)
  })

  it('finds the last one standing among 3,000, and nobody when there is nobody', () => {
    const balancer = random<Station>(seededRandom(1))
    const all = Array.from({ length: 3_000 }, (_, at) => ({ name: String(at), weight: 1, inFlight: 0 }))
    balancer.rebuild(all)
    expect(balancer.pick(null, (station) => station !== all[1_234])).toBe(all[1_234])
    expect(balancer.pick(null, () => true)).toBeUndefined()
    balancer.rebuild([])
    expect(balancer.pick(null, () => false)).toBeUndefined()
  })

  it('has chance of its own unless told otherwise', () => {
    const balancer = random<Station>()
    balancer.rebuild(stations(1, 1))
    expect(Object.keys(tally(picks(balancer, 200))).sort()).toEqual(['a', 'b'])
  })

  it('gives one that starts slowly its share of its weight, also when all do', () => {
    const all = stations(1, 1)
    const balancer = random<Station>(seededRandom(5))
    balancer.rebuild(all)
    const shareOfB = (): number => tally(picks(balancer, 100_000))['b']! / 100_000
    change(balancer, all[1]!, { warmth: 0.25 })
    expect(shareOfB()).toBeCloseTo(0.2, 2)
    change(balancer, all[0]!, { warmth: 0.25 })
    expect(shareOfB()).toBeCloseTo(0.5, 2)
    for (const station of all) change(balancer, station, { warmth: 0 })
    expect(shareOfB()).toBeCloseTo(0.5, 2)
  })

  it('forks into one that draws by the same chance', () => {
    const fork = random<Station>(() => 0.6).fork!()
    fork.rebuild(stations(1, 1))
    expect(picks(fork, 3).join('')).toBe('bbb')
  })
})
