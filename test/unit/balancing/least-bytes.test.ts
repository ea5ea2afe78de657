import { type AttemptOutcome, leastBytes } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { change, end, open, outcomeOf, type Station, stations, tally } from './endpoints.js'

function over(weights: readonly number[], decayMs = 60_000) {
  const clock = { now: 1_000 }
  const all = stations(...weights)
  const balancer = leastBytes<Station>({ now: () => clock.now, decayMs })
  balancer.rebuild(all)
  /** One request after the other, so many ms apart, each of so many bytes. Returns the bytes by name. */
  const serve = (count: number, size: (name: string, at: number) => number, gapMs = 1): Record<string, number> => {
    const bytes: Record<string, number> = {}
    for (let at = 0; at < count; at++) {
      clock.now += gapMs
      const station = open(balancer)
      const sent = size(station.name, at)
      bytes[station.name] = (bytes[station.name] ?? 0) + sent
      end(balancer, station, sized(sent))
    }
    return bytes
  }
  return { all, balancer, clock, serve }
}

/** Half of it the request's, half the reply's. */
const sized = (bytes: number): AttemptOutcome => outcomeOf({ bytes: { in: bytes / 2, out: bytes / 2 } })

describe('leastBytes', () => {
  it('evens out bytes, not requests', () => {
    const bytes = over([1, 1, 1]).serve(3_000, (_name, at) => (at % 7 === 0 ? 100_000 : 100))
    const mean = (bytes['a']! + bytes['b']! + bytes['c']!) / 3
    for (const sum of Object.values(bytes)) expect(Math.abs(sum - mean) / mean).toBeLessThan(0.02)
  })

  it('gives twice the weight twice the bytes', () => {
    const bytes = over([2, 1]).serve(3_000, () => 1_000)
    expect(bytes['a']! / bytes['b']!).toBeCloseTo(2, 1)
  })

  it('charges a pick in advance, so that requests that start together spread', () => {
    const { all, balancer, serve } = over([1, 1, 1])
    serve(30, () => 1_000)
    for (let at = 0; at < 30; at++) open(balancer)
    expect(all.map(({ inFlight }) => inFlight)).toEqual([10, 10, 10])
  })

  it('puts the true size in place of the charge', () => {
    const { all, balancer, serve } = over([1, 1])
    serve(100, () => 1_000)
    const flying = [open(balancer), open(balancer)]
    for (const station of flying) end(balancer, station, sized(station === all[0] ? 9_000 : 1_000))
    const names = Array.from({ length: 10 }, () => {
      const station = open(balancer)
      end(balancer, station, sized(1_000))
      return station.name
    })
    expect(tally(names)['b']).toBeGreaterThanOrEqual(8)
    // An attempt that nobody picked for is counted all the same.
    for (let at = 0; at < 100; at++) balancer.settled!(all[1]!, sized(1_000))
    expect(open(balancer).name).toBe('a')
  })

  it('forgets by and by', () => {
    const { balancer, clock, serve } = over([1, 1], 1_000)
    serve(10, () => 1_000)
    balancer.settled!(stationNamed(balancer, 'a'), sized(1_000_000))
    expect(Object.keys(serve(20, () => 1_000))).toEqual(['b'])
    clock.now += 20_000
    const bytes = serve(400, () => 1_000, 50)
    expect(bytes['a']! / bytes['b']!).toBeCloseTo(1, 1)
  })

  it.each([
    ['joins', false],
    ['comes back', true],
  ])('gives one that %s its share, not everything until it has caught up', (_how, known) => {
    const { all, balancer, clock, serve } = over([1, 1, 1])
    const newcomer = all[2]!
    if (known) change(balancer, newcomer, { available: false })
    else balancer.rebuild(all.slice(0, 2))
    serve(2_000, () => 1_000, 10)
    clock.now += 500
    if (known) change(balancer, newcomer, { available: true })
    else balancer.rebuild(all)
    const bytes = serve(300, () => 1_000)
    for (const { name } of all) expect(Math.abs(bytes[name]! - 100_000)).toBeLessThanOrEqual(3_000)
  })

  it('gives one that starts slowly its share all the while', () => {
    const { all, balancer, serve } = over([1, 1])
    serve(200, () => 1_000)
    change(balancer, all[1]!, { available: false })
    serve(200, () => 1_000)
    change(balancer, all[1]!, { available: true, warmth: 0.25 })
    const cold = serve(500, () => 1_000)
    expect(cold['b']! / 1_000).toBeGreaterThan(90)
    expect(cold['b']! / 1_000).toBeLessThan(110)
    change(balancer, all[1]!, { warmth: 1 })
    const warm = serve(500, () => 1_000)
    expect(Math.abs(warm['a']! - warm['b']!)).toBeLessThanOrEqual(5_000)
  })

  it('keeps its order after an idle time in which everything is forgotten', () => {
    const { all, balancer, clock, serve } = over([1, 1, 1], 10)
    serve(30, () => 1_000)
    clock.now += 1_000_000
    for (let at = 0; at < 9; at++) open(balancer)
    expect(all.map(({ inFlight }) => inFlight)).toEqual([3, 3, 3])
  })

  it('keeps what it knows when membership changes, and forks into one that knows nothing', () => {
    const { all, balancer } = over([1, 1])
    balancer.settled!(all[0]!, sized(1_000))
    balancer.rebuild([all[1]!, all[0]!])
    expect(open(balancer).name).toBe('b')
    const fork = balancer.fork!()
    fork.rebuild(all)
    expect(open(fork).name).toBe('a')
  })

  it('refuses options that it does not have', () => {
    expect(() => leastBytes({ decayMs: -1 })).toThrow(/leastBytes: option "decayMs" is -1/)
  })
})

/** The station of that name, without counting the pick. */
function stationNamed(balancer: ReturnType<typeof leastBytes<Station>>, name: string): Station {
  return balancer.pick(null, (station) => station.name !== name)!
}
