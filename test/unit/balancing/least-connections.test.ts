import { leastConnections } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { change, open, picks, type Station, stations, tally, unavailable } from './endpoints.js'

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

/** HAProxy's rule, worked out the slow way. */
class Naive {
  readonly #key = new Map<Station, number>()
  /** Sorted by key; whoever's key changes goes behind its equals. */
  #queue: Station[] = []

  /** Those whose key, or being there at all, has changed since. */
  refresh(all: readonly Station[]): void {
    this.#queue = this.#queue.filter((station) => station.weight > 0)
    for (const station of all) {
      const key = station.inFlight === 0 ? 0 : (station.inFlight + 1) / station.weight
      if (station.weight > 0 && (this.#key.get(station) !== key || !this.#queue.includes(station)))
        this.requeue(station, key)
    }
  }

  requeue(station: Station, key = this.#key.get(station)!): void {
    this.#key.set(station, key)
    this.#queue = this.#queue.filter((each) => each !== station)
    const behind = this.#queue.findIndex((each) => this.#key.get(each)! > key)
    this.#queue.splice(behind === -1 ? this.#queue.length : behind, 0, station)
  }

  pick(skip: (station: Station) => boolean): Station | undefined {
    return this.#queue.find((station) => !skip(station))
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constant('pick' as const), skipped: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ do: fc.constant('end' as const), at: fc.nat(7) }),
  fc.record({ do: fc.constant('flap' as const), at: fc.nat(7) }),
  fc.record({ do: fc.constant('weight' as const), at: fc.nat(7), weight: fc.integer({ min: 0, max: 9 }) }),
)

describe('leastConnections', () => {
  it('H-110 agrees with a naive reference of the rule of HAProxy over any history of picks, ends, outages and weights', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 }),
        fc.array(step, { maxLength: 200 }),
        (weights, steps) => {
          const { all, balancer, move } = over(...weights)
          const naive = new Naive()
          naive.refresh(all)
          for (const each of steps) {
            if (each.do === 'pick') {
              const skip = (station: Station): boolean =>
                unavailable(station) || ((each.skipped >> all.indexOf(station)) & 1) === 1
              const picked = balancer.pick(null, skip)
              expect(picked).toBe(naive.pick(skip))
              if (picked !== undefined) move(picked, 1)
            } else if (each.do === 'weight') {
              all[each.at % all.length]!.weight = each.weight
              balancer.rebuild(all)
            } else if (each.do === 'flap') {
              const station = all[each.at % all.length]!
              station.available = station.available === false
              balancer.changed!(station)
              if (station.available && station.weight > 0) naive.requeue(station)
            } else {
              const station = all[each.at % all.length]!
              if (station.inFlight > 0) move(station, -1)
            }
            naive.refresh(all)
            for (const { inFlight } of all) expect(inFlight).toBeGreaterThanOrEqual(0)
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

  it('tries an idle one first, however light, and then counts what the load would be with one more', () => {
    const { balancer } = over(1, 4)
    expect(Array.from({ length: 9 }, () => open(balancer).name).join('')).toBe('abbbbbbba')
  })

  it('gives one that starts slowly as much as its present weight is worth', () => {
    const { all, balancer } = over(10, 10)
    for (const station of all) change(balancer, station, { inFlight: 1 })
    change(balancer, all[1]!, { warmth: 0.1 })
    for (let at = 0; at < 20; at++) open(balancer)
    expect(all.map(({ inFlight }) => inFlight)).toEqual([20, 2])
  })

  it('asks about few of 3,000 with half of them down, and looks at those only when nobody else is left', () => {
    const { all, balancer } = over(...Array.from({ length: 3_000 }, () => 1))
    for (const [at, station] of all.entries()) if (at % 2 === 0) change(balancer, station, { available: false })
    let asked = 0
    for (let at = 0; at < 1_500; at++) open(balancer, (station) => ++asked > 0 && unavailable(station))
    expect(asked).toBe(1_500)
    expect(all.every(({ inFlight, available }) => inFlight === (available === false ? 0 : 1))).toBe(true)
    expect(unavailable(balancer.pick(null, (station) => !unavailable(station))!)).toBe(true)
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
