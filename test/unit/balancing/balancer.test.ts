import {
  type Balancer,
  firstAvailable,
  leastBytes,
  leastConnections,
  leastTime,
  maglev,
  powerOfTwoChoices,
  random,
  ringHash,
  roundRobin,
  stickyCookie,
} from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asked } from '../asked.js'
import { change, type Station, stations } from './endpoints.js'

const sure: Readonly<Record<string, () => Balancer<Station>>> = {
  roundRobin,
  firstAvailable,
  leastConnections,
  leastTime,
  leastBytes,
  ringHash: () => ringHash({ key: 'path', balanceFactor: 125 }),
  maglev: () => maglev({ key: { header: 'x' }, tableSize: 101 }),
  stickyCookie: () => stickyCookie({ name: 'at' }),
}

describe('a peek', () => {
  it.each(Object.keys(sure))('of %s says whom the next pick gives, whoever is skipped, and leaves no trace', (name) => {
    const step = fc.record({
      skipped: fc.uniqueArray(fc.nat(5)),
      at: fc.nat(5),
      inFlight: fc.nat(3),
      warmth: fc.constantFrom(1, 1, 0.3),
      path: fc.constantFrom('/a', '/b', '/c'),
      headers: fc.constantFrom({}, { x: '1' }),
    })
    fc.assert(
      fc.property(
        fc.array(fc.nat(4), { minLength: 6, maxLength: 6 }),
        fc.array(step, { maxLength: 30 }),
        (weights, steps) => {
          const [looked, alone] = [sure[name]!(), sure[name]!()]
          const [ours, theirs] = [stations(...weights), stations(...weights)]
          looked.rebuild(ours)
          alone.rebuild(theirs)
          for (const { skipped, at, inFlight, warmth, path, headers } of steps) {
            for (const [balancer, list] of [
              [looked, ours],
              [alone, theirs],
            ] as const)
              change(balancer, list[at]!, { inFlight, warmth })
            const skip = ({ name: each }: Station): boolean => skipped.some((index) => ours[index]!.name === each)
            const exchange = asked(path, { headers })
            const peeks = Array.from({ length: 3 }, () => looked.peek!(exchange, skip).endpoint?.name)
            const picked = looked.pick(exchange, skip)?.name
            expect(peeks).toEqual([picked, picked, picked])
            expect(picked).toBe(alone.pick(exchange, skip)?.name)
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  it.each([
    ['random', random] as const,
    ['powerOfTwoChoices', (chance: () => number) => powerOfTwoChoices({ random: chance })] as const,
  ])('of %s draws no chance, and is sure where there is no choice', (_, make) => {
    const drawn: number[] = []
    const balancer = make(() => drawn.push(0) * 0) as Balancer<Station>
    const all = stations(1, 2, 0, 1)
    balancer.rebuild(all)
    const peek = balancer.peek!(null, ({ name }) => name === 'd')
    expect([peek.endpoint, peek.candidates?.map(({ name }) => name)]).toEqual([undefined, ['a', 'b']])
    expect(balancer.peek!(null, ({ name }) => name !== 'b').endpoint?.name).toBe('b')
    expect(balancer.peek!(null, () => true)).toMatchObject({ endpoint: undefined })
    expect(drawn).toEqual([])
  })

  it('says of a cookie whose endpoint can take nothing who takes its place', () => {
    const balancer = stickyCookie<Station>({ name: 'at' })
    const [a, b] = stations(1, 1) as [Station, Station]
    balancer.rebuild([a, b])
    const cookie = balancer.cookieFor!(asked('/'), b)!.split(';')[0]!
    const exchange = asked('/', { headers: { cookie } })
    expect(balancer.peek!(exchange, () => false)).toMatchObject({
      endpoint: b,
      why: expect.stringContaining('the client sent'),
    })
    expect(balancer.peek!(exchange, (each) => each === b)).toMatchObject({
      endpoint: a,
      why: expect.stringContaining('b, whose cookie'),
    })
  })
})
