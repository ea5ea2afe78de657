import { roundRobin } from 'edgewise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installed, type Program, type Upstream, upstream } from '../../support/index.js'
import { picks, type Station, stations, tally } from '../../unit/balancing/endpoints.js'
import { get, haproxy, nginx } from './programs.js'

const upstreams: Upstream[] = []

beforeAll(async () => {
  for (const name of 'abcde') upstreams.push(await upstream((_request, response) => response.end(name)))
})

afterAll(async () => {
  for (const each of upstreams) await each.stop()
})

const served = (weights: readonly number[]) =>
  stations(...weights).map(({ name, weight }, at) => ({ name, weight, port: upstreams[at]!.port }))

/** Who answers so many requests, one after the other. */
async function answers(proxy: Program, count: number): Promise<string[]> {
  const names: string[] = []
  for (let request = 0; request < count; request++) names.push((await get(proxy.door, '/')).body)
  return names
}

function ours(weights: readonly number[], count: number): string[] {
  const balancer = roundRobin<Station>()
  balancer.rebuild(stations(...weights))
  return picks(balancer, count)
}

describe.skipIf(!installed('nginx'))('roundRobin next to nginx', () => {
  it.each([[[5, 1, 1]], [[1, 1, 1]], [[70, 30]], [[3, 2, 1, 1]], [[1, 7, 2, 5, 3]], [[100, 1, 50]]])(
    'answers in the same order for weights %j, round after round',
    async (weights) => {
      await using proxy = await nginx(served(weights))
      const count = 2 * weights.reduce((sum, weight) => sum + weight, 0) + 3
      expect(await answers(proxy, count)).toEqual(ours(weights, count))
    },
  )
})

describe.skipIf(!installed('haproxy'))('roundRobin next to haproxy', () => {
  it('answers in the same order for equal weights', async () => {
    await using proxy = await haproxy('roundrobin', served([4, 4, 4, 4]))
    expect(await answers(proxy, 22)).toEqual(ours([1, 1, 1, 1], 22))
  })

  // Its order within a cycle is its own, for weights that differ: 5:1:1 gives a a a b a a c. So only shares can be compared.
  it.each([[[5, 1, 1]], [[1, 7, 2, 5, 3]], [[3, 2, 1, 1]]])(
    'gives the same shares in every cycle for weights %j',
    async (weights) => {
      await using proxy = await haproxy('roundrobin', served(weights))
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      const recorded = await answers(proxy, 3 * total)
      for (let cycle = 0; cycle < 3; cycle++) {
        const part = recorded.slice(cycle * total, (cycle + 1) * total)
        expect(tally(part)).toEqual(tally(ours(weights, total)))
      }
    },
  )
})
