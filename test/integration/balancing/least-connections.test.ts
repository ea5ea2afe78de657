import type { ServerResponse } from 'node:http'
import { http1, leastConnections } from 'edgewise'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Door, eventually, installed, seededRandom, type Upstream, upstream } from '../../support/index.js'
import { type Station, stations } from '../../unit/balancing/endpoints.js'
import { gatewayOver } from '../front.js'
import { get, haproxy } from './programs.js'

/** A request that has reached an upstream and waits there. */
interface Held {
  readonly name: string
  readonly response: ServerResponse
}

const upstreams: Upstream[] = []
/** By path. */
const held = new Map<string, Held>()

beforeAll(async () => {
  for (const name of 'abcd')
    upstreams.push(await upstream((request, response) => held.set(request.url!, { name, response })))
})

afterEach(() => {
  for (const { response } of held.values()) response.destroy()
  held.clear()
})

afterAll(async () => {
  for (const each of upstreams) await each.stop()
})

/** The balancer alone, told by hand. */
function byHand(weights: readonly number[]) {
  const all = stations(...weights)
  const balancer = leastConnections<Station>()
  balancer.rebuild(all)
  const move = (name: string, by: 1 | -1): void => {
    const station = all.find((each) => each.name === name)!
    station.inFlight += by
    balancer.changed!(station)
  }
  return {
    open: (): string => {
      const { name } = balancer.pick(null, () => false)!
      move(name, 1)
      return name
    },
    end: (name: string) => move(name, -1),
  }
}

/**
 * Holds `count` requests open and lets them go in a seeded order, one event at a time, and compares who was chosen at each.
 *
 * @param inFlight How many requests the proxy counts there.
 */
async function follow(
  seed: number,
  weights: readonly number[],
  door: Door,
  inFlight: (name: string) => Promise<number | undefined>,
): Promise<void> {
  const random = seededRandom(seed)
  const balancer = byHand(weights)
  const open: { readonly path: string; readonly name: string; readonly answered: Promise<unknown> }[] = []
  const counts = new Map<string, number>()
  const counted = async (name: string, by: 1 | -1): Promise<void> => {
    const wanted = (counts.get(name) ?? 0) + by
    counts.set(name, wanted)
    await eventually(async () => (await inFlight(name)) === wanted, { intervalMs: 1, what: `${wanted} at ${name}` })
  }
  const [theirs, ours]: [string[], string[]] = [[], []]
  for (let request = 0; request < 200; ) {
    if (open.length < 2 || (open.length < 12 && random() < 0.52)) {
      const path = `/${request++}`
      const answered = get(door, path)
      const { name } = await eventually(() => held.get(path), { intervalMs: 1 })
      open.push({ path, name, answered })
      theirs.push(name)
      ours.push(balancer.open())
      await counted(name, 1)
    } else {
      const [{ path, name, answered }] = open.splice(Math.floor(random() * open.length), 1) as [(typeof open)[number]]
      held.get(path)!.response.end()
      await answered
      await counted(name, -1)
      balancer.end(name)
    }
    expect(ours).toEqual(theirs)
  }
  for (const { path, answered } of open) {
    held.get(path)!.response.end()
    await answered
  }
}

const SCRIPTS = [
  { seed: 1, weights: [1, 1, 1, 1] },
  { seed: 2, weights: [1, 2, 3] },
  { seed: 3, weights: [5, 1, 1, 2] },
]

describe.skipIf(!installed('haproxy'))('leastConnections next to haproxy', () => {
  it.each(SCRIPTS)(
    'chooses the same server at each of 200 held requests: %j',
    async ({ seed, weights }) => {
      const served = stations(...weights).map(({ name, weight }, at) => ({ name, weight, port: upstreams[at]!.port }))
      await using proxy = await haproxy('leastconn', served)
      await follow(seed, weights, proxy.door, async (name) => (await proxy.sessions()).get(name))
    },
    60_000,
  )
})

describe('leastConnections in a pool', () => {
  it.each(SCRIPTS)(
    'chooses as the balancer alone, over real sockets: %j',
    async ({ seed, weights }) => {
      const endpoints = stations(...weights).map(({ name, weight }, at) => ({ name, weight, url: upstreams[at]!.url }))
      await using front = await gatewayOver(http1(), endpoints, { pool: { balancer: leastConnections() } })
      const inFlight = async (name: string) => front.pool.endpoints.find((each) => each.name === name)?.inFlight
      await follow(seed, weights, { port: front.port }, inFlight)
    },
    60_000,
  )
})
