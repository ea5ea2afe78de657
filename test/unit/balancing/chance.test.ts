import { describe, expect, it } from 'vitest'
import { Chance } from '../../../src/balancing/chance.js'

describe('Chance', () => {
  it('of its own is even over [0, 1), and no two are in step', () => {
    const [chance, other] = [new Chance(undefined), new Chance(undefined)]
    const counts = new Array<number>(20).fill(0)
    let same = 0
    for (let roll = 0; roll < 200_000; roll++) {
      chance.roll()
      other.roll()
      counts[Math.floor(chance.value[0]! * 20)]!++
      if (chance.value[0] === other.value[0]) same++
    }
    expect(counts).toHaveLength(20)
    // χ² of 19 degrees of freedom passes 60 once in 200,000 runs.
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(60)
    expect(same).toBeLessThan(10)
  })

  it('is what it is told to be', () => {
    const chance = new Chance(() => 0.25)
    chance.roll()
    expect(chance.value[0]).toBe(0.25)
  })
})
