import { maglev } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maglevLayout } from '../../../src/balancing/maglev-layout.js'
import { byKey, type Host, hosts, manyKeys } from './keyed.js'

function counts(all: readonly Host[], size: number): number[] {
  const table = maglevLayout(size).lay(all)
  expect(table.owners).toHaveLength(size)
  const slots = all.map(() => 0)
  for (const owner of table.owners) slots[owner]!++
  return slots
}

describe("Maglev's table", () => {
  it('fills every slot, and gives equals equally many, give or take one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 150 }), fc.constantFrom(251, 1_009, 4_099), (count, size) => {
        const slots = counts(hosts(count), size)
        expect(Math.max(...slots) - Math.min(...slots)).toBeLessThanOrEqual(1)
        expect(slots.reduce((sum, each) => sum + each)).toBe(size)
      }),
      { numRuns: 40 },
    )
  })

  it('gives slots by weight, give or take one, and everybody at least one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 30 }), (weights) => {
        const size = 10_007
        const total = weights.reduce((sum, weight) => sum + weight)
        counts(
          hosts(weights.length, (at) => weights[at]!),
          size,
        ).forEach((slots, at) => {
          expect(Math.abs(slots - (size * weights[at]!) / total)).toBeLessThan(weights.length)
          expect(slots).toBeGreaterThan(0)
        })
      }),
      { numRuns: 60 },
    )
  })

  it('H-111 takes weights of any size', () => {
    expect(
      Math.min(
        ...counts(
          hosts(50, (at) => (at === 0 ? 1e9 : 1)),
          65_537,
        ),
      ),
    ).toBe(1)
    expect(
      counts(
        hosts(2, (at) => [1e9, 3e9][at]!),
        65_537,
      )[0],
    ).toBeCloseTo(65_537 / 4, -1)
  })

  it('serves the first of the list when there are more endpoints than slots', () => {
    expect(counts(hosts(20), 7).reduce((sum, each) => sum + each)).toBe(7)
  })

  it('H-111 moves at most 2/n of the keys when one of 100 goes', () => {
    const all = hosts(100)
    const keys = manyKeys(20_000)
    const ownersOf = (some: readonly Host[]): (Host | undefined)[] => {
      const balancer = maglev<Host>({ key: byKey })
      balancer.rebuild(some)
      return keys.map((key) => balancer.pick(key, () => false))
    }
    const full = ownersOf(all)
    for (const gone of [0, 33, 99]) {
      const less = ownersOf(all.filter((_, at) => at !== gone))
      const moved = full.filter((host, at) => host !== less[at]).length / keys.length
      expect(moved).toBeLessThan(2 / 100)
    }
  })
})
