import { leastConnections } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { picks, type Station, stations, tally } from './endpoints.js'

function over(...weights: readonly number[]) {
  const all = stations(...weights)
  const balancer = leastConnections<Station>()
  balancer.rebuild(all)
  const move = (station: Station, by: 1 | -1): void => {
    station.inFlight += by
    balancer.changed!(station)
  }
  return { all, balancer, move }
}

/** What the balancer promises, worked out the slow way. */
class Naive {
  #turns = 0
  readonly #turn = new Map<Station, number>()

  pick(all: readonly Station[], skip: (station: Station) => boolean): { load: number; turn: number } | undefined {
    const open = all.filter((station) => station.weight > 0 && !skip(station))
    if (open.length === 0) return undefined
    const load = Math.min(...open.map((station) => station.inFlight / station.weight))
    const least = open.filter((station) => station.inFlight / station.weight === load)
    return { load, turn: Math.min(...least.map((station) => this.#turn.get(station) ?? 0)) }
  }

  picked(station: Station): void {
    this.#turn.set(station, ++this.#turns)
  }

  turnOf(station: Station): number {
    return this.#turn.get(station) ?? 0
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constant('pick' as const), skipped: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ do: fc.constant('end' as const), at: fc.nat(7) }),
  fc.record({ do: fc.constant('weight' as const), at: fc.nat(7), weight: fc.integer({ min: 0, max: 9 }) }),
)

describe('leastConnections', () => {
  it('H-110 agrees with a naive reference over any history of picks, ends and weights', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 }),
        fc.array(step, { maxLength: 200 }),
        (weights, steps) => {
          const { all, balancer, move } = over(...weights)
          const naive = new Naive()
          for (const each of steps) {
            if (each.do === 'pick') {
              const skip = (station: Station): boolean => ((each.skipped >> all.indexOf(station)) & 1) === 1
              const wanted = naive.pick(all, skip)
              const picked = balancer.pick(null, skip)
              if (wanted === undefined) {
                expect(picked).toBeUndefined()
                continue
              }
              expect(skip(picked!)).toBe(false)
              expect(picked!.inFlight / picked!.weight).toBe(wanted.load)
              expect(naive.turnOf(picked!)).toBe(wanted.turn)
              naive.picked(picked!)
              move(picked!, 1)
              continue
            }
            const station = all[each.at % all.length]!
            if (each.do === 'end') {
              if (station.inFlight > 0) move(station, -1)
            } else {
              station.weight = each.weight
              balancer.rebuild(all)
            }
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it('lets equals take turns', () => {
    const { balancer } = over(1, 1, 1)
    const first = picks(balancer, 3)
    expect([...first].sort().join('')).toBe('abc')
    expect(picks(balancer, 6)).toEqual([...first, ...first])
  })

  it('fills by weight: 3:1 holds 3:1', () => {
    const { all, balancer, move } = over(3, 1)
    for (let at = 0; at < 40; at++) move(balancer.pick(null, () => false)!, 1)
    expect(all.map(({ inFlight }) => inFlight)).toEqual([30, 10])
  })

  it('gives weight 0 nothing and picks nobody from nobody', () => {
    expect(tally(picks(over(1, 0).balancer, 5))).toEqual({ a: 5 })
    expect(picks(over().balancer, 1)).toEqual(['-'])
    expect(picks(over(1, 1).balancer, 1, () => true)).toEqual(['-'])
  })

  it('asks about few of 3,000 endpoints when one is idle', () => {
    const { all, balancer, move } = over(...Array.from({ length: 3_000 }, () => 1))
    for (const station of all) move(station, 1)
    move(all[2_222]!, -1)
    let asked = 0
    expect(balancer.pick(null, () => ++asked < 0)).toBe(all[2_222])
    expect(asked).toBe(1)
  })

  it('ignores news of an endpoint that it does not have', () => {
    const { balancer } = over(1)
    balancer.changed!({ name: 'gone', weight: 1, inFlight: 7 })
    expect(picks(balancer, 1)).toEqual(['a'])
  })
})
