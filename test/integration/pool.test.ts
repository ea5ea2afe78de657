import { type Balancer, createPool, type Endpoint, leastConnections, random, roundRobin } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, sink, type Upstream, upstream } from '../support/index.js'
import { ask } from './client.js'
import { gatewayOver, transports } from './front.js'

async function named(...names: readonly string[]): Promise<Upstream[] & AsyncDisposable> {
  const all = await Promise.all(names.map((name) => upstream(undefined, { name })))
  return Object.assign(all, {
    async [Symbol.asyncDispose]() {
      for (const each of all) await each.stop()
    },
  })
}

/** Who answers the next `count` requests. */
async function answers(port: number, count: number): Promise<string> {
  const names: string[] = []
  for (let at = 0; at < count; at++) names.push(String((await ask(port)).headers['x-upstream']))
  return names.join('')
}

describe.each(transports)('a pool at run time, over %s', (_name, make) => {
  it('takes endpoints in and out under traffic', async () => {
    await using far = await named('a', 'b', 'c')
    await using front = await gatewayOver(make(), [far[0]!.url])
    expect(await answers(front.port, 2)).toBe('aa')
    front.pool.add({ url: far[1]!.url, name: 'b' })
    front.pool.add(far[2]!.url)
    expect([...(await answers(front.port, 6))].sort().join('')).toBe('aabbcc')
    await front.pool.remove(far[0]!.url)
    expect([...(await answers(front.port, 4))].sort().join('')).toBe('bbcc')
    expect(front.changes).toEqual(['b added', `${far[2]!.url} added`, `${far[0]!.url} removed`])
    await eventually(() => far[0]!.connections === 0)
    await front.atRest()
  })

  it('moves shares when a weight changes, to none at 0', async () => {
    await using far = await named('a', 'b')
    const endpoints = far.map(({ url, name }) => ({ url, name }))
    await using front = await gatewayOver(make(), endpoints)
    front.pool.setWeight('a', 3)
    expect([...(await answers(front.port, 8))].sort().join('')).toBe('aaaaaabb')
    front.pool.setWeight('b', 0)
    expect(await answers(front.port, 4)).toBe('aaaa')
    expect(front.changes).toEqual(['a weight', 'b weight'])
    expect(() => front.pool.setWeight('a', -1)).toThrow(/weight.*-1.*0 to 65535/)
    expect(() => front.pool.setWeight('z', 1)).toThrow(/"z"; allowed: a, b/)
  })

  it('H-113 drains an endpoint: no new requests, and done when the last one under way is', async () => {
    const hold = Promise.withResolvers<void>()
    await using slow = await sink(['waitBody', () => hold.promise, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow'])
    await using far = await named('b')
    await using front = await gatewayOver(make(), [{ url: slow.url, name: 'a' }, far[0]!.url])
    const held = ask(front.port)
    await slow.waitForRequests(1)
    let done = false
    const drained = front.pool.drain('a').then(() => {
      done = true
    })
    expect(await answers(front.port, 4)).toBe('bbbb')
    expect(done).toBe(false)
    hold.resolve()
    expect((await held).body).toBe('slow')
    await drained
    front.pool.ready('a')
    await Promise.all([ask(front.port), ask(front.port)])
    expect(slow.requests).toHaveLength(2)
    expect(front.changes).toEqual(['a drain', 'a ready'])
  })

  it('lets requests under way finish on an endpoint that is removed, and then closes its connections', async () => {
    const hold = Promise.withResolvers<void>()
    await using slow = await sink(['waitBody', () => hold.promise, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow'])
    await using front = await gatewayOver(make(), [{ url: slow.url, name: 'a' }])
    const held = ask(front.port)
    await slow.waitForRequests(1)
    const removed = front.pool.remove('a')
    expect((await ask(front.port)).status).toBe(503)
    hold.resolve()
    expect((await held).body).toBe('slow')
    await removed
    await eventually(() => slow.openConnections() === 0)
  })

  it('keeps an endpoint in maintenance out at once', async () => {
    await using far = await named('a', 'b')
    await using front = await gatewayOver(
      make(),
      far.map(({ url, name }) => ({ url, name })),
    )
    front.pool.maintenance('a')
    expect(await answers(front.port, 3)).toBe('bbb')
    front.pool.ready('a')
    expect([...(await answers(front.port, 2))].sort().join('')).toBe('ab')
    expect(front.changes).toEqual(['a maintenance', 'a ready'])
  })

  it.each([
    ['roundRobin', () => roundRobin<Endpoint>()],
    ['leastConnections', () => leastConnections<Endpoint>()],
    ['random', () => random<Endpoint>()],
  ])('spreads traffic by weight with %s', async (name, balancer) => {
    await using far = await named('a', 'b')
    const endpoints = [{ url: far[0]!.url, weight: 3 }, far[1]!.url]
    await using front = await gatewayOver(make(), endpoints, { pool: { balancer: balancer() } })
    const all = await answers(front.port, 40)
    const a = [...all].filter((each) => each === 'a').length
    if (name === 'roundRobin') expect(a).toBe(30)
    else expect([a > 5, a < 40]).toEqual([true, true])
  })

  it('H-119 tells its balancer of every change of membership or weight, and never of health', async () => {
    await using far = await named('a', 'b')
    const inner = roundRobin<Endpoint>()
    const rebuilds: string[] = []
    const balancer: Balancer<Endpoint> = {
      name: 'spy',
      rebuild: (endpoints) => {
        rebuilds.push(endpoints.map(({ name, weight }) => `${name}${weight}`).join(' '))
        inner.rebuild(endpoints)
      },
      pick: (exchange, skip) => inner.pick(exchange, skip),
    }
    await using front = await gatewayOver(make(), [{ url: far[0]!.url, name: 'a' }], { pool: { balancer } })
    front.pool.add({ url: far[1]!.url, name: 'b' })
    front.pool.setWeight('b', 2)
    front.pool.maintenance('b')
    front.pool.ready('b')
    expect(await answers(front.port, 3)).toMatch(/^[ab]{3}$/)
    await front.pool.remove('a')
    expect(rebuilds).toEqual(['a1', 'a1 b1', 'a1 b2', 'b2'])
  })
})

describe('a pool', () => {
  it('refuses a balancer that another pool holds', () => {
    const balancer = roundRobin<Endpoint>()
    createPool({ name: 'first', endpoints: [], balancer })
    expect(() => createPool({ name: 'second', endpoints: [], balancer })).toThrow(/no other pool holds/)
  })

  it('does not keep a balancer that it refused for another reason', () => {
    const balancer = roundRobin<Endpoint>()
    expect(() => createPool({ name: 'first', endpoints: ['ftp://x'], balancer })).toThrow(/http:/)
    createPool({ name: 'second', endpoints: [], balancer })
  })

  it('refuses a name that it has already', () => {
    const pool = createPool({ name: 'one', endpoints: ['http://a.test'] })
    expect(() => pool.add('http://a.test/')).toThrow(/a name that the pool does not have/)
  })
})

describe.each(transports)('an endpoint of layer 4, over %s', (_name, make) => {
  it('is refused by forward(), and fails a request when it joins later', async () => {
    await expect(gatewayOver(make(), ['tcp://127.0.0.1:5432'])).rejects.toThrow(/createTcpBalancer/)
    await using front = await gatewayOver(make(), [])
    front.pool.add('tcp://127.0.0.1:5432')
    const { status, body } = await ask(front.port)
    expect([status, body]).toEqual([500, '500 ERR_EDGE_OPTION\n'])
    await front.atRest()
  })
})
