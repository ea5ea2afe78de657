import { leastConnections } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, faultyUpstream } from '../../support/index.js'
import { raw } from '../../support/raw.js'
import { rawOpen } from '../../support/raw-open.js'
import { balancerOver, far } from './front.js'

const tcp = ({ port }: { port: number }, name: string) => ({ url: `tcp://127.0.0.1:${port}`, name })

describe('H-082 failover', () => {
  it.each([
    ['refuses', 'refuse', 'ERR_EDGE_CONNECT'],
    ['takes no connection', 'blackhole', 'ERR_EDGE_CONNECT_TIMEOUT'],
  ] as const)('H-082 goes on to the next endpoint when one %s, with every byte', async (_what, fault, code) => {
    await using bad = await faultyUpstream(fault)
    await using good = await far()
    await using front = await balancerOver([tcp(bad, 'bad'), tcp(good, 'good')], { connectTimeoutMs: 150 })
    const retries: unknown[] = []
    front.events.on('retry', (event) => retries.push(event))
    expect((await raw(front.port, ['hello', 'end'])).text).toBe('hello')
    expect(retries).toEqual([{ pool: 'far', endpoint: 'bad', why: code }])
    const outcome = await front.atRest()
    expect(outcome).toMatchObject({
      error: null,
      attempts: [
        { endpoint: 'bad', error: { code }, countsAgainst: true, bytes: { in: 0, out: 0 } },
        { endpoint: 'good', error: null, countsAgainst: false, bytes: { in: 5, out: 5 } },
      ],
    })
    // And it is remembered.
    expect(front.pool.endpoints.map(({ name, available }) => [name, available])).toEqual([
      ['bad', false],
      ['good', true],
    ])
  })

  it('H-082 does not go on when an endpoint that has taken the connection resets it', async () => {
    await using bad = await far((socket) => void socket.once('data', () => socket.resetAndDestroy()))
    await using good = await far()
    await using front = await balancerOver([tcp(bad, 'bad'), tcp(good, 'good')])
    expect((await raw(front.port, 'hello')).ended).toBe('reset')
    expect(good.sockets.length).toBe(0)
    expect(await front.atRest()).toMatchObject({
      error: { code: 'ERR_EDGE_UPSTREAM_RESET' },
      termination: { who: 'upstream', phase: 'data' },
      // A client could bring it about with a few odd bytes.
      attempts: [{ endpoint: 'bad', countsAgainst: false }],
    })
  })

  it('H-082 gives up after maxConnectAttempts, and when no endpoint is left', async () => {
    await using one = await faultyUpstream('refuse')
    await using two = await faultyUpstream('refuse')
    await using three = await faultyUpstream('refuse')
    const endpoints = [tcp(one, 'one'), tcp(two, 'two'), tcp(three, 'three')]
    await using twice = await balancerOver(endpoints, { maxConnectAttempts: 2 })
    expect((await raw(twice.port, 'x')).ended).not.toBe('open')
    expect((await twice.atRest()).attempts.map(({ endpoint }) => endpoint)).toEqual(['one', 'two'])
    await using often = await balancerOver(endpoints, { maxConnectAttempts: 9 })
    await raw(often.port, 'x')
    expect(await often.atRest()).toMatchObject({
      error: { code: 'ERR_EDGE_CONNECT' },
      termination: { who: 'upstream', phase: 'connect' },
      attempts: [{ endpoint: 'one' }, { endpoint: 'two' }, { endpoint: 'three' }],
    })
  })

  it('does not speak to an http: endpoint that joined later, nor look for another', async () => {
    await using good = await far()
    await using front = await balancerOver([tcp(good, 'good')])
    front.pool.add({ url: `http://127.0.0.1:${good.port}`, name: 'web' })
    front.pool.setWeight('good', 0)
    expect((await raw(front.port, 'x')).ended).not.toBe('open')
    expect(await front.atRest()).toMatchObject({
      error: { code: 'ERR_EDGE_OPTION', message: expect.stringContaining('tcp://host:port') },
      attempts: [{ endpoint: 'web', countsAgainst: false }],
    })
    expect([good.sockets.length, front.pool.endpoints[1]!.available]).toEqual([0, true])
  })

  it('stops when the client leaves while it connects', async () => {
    await using bad = await faultyUpstream('blackhole')
    await using front = await balancerOver([tcp(bad, 'bad')], { connectTimeoutMs: 60_000 })
    await using client = await rawOpen(front.port)
    await eventually(() => front.pool.endpoints[0]!.inFlight === 1)
    client.reset()
    expect(await front.atRest()).toMatchObject({
      error: { code: 'ERR_EDGE_CLIENT_CLOSED' },
      termination: { who: 'client', phase: 'connect' },
      attempts: [{ countsAgainst: false }],
    })
  })
})

describe('H-082 a reset', () => {
  it('H-082 of the upstream is a reset for the client', async () => {
    await using upstream = await far((socket) => socket.on('data', () => socket.write('part')))
    await using front = await balancerOver([upstream.url])
    await using client = await rawOpen(front.port)
    await client.write('x')
    await client.waitFor('part')
    upstream.sockets[0]!.resetAndDestroy()
    expect(await client.closed).toBe('reset')
    expect((await front.atRest()).termination).toEqual({ who: 'upstream', phase: 'data' })
  })

  it('H-082 of the client is a reset for the upstream', async () => {
    await using upstream = await far((socket) => socket.on('data', () => socket.write('part')))
    await using front = await balancerOver([upstream.url])
    await using client = await rawOpen(front.port)
    await client.write('x')
    await client.waitFor('part')
    const errors: string[] = []
    upstream.sockets[0]!.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code!))
    client.reset()
    await eventually(() => upstream.sockets[0]!.closed)
    expect(errors).toEqual(['ECONNRESET'])
    expect(await front.atRest()).toMatchObject({
      error: { code: 'ERR_EDGE_CLIENT_CLOSED' },
      termination: { who: 'client', phase: 'data' },
      attempts: [{ countsAgainst: false, bytes: { in: 4, out: 1 } }],
    })
  })

  it('H-082 after a half-close, too', async () => {
    await using upstream = await far((socket) => socket.on('end', () => socket.resetAndDestroy()).resume())
    await using front = await balancerOver([upstream.url])
    await using client = await rawOpen(front.port, { halfOpen: true })
    client.end()
    expect(await client.closed).toBe('reset')
    await front.atRest()
  })
})

describe('the pool', () => {
  it('counts open connections: leastConnections() and maxConnections go by them, the surplus waits in the queue', async () => {
    await using one = await far()
    await using two = await far()
    await using front = await balancerOver(
      [tcp(one, 'one'), tcp(two, 'two')],
      {},
      { balancer: leastConnections(), maxConnections: 1, queue: { limit: 1, timeoutMs: 5_000 } },
    )
    await using first = await rawOpen(front.port)
    await using second = await rawOpen(front.port)
    await eventually(() => one.sockets.length === 1 && two.sockets.length === 1)
    await using third = await rawOpen(front.port)
    await third.write('waits')
    await eventually(() => front.pool.queued === 1)
    // The queue is full.
    expect((await raw(front.port, '')).ended).not.toBe('open')
    expect(front.outcomes.at(-1)).toMatchObject({
      error: { code: 'ERR_EDGE_QUEUE_FULL' },
      termination: { who: 'edge', phase: 'queue' },
    })
    expect(front.pool.endpoints.map(({ inFlight }) => inFlight)).toEqual([1, 1])
    first.end()
    await third.waitFor('waits')
    expect(one.sockets.length).toBe(2)
    second.end()
    third.end()
    await front.atRest()
  })

  it('that is empty, or whose balancer throws, costs the connection only', async () => {
    await using empty = await balancerOver([])
    expect((await raw(empty.port, 'x')).ended).not.toBe('open')
    expect((await empty.atRest()).error?.code).toBe('ERR_EDGE_NO_ENDPOINT')
    const broken = new Error('broken')
    await using front = await balancerOver(
      ['tcp://127.0.0.1:9'],
      {},
      {
        balancer: {
          name: 'broken',
          rebuild() {},
          pick() {
            throw broken
          },
        },
      },
    )
    const faults: unknown[] = []
    front.events.on('fault', ({ error }) => faults.push(error))
    expect((await raw(front.port, 'x')).ended).not.toBe('open')
    expect((await front.atRest()).error).toMatchObject({ code: 'ERR_EDGE_BAD_VALUE', cause: broken })
    expect(faults).toEqual([broken])
  })
})
