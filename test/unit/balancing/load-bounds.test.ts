import { type Balancer, maglev, ringHash } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LoadBounds } from '../../../src/balancing/load-bounds.js'
import { seededRandom } from '../../support/index.js'
import { byKey, type Host, hosts, keyed } from './keyed.js'

/** What an endpoint may have with one more request in flight, worked out from the definition. */
function slots(all: readonly Host[], host: Host, factor: number): number {
  const inFlight = all.reduce((sum, each) => sum + each.inFlight, 0)
  const weight = all.reduce((sum, each) => sum + (each.available ? each.weight : 0), 0)
  const total = Math.ceil(((inFlight + 1) * factor) / 100)
  return Math.ceil((total * host.weight) / weight)
}

describe('load bounds', () => {
  it('keep their sums through any history of requests, flaps and changes of weight', () => {
    const step = fc.record({ at: fc.nat(5), do: fc.constantFrom('begin', 'end', 'flap', 'weigh'), weight: fc.nat(4) })
    fc.assert(
      fc.property(fc.integer({ min: 101, max: 300 }), fc.array(step, { maxLength: 80 }), (factor, steps) => {
        const all = hosts(6)
        const bounds = new LoadBounds<Host>(factor)
        bounds.rebuild(all)
        for (const each of steps) {
          const host = all[each.at]!
          if (each.do === 'begin') host.inFlight++
          else if (each.do === 'end') host.inFlight = Math.max(0, host.inFlight - 1)
          else if (each.do === 'flap') host.available = !host.available
          else host.weight = each.weight + 1
          if (each.do === 'weigh') bounds.rebuild(all)
          else bounds.changed(host)
          if (all.some(({ available }) => available)) {
            const admitted = all.map((_, place) => bounds.admits(place))
            expect(admitted).toEqual(all.map((some) => some.inFlight < slots(all, some, factor)))
            // There is always somebody who may have one more.
            expect(all.some((some, place) => some.available && admitted[place])).toBe(true)
          }
        }
      }),
      { numRuns: 150 },
    )
  })

  it('bound nobody when all are down, whom a pool may still try', () => {
    const all = hosts(2)
    for (const host of all) host.available = false
    const bounds = new LoadBounds<Host>(125)
    bounds.rebuild(all)
    expect([bounds.admits(0), bounds.admits(1)]).toEqual([true, true])
  })

  it('narrow for one that starts slowly', () => {
    const all: (Host & { warmth?: number })[] = hosts(2)
    const bounds = new LoadBounds<Host>(200)
    bounds.rebuild(all)
    for (const host of all) {
      host.inFlight = 4
      bounds.changed(host)
    }
    expect(bounds.admits(0)).toBe(true)
    all[0]!.warmth = 0.1
    bounds.changed(all[0]!)
    expect([bounds.admits(0), bounds.admits(1)]).toEqual([false, true])
  })

  it('do not count what they do not have', () => {
    const all = hosts(1)
    const bounds = new LoadBounds<Host>(101)
    bounds.rebuild(all)
    bounds.changed({ name: 'gone', weight: 1, inFlight: 100, available: true })
    all[0]!.inFlight = 2
    bounds.changed(all[0]!)
    expect(bounds.admits(0)).toBe(true)
    all[0]!.inFlight = 5
    expect(bounds.admits(0)).toBe(false)
  })
})

const strategies: readonly (readonly [string, (balanceFactor: number) => Balancer<Host>])[] = [
  ['ringHash', (balanceFactor) => ringHash<Host>({ key: byKey, balanceFactor })],
  ['maglev', (balanceFactor) => maglev<Host>({ key: byKey, tableSize: 1_009, balanceFactor })],
]

describe.each(strategies)('a bounded %s', (_name, make) => {
  const open = (balancer: Balancer<Host>, key: string, skip: (host: Host) => boolean = () => false): Host => {
    const host = balancer.pick(keyed(key), skip)!
    host.inFlight++
    balancer.changed!(host)
    return host
  }

  it.each([101, 125, 200])('H-111 of %i percent spreads one hot key over endpoints, none past its slots', (factor) => {
    const all = hosts(10, (at) => (at === 3 ? 4 : 1))
    const balancer = make(factor)
    balancer.rebuild(all)
    const random = seededRandom(1)
    const held: Host[] = []
    for (let request = 0; request < 5_000; request++) {
      if (held.length > 400 || (held.length > 200 && random() < 0.5)) {
        const [host] = held.splice(Math.floor(random() * held.length), 1)
        host!.inFlight--
        balancer.changed!(host!)
        continue
      }
      const bounds = all.map((host) => slots(all, host, factor))
      const host = open(balancer, random() < 0.9 ? 'hot' : `key-${request}`)
      held.push(host)
      expect(host.inFlight).toBeLessThanOrEqual(bounds[all.indexOf(host)]!)
    }
    const mean = held.length / 13
    for (const host of all) expect(host.inFlight).toBeLessThan(host.weight * mean * (factor / 100) + 3)
  })

  it('H-111 of 0 lets one key have all of it go to one endpoint', () => {
    const all = hosts(10)
    const balancer = make(0)
    balancer.rebuild(all)
    expect(new Set(Array.from({ length: 100 }, () => open(balancer, 'hot').name)).size).toBe(1)
  })

  it('sends a key back to its own endpoint as soon as there is room', () => {
    const all = hosts(5)
    const balancer = make(125)
    balancer.rebuild(all)
    const home = open(balancer, 'hot')
    const away = open(balancer, 'hot')
    expect(away).not.toBe(home)
    home.inFlight--
    balancer.changed!(home)
    expect(balancer.pick(keyed('hot'), () => false)).toBe(home)
  })

  it('takes the first that is not skipped when nobody else has room', () => {
    const all = hosts(3)
    const balancer = make(101)
    balancer.rebuild(all)
    const home = open(balancer, 'hot')
    for (let request = 0; request < 4; request++) open(balancer, 'hot', (host) => host !== home)
    expect(balancer.pick(keyed('hot'), (host) => host !== home)).toBe(home)
    expect(balancer.pick(keyed('hot'), () => true)).toBeUndefined()
  })

  it('shares the slots of one that is down among the others', () => {
    const all = hosts(4)
    const balancer = make(125)
    balancer.rebuild(all)
    const home = balancer.pick(keyed('hot'), () => false)!
    home.available = false
    balancer.changed!(home)
    for (let request = 0; request < 300; request++) open(balancer, 'hot', (host) => !host.available)
    const loads = all.filter(({ available }) => available).map(({ inFlight }) => inFlight)
    expect(Math.max(...loads)).toBeLessThanOrEqual(Math.ceil(Math.ceil(300 * 1.25) / 3))
  })
})
