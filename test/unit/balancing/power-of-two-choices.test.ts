import { powerOfTwoChoices, random } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../support/index.js'
import { change, end, open, outcomeOf, picks, type Station, stations, tally, took, unavailable } from './endpoints.js'

function over(weights: readonly number[], options: Parameters<typeof powerOfTwoChoices>[0] = {}) {
  const clock = { now: 1_000 }
  const all = stations(...weights)
  const balancer = powerOfTwoChoices<Station>({ random: seededRandom(11), now: () => clock.now, ...options })
  balancer.rebuild(all)
  return { all, balancer, clock }
}

const equal = (count: number): number[] => Array.from({ length: count }, () => 1)

describe('powerOfTwoChoices', () => {
  it('draws two different ones: of two endpoints the better always wins', () => {
    const { all, balancer } = over([1, 1])
    change(balancer, all[0]!, { inFlight: 5 })
    expect(tally(picks(balancer, 200))).toEqual({ b: 200 })
  })

  it('is far more even than one choice, and more choices are more even still', () => {
    const most = (balancer: ReturnType<typeof over>['balancer'], all: readonly Station[]): number => {
      balancer.rebuild(all)
      for (let at = 0; at < 10_000; at++) open(balancer)
      return Math.max(...all.map(({ inFlight }) => inFlight))
    }
    const one = most(random<Station>(seededRandom(11)), stations(...equal(1_000)))
    const two = most(powerOfTwoChoices<Station>({ random: seededRandom(11) }), stations(...equal(1_000)))
    const four = most(powerOfTwoChoices<Station>({ random: seededRandom(11), choices: 4 }), stations(...equal(1_000)))
    expect(one).toBeGreaterThan(18)
    expect(two).toBeLessThanOrEqual(14)
    expect(four).toBeLessThanOrEqual(12)
  })

  it('fills by weight', () => {
    const { all, balancer } = over([3, 1, 3, 1])
    for (let at = 0; at < 800; at++) open(balancer)
    for (const { weight, inFlight } of all) expect(Math.abs(inFlight - 100 * weight)).toBeLessThan(12)
  })

  it('by time: avoids one of ten that is slow', () => {
    const { balancer, clock } = over(equal(10), { by: 'time' })
    const names = Array.from({ length: 1_000 }, () => {
      const station = open(balancer)
      const ms = station.name === 'd' ? 200 : 10
      clock.now += 10
      end(balancer, station, took(clock.now, ms))
      return station.name
    })
    expect(tally(names)['d']).toBeLessThan(10)
  })

  it('by bytes: evens them out', () => {
    const { all, balancer, clock } = over(equal(5), { by: 'bytes' })
    const bytes = new Map(all.map((station) => [station, 0]))
    for (let at = 0; at < 5_000; at++) {
      clock.now += 1
      const station = open(balancer)
      const size = at % 10 === 0 ? 50_000 : 500
      bytes.set(station, bytes.get(station)! + size)
      end(balancer, station, outcomeOf({ bytes: { in: 0, out: size } }))
    }
    const sums = [...bytes.values()]
    expect(Math.max(...sums) / Math.min(...sums)).toBeLessThan(1.1)
  })

  it('asks about few of 3,000 with half of them down, and finds the last one standing', () => {
    const { all, balancer } = over(equal(3_000))
    for (const [at, station] of all.entries()) if (at < 1_500) change(balancer, station, { available: false })
    let asked = 0
    for (let at = 0; at < 1_000; at++) open(balancer, (station) => ++asked > 0 && unavailable(station))
    expect(asked).toBeLessThan(6_000)
    expect(balancer.pick(null, (station) => station !== all[7])).toBe(all[7])
    expect(balancer.pick(null, () => true)).toBeUndefined()
  })

  it('draws one that starts slowly less often', () => {
    const { all, balancer } = over([1, 1, 1])
    change(balancer, all[2]!, { warmth: 0.1 })
    const counts = tally(picks(balancer, 3_000))
    expect(counts['c']! / 3_000).toBeLessThan(0.12)
    expect(counts['c']).toBeGreaterThan(0)
  })

  it('gives weight 0 nothing, and picks nobody from nobody', () => {
    expect(tally(picks(over([1, 0]).balancer, 5))).toEqual({ a: 5 })
    expect(picks(over([]).balancer, 1)).toEqual(['-'])
    expect(picks(powerOfTwoChoices<Station>(), 1)).toEqual(['-'])
  })

  it('keeps what it knows when membership changes, and forks with the same options', () => {
    const { all, balancer, clock } = over([1, 1], { by: 'time' })
    balancer.settled!(all[0]!, took(clock.now, 10))
    balancer.settled!(all[1]!, took(clock.now, 90))
    balancer.rebuild([all[1]!, all[0]!])
    expect(tally(picks(balancer, 50))).toEqual({ a: 50 })
    const fork = balancer.fork!()
    fork.rebuild(all)
    fork.settled!(all[0]!, took(clock.now, 90))
    fork.settled!(all[1]!, took(clock.now, 10))
    expect(tally(picks(fork, 50))).toEqual({ b: 50 })
  })

  it('ignores news of an endpoint that it does not have', () => {
    const { balancer } = over([1])
    const gone = { name: 'gone', weight: 1, inFlight: 7 }
    balancer.changed!(gone)
    balancer.settled!(gone, took(10, 5))
    expect(picks(balancer, 1)).toEqual(['a'])
  })

  it('refuses options that it does not have', () => {
    expect(() => powerOfTwoChoices({ by: 'luck' as never })).toThrow(/"by" is "luck"/)
    expect(() => powerOfTwoChoices({ choices: 1 })).toThrow(/"choices" is 1; allowed: a whole number from 2 to 16/)
  })
})
