import { type Balancer, maglev, ringHash } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tally } from './endpoints.js'
import { asked, byKey, type Host, hosts, keyed, manyKeys } from './keyed.js'

const KEYS = manyKeys(300)
const weights = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 12 })

function rebuilt(balancer: Balancer<Host>, all: readonly Host[]): Balancer<Host> {
  balancer.rebuild(all)
  return balancer
}

function mapping(balancer: Balancer<Host>, skip: (host: Host) => boolean = () => false): (string | undefined)[] {
  return KEYS.map((key) => balancer.pick(key, skip)?.name)
}

const strategies: readonly (readonly [string, () => Balancer<Host>])[] = [
  ['ringHash', () => ringHash<Host>({ key: byKey })],
  ["ringHash as NGINX's", () => ringHash<Host>({ key: byKey, compatibleWith: 'nginx' })],
  ['maglev', () => maglev<Host>({ key: byKey, tableSize: 1_009 })],
]

describe.each(strategies)('%s', (name, make) => {
  it('sends a key to the same endpoint in every process, and by whatever way the pool came to its members', () => {
    fc.assert(
      fc.property(weights, fc.nat(), (chosen, turn) => {
        const all = hosts(chosen.length, (at) => chosen[at]!)
        const once = mapping(rebuilt(make(), all))
        const grown = make()
        for (let at = 1; at <= all.length; at++) grown.rebuild(all.slice(0, at))
        expect(mapping(grown)).toEqual(once)
        // What NGINX does with two points at one place depends on the order; by name it does not.
        const start = turn % all.length
        const turned = [...all.slice(start), ...all.slice(0, start)]
        if (!name.includes('NGINX')) expect(mapping(rebuilt(make(), turned))).toEqual(once)
      }),
      { numRuns: 25 },
    )
  })

  it('H-111 moves the keys of those alone that are skipped, each to one that is not', () => {
    fc.assert(
      fc.property(weights, fc.nat(4095), (chosen, skipped) => {
        const all = hosts(chosen.length, (at) => chosen[at]!)
        const balancer = rebuilt(make(), all)
        const isSkipped = (host: Host): boolean => ((skipped >> all.indexOf(host)) & 1) === 1
        const names = new Set(all.filter(isSkipped).map((host) => host.name))
        const left = all.filter((host) => host.weight > 0 && !isSkipped(host)).map((host) => host.name)
        const before = mapping(balancer)
        mapping(balancer, isSkipped).forEach((now, at) => {
          if (left.length === 0) expect(now).toBeUndefined()
          else if (names.has(before[at]!)) expect(left).toContain(now)
          else expect(now).toBe(before[at])
        })
      }),
      { numRuns: 50 },
    )
  })

  it('spreads the keys of one that is skipped over all others', () => {
    const all = hosts(5)
    const balancer = rebuilt(make(), all)
    const moved = KEYS.filter((key) => balancer.pick(key, () => false) === all[0]).map(
      (key) => balancer.pick(key, (host) => host === all[0])!.name,
    )
    expect(Object.keys(tally(moved))).toHaveLength(4)
  })

  it('gives weight 0 nothing, and nobody anything where there is nobody', () => {
    const all = hosts(3, (at) => at)
    expect(new Set(mapping(rebuilt(make(), all)))).toEqual(new Set([all[1]!.name, all[2]!.name]))
    expect(
      new Set(
        mapping(
          rebuilt(
            make(),
            hosts(2, () => 0),
          ),
        ),
      ),
    ).toEqual(new Set([undefined]))
    expect(
      new Set(
        mapping(
          rebuilt(
            make(),
            hosts(2, () => Number.NaN),
          ),
        ),
      ),
    ).toEqual(new Set([undefined]))
    expect(make().pick(keyed('early'), () => false)).toBeUndefined()
  })

  it('shares keys by weight', () => {
    const all = hosts(3, (at) => [1, 2, 5][at]!)
    const balancer = rebuilt(make(), all)
    const counts = tally(manyKeys(40_000).map((key) => balancer.pick(key, () => false)!.name))
    for (const host of all) expect(counts[host.name]! / 40_000).toBeCloseTo(host.weight / 8, 1)
  })

  it('lets requests without a key take turns by weight, those without an exchange, too', () => {
    const all = hosts(2, (at) => at + 1)
    const balancer = rebuilt(make(), all)
    const names = Array.from({ length: 6 }, (_, at) => balancer.pick(at % 2 === 0 ? null : asked(), () => false)!.name)
    expect(tally(names)).toEqual({ [all[0]!.name]: 2, [all[1]!.name]: 4 })
    expect(balancer.pick(null, (host) => host === all[1])).toBe(all[0])
    expect(balancer.pick(null, () => true)).toBeUndefined()
  })

  it('leaves keys where they are while an endpoint starts slowly', () => {
    const all = hosts(4)
    const balancer = rebuilt(make(), all)
    const before = mapping(balancer)
    const cold: Host & { warmth?: number } = all[2]!
    cold.warmth = 0.1
    balancer.changed!(cold)
    expect(mapping(balancer)).toEqual(before)
  })

  it('asks once about one of 3,000 that is well, and no more than twice about each when none is, even if it has no slot', () => {
    const all = hosts(3_000)
    const balancer = rebuilt(make(), all)
    let count = 0
    balancer.pick(keyed('one'), () => ++count < 0)
    expect(count).toBe(1)
    const counts = new Map<Host, number>()
    const none = (host: Host): boolean => counts.set(host, (counts.get(host) ?? 0) + 1) !== undefined
    expect(balancer.pick(keyed('one'), none)).toBeUndefined()
    expect([counts.size, Math.max(...counts.values())]).toEqual([3_000, 2])
    expect(balancer.pick(keyed('one'), (host) => host !== all[1_234])).toBe(all[1_234])
  })

  it('forks into one of the same mapping and its own members', () => {
    const all = hosts(4)
    const balancer = rebuilt(make(), all)
    const fork = rebuilt(balancer.fork!(), all)
    expect(mapping(fork)).toEqual(mapping(balancer))
    fork.rebuild(all.slice(1))
    expect(mapping(fork)).not.toContain(all[0]!.name)
    expect(mapping(balancer)).toContain(all[0]!.name)
  })
})
