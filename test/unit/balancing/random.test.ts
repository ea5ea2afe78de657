import { random } from 'edgewise'
import { assertDistribution } from 'edgewise/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../support/index.js'
import { change, picks, type Station, stations, tally } from './endpoints.js'

function over(seed: number, ...weights: readonly number[]) {
  const balancer = random<Station>(seededRandom(seed))
  balancer.rebuild(stations(...weights))
  return balancer
}

describe('random', () => {
  it.each([[[1, 1, 1, 1]], [[5, 1, 1]], [[1, 2, 3, 4, 5, 6, 7, 8]], [[1000, 1]], [[3, 0, 1]]])(
    'draws by weight: %j',
    (weights) => {
      const shares = Object.fromEntries(stations(...weights).map(({ name, weight }) => [name, weight]))
      assertDistribution(picks(over(7, ...weights), 40_000), shares)
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
    assertDistribution(
      picks(over(3, 1, 1, 2), 30_000, ({ name }) => name === 'b'),
      { a: 1, c: 2 },
    )
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
    const spreads = (a: number, b: number): void => assertDistribution(picks(balancer, 100_000), { a, b })
    change(balancer, all[1]!, { warmth: 0.25 })
    spreads(4, 1)
    change(balancer, all[0]!, { warmth: 0.25 })
    spreads(1, 1)
    for (const station of all) change(balancer, station, { warmth: 0 })
    spreads(1, 1)
  })

  it('forks into one that draws by the same chance', () => {
    const fork = random<Station>(() => 0.6).fork!()
    fork.rebuild(stations(1, 1))
    expect(picks(fork, 3).join('')).toBe('bbb')
  })
})
