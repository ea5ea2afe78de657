import type { ServerResponse } from 'node:http'
import { type Balancer, type Endpoint, http1, maglev, ringHash } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, type Upstream, upstream } from '../../support/index.js'
import { ask } from '../client.js'
import { gatewayOver } from '../front.js'

/** Upstreams that hold every request until they are told to let go. */
async function holding(count: number) {
  const held: ServerResponse[][] = Array.from({ length: count }, () => [])
  const far: Upstream[] = []
  for (const responses of held) far.push(await upstream((_request, response) => responses.push(response)))
  return {
    far,
    /** Requests held by each now. */
    loads: () => held.map((responses) => responses.length),
    total: () => held.reduce((sum, responses) => sum + responses.length, 0),
    letGo: (at: number) => held[at]!.shift()!.end(),
    async [Symbol.asyncDispose]() {
      for (const each of far) await each.stop()
    },
  }
}

const strategies: readonly (readonly [string, (balanceFactor: number) => Balancer<Endpoint>])[] = [
  ['ringHash', (balanceFactor) => ringHash<Endpoint>({ key: { header: 'x-tenant' }, balanceFactor })],
  ['maglev', (balanceFactor) => maglev<Endpoint>({ key: { header: 'x-tenant' }, balanceFactor })],
]

describe.each(strategies)('a bounded %s behind a gateway', (_name, make) => {
  it('H-111 lets a client that sends one key only fill no endpoint past its slots, at any moment', async () => {
    await using upstreams = await holding(5)
    const endpoints = upstreams.far.map(({ url }) => ({ url }))
    await using front = await gatewayOver(http1(), endpoints, { pool: { balancer: make(125) } })
    const hostile = { headers: { 'x-tenant': 'mine' } }
    const asked: Promise<number>[] = []
    const sendOne = async (): Promise<void> => {
      const before = upstreams.total()
      asked.push(
        ask(front.port, '/', hostile).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      await eventually(() => upstreams.total() === before + 1, { intervalMs: 1 })
    }
    for (let request = 1; request <= 60; request++) {
      await sendOne()
      expect(Math.max(...upstreams.loads())).toBeLessThanOrEqual(Math.ceil(Math.ceil(request * 1.25) / 5))
    }
    // 60 requests at 15 slots each fill four of the five.
    expect(upstreams.loads().toSorted((a, b) => a - b)).toEqual([0, 15, 15, 15, 15])
    // Room nearer to the key's own place is taken again at once.
    const home = upstreams.loads().indexOf(15)
    upstreams.letGo(home)
    await eventually(() => front.endpoint(home).inFlight === 14, { intervalMs: 1 })
    await sendOne()
    expect(upstreams.loads()[home]).toBe(15)
    for (const [at, load] of upstreams.loads().entries())
      for (let request = 0; request < load; request++) upstreams.letGo(at)
    expect(new Set(await Promise.all(asked))).toEqual(new Set([200]))
    await front.atRest()
  })

  it('H-111 without a bound gives that client one endpoint', async () => {
    await using upstreams = await holding(5)
    const endpoints = upstreams.far.map(({ url }) => ({ url }))
    await using front = await gatewayOver(http1(), endpoints, { pool: { balancer: make(0) } })
    const asked = Array.from({ length: 20 }, () => ask(front.port, '/', { headers: { 'x-tenant': 'mine' } }))
    await eventually(() => upstreams.total() === 20)
    expect(upstreams.loads().toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, 20])
    const home = upstreams.loads().indexOf(20)
    for (let request = 0; request < 20; request++) upstreams.letGo(home)
    await Promise.all(asked)
    await front.atRest()
  })

  it('keeps the keys of endpoints that stay while another is in maintenance', async () => {
    const far: Upstream[] = []
    for (const name of 'abcde') far.push(await upstream(undefined, { name }))
    await using front = await gatewayOver(
      http1(),
      far.map(({ url, name }) => ({ url, name })),
      { pool: { balancer: make(0) } },
    )
    const answers = (): Promise<unknown[]> =>
      Promise.all(
        Array.from({ length: 60 }, async (_, at) => {
          const reply = await ask(front.port, '/', { headers: { 'x-tenant': `tenant-${at}` } })
          return reply.headers['x-upstream']
        }),
      )
    const before = await answers()
    front.pool.maintenance('c')
    const during = await answers()
    front.pool.ready('c')
    expect(during).not.toContain('c')
    during.forEach((name, at) => {
      if (before[at] !== 'c') expect(name).toBe(before[at])
    })
    expect(await answers()).toEqual(before)
    for (const each of far) await each.stop()
  })
})
