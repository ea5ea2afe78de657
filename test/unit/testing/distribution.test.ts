import { assertDistribution, seededRandom } from 'edgewise/testing'
import { describe, expect, it } from 'vitest'

const times = (count: number, name: string): string[] => Array.from({ length: count }, () => name)

describe('assertDistribution', () => {
  it('takes what is spread by weight, and as far off as chance may be', () => {
    assertDistribution([...times(500, 'a'), ...times(500, 'b')], { a: 1, b: 1 })
    // Five deviations of 1,000 even draws are 79.
    assertDistribution([...times(579, 'a'), ...times(421, 'b')], { a: 1, b: 1 })
    expect(() => assertDistribution([...times(580, 'a'), ...times(420, 'b')], { a: 1, b: 1 })).toThrow(
      'a: 58.00 % instead of 50.00 % ± 7.91 %',
    )
  })

  it('takes what real chance makes, nearly always', () => {
    const random = seededRandom(11)
    for (let run = 0; run < 200; run++)
      assertDistribution(
        Array.from({ length: 1_000 }, () => (random() < 0.1 ? 'b' : 'a')),
        { a: 9, b: 1 },
      )
  })

  it('holds to a tolerance of its user’s', () => {
    const picks = [...times(52, 'a'), ...times(48, 'b')]
    assertDistribution(picks, { a: 1, b: 1 }, { tolerance: 0.02 })
    expect(() => assertDistribution(picks, { a: 1, b: 1 }, { tolerance: 0.01 })).toThrow('a: 52.00 %')
  })

  it.each<readonly [string[], Record<string, number>, string]>([
    [[], { a: 1 }, '0 picks'],
    [['a', 'c'], { a: 1 }, 'c: 50.00 % instead of 0.00 %'],
    [['a', 'b'], { a: 1, b: 0 }, 'b: 50.00 % instead of 0.00 %'],
    [times(100, 'a'), { a: 1, b: 1 }, 'b: 0.00 % instead of 50.00 %'],
  ])('refuses %j for %j', (picks, weights, why) => expect(() => assertDistribution(picks, weights)).toThrow(why))

  it('refuses a tolerance that is no share', () =>
    expect(() => assertDistribution(['a'], { a: 1 }, { tolerance: 5 })).toThrow('tolerance'))
})
