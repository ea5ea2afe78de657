import { ringHash } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MOST_POINTS, ringLayout } from '../../../src/balancing/ring-layout.js'
import { byKey, type Host, hosts, manyKeys } from './keyed.js'

const KEYS = manyKeys(400)

function owners(all: readonly Host[], points = 64): (Host | undefined)[] {
  const balancer = ringHash<Host>({ key: byKey, points })
  balancer.rebuild(all)
  return KEYS.map((key) => balancer.pick(key, () => false))
}

/** The share of the circle that each endpoint has, measured by keys. */
function shares(count: number, keys: number): number[] {
  const all = hosts(count)
  const balancer = ringHash<Host>({ key: byKey })
  balancer.rebuild(all)
  const counts = new Map(all.map((host) => [host, 0]))
  for (const key of manyKeys(keys)) {
    const host = balancer.pick(key, () => false)!
    counts.set(host, counts.get(host)! + 1)
  }
  return [...counts.values()].map((each) => each / keys)
}

describe('the ring', () => {
  it('H-111 moves no keys but those of whoever goes, or those that whoever comes gets', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 10 }),
        fc.nat(),
        (weights, which) => {
          const all = hosts(weights.length, (at) => weights[at]!)
          const gone = all[which % all.length]!
          const rest = all.filter((host) => host !== gone)
          const [full, less] = [owners(all), owners(rest)]
          full.forEach((host, at) => {
            if (host !== gone) expect(less[at]).toBe(host)
          })
        },
      ),
      { numRuns: 60 },
    )
  })

  it('H-111 takes keys from one whose weight falls, and gives keys to one whose weight rises, and moves no others', () => {
    const all = hosts(5, () => 3)
    const before = owners(all)
    all[2]!.weight = 1
    const after = owners(all)
    before.forEach((host, at) => {
      if (host !== all[2]) expect(after[at]).toBe(host)
    })
    expect(after.filter((host) => host === all[2]).length).toBeLessThan(before.filter((host) => host === all[2]).length)
  })

  it('H-111 of 100 endpoints gives none more than 1.3 times its share, so that no more moves when it goes', () => {
    const all = shares(100, 100_000)
    expect(Math.max(...all)).toBeLessThan(1.3 / 100)
    expect(Math.min(...all)).toBeGreaterThan(0.7 / 100)
  })

  it('H-111 stays within its bounds with weights of any size, and keeps their shares', () => {
    const all = hosts(3, (at) => [1e9, 3e9, 1][at]!)
    const { owners: slots } = ringLayout(256).lay(all)
    expect(Math.abs(slots.length - MOST_POINTS)).toBeLessThan(4)
    const counts = [0, 0, 0]
    for (const owner of slots) counts[owner]!++
    expect(counts[1]! / counts[0]!).toBeCloseTo(3, 2)
    expect(counts[2]).toBe(1)
  })

  it('H-111 moves about twice the share of whoever goes when there are more points than a ring may have', () => {
    // 100 endpoints of this weight want four times as many.
    const all = hosts(100, () => (4 * MOST_POINTS) / 100 / 64)
    const [full, less] = [owners(all), owners(all.slice(1))]
    const moved = full.filter((host, at) => host !== less[at]).length / KEYS.length
    expect(moved).toBeLessThan(4 / 100)
  })
})
