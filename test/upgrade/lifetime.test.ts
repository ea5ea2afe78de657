import type { Socket } from 'node:net'
import type { Filter, Outcome } from 'edgewise'
import { describe, expect, it } from 'vitest'
import {
  blackhole,
  closed,
  drained,
  eventually,
  faultyUpstream,
  nextMessage,
  parseReplies,
  raw,
  rawOpen,
  sink,
  type WsEcho,
  wsConnect,
  wsEcho,
} from '../support/index.js'
import { handshake, switchAndHold, switching, type WsFront, wsFront } from './ws-front.js'

const idle = (front: WsFront): Promise<unknown> =>
  eventually(
    () =>
      front.pool.endpoints[0]!.inFlight === 0 &&
      front.gateway.traffic.tunnels === 0 &&
      front.gateway.traffic.requests === 0,
  )

async function openTunnel(front: WsFront, halfOpen = false) {
  const client = await rawOpen(front.port, { halfOpen })
  await client.write(handshake())
  await client.waitFor('\r\n\r\n')
  return client
}

describe('a side that dies', () => {
  it('H-075 a client that resets while the upstream is connected to takes the attempt with it', async () => {
    await using far = await blackhole()
    await using front = await wsFront(`http://127.0.0.1:${far.port}`)
    const client = await rawOpen(front.port)
    await client.write(handshake())
    await eventually(() => front.pool.endpoints[0]!.inFlight === 1)
    client.reset()
    await idle(front)
  })

  it('H-075 a client that resets in the same breath as it asks does no harm', async () => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url)
    for (let round = 0; round < 20; round++) {
      const client = await rawOpen(front.port)
      client.socket.write(handshake())
      client.reset()
    }
    await idle(front)
    await eventually(() => far.openConnections() === 0)
  })

  it('H-075 a client that resets before the 101 closes the upstream’s connection', async () => {
    await using far = await faultyUpstream('stall')
    await using front = await wsFront(far.url)
    const client = await rawOpen(front.port)
    await client.write(handshake())
    await far.sink!.waitForRequests(1)
    client.reset()
    await far.sink!.connections[0]!.gone
    await idle(front)
  })

  it('H-075 a client that resets after the 101 closes the upstream’s connection', async () => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url)
    const client = await openTunnel(front)
    client.reset()
    await far.connections[0]!.gone
    await idle(front)
  })

  it('H-075 an upstream that resets before the 101 is a 502', async () => {
    await using far = await faultyUpstream('reset-at', { at: 0 })
    await using front = await wsFront(far.url)
    const { text } = await raw(front.port, handshake(), { hold: Infinity })
    expect(parseReplies(text, { closed: true })[0]!.status).toBe(502)
    await idle(front)
  })

  it('H-075 an upstream that resets within the 101 is a 502', async () => {
    await using far = await faultyUpstream('reset-at', { reply: switching(), at: 40 })
    await using front = await wsFront(far.url)
    const { text } = await raw(front.port, handshake(), { hold: Infinity })
    expect(parseReplies(text, { closed: true })[0]!.status).toBe(502)
    await idle(front)
  })

  it('H-075 an upstream that resets after the 101 takes the client with it, whatever the client is sending', async () => {
    await using far = await sink([switching(), 20, 'reset'])
    await using front = await wsFront(far.url)
    const client = await openTunnel(front)
    const writes = setInterval(() => client.socket.write(Buffer.alloc(65_536)), 1)
    await client.closed
    clearInterval(writes)
    client.destroy()
    await idle(front)
  })

  it('H-075 the listener for errors is on the client’s socket from the first tick', async () => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url)
    let counted = -1
    front.server.prependListener('upgrade', (_req, socket: Socket) => {
      const before = socket.listenerCount('error')
      queueMicrotask(() => {
        counted = socket.listenerCount('error') - before
      })
    })
    const client = await openTunnel(front)
    expect(counted).toBeGreaterThan(0)
    client.destroy()
    await idle(front)
  })
})

describe('a side that ends', () => {
  it('H-076 a FIN from the client reaches the upstream, whose last words still arrive', async () => {
    await using far = await sink([
      switching(),
      (connection) => new Promise((resolve) => connection.socket.once('end', resolve)),
      'last words',
      'end',
    ])
    await using front = await wsFront(far.url)
    const client = await openTunnel(front, true)
    await client.write('bye')
    client.end()
    await client.waitFor('last words')
    await client.closed
    expect(far.connections[0]!.text.endsWith('bye')).toBe(true)
    await idle(front)
  })

  it('H-076 a FIN from the upstream reaches the client behind all that was sent', async () => {
    const part = 'x'.repeat(1_000_000)
    await using far = await sink([switching(), part, 'end'])
    await using front = await wsFront(far.url)
    const client = await openTunnel(front)
    expect(await client.closed).toBe('closed')
    expect(client.text.split('\r\n\r\n')[1]).toHaveLength(part.length)
    await idle(front)
  })

  it('H-076 a side that does not answer a FIN is not waited for for ever', async () => {
    await using far = await sink([switching(), 'stall'], { halfOpen: true })
    await using front = await wsFront(far.url)
    const client = await openTunnel(front, true)
    client.end()
    expect(await client.closed).toBe('closed')
    await idle(front)
  })

  it.each([
    ['client', (socket: { close(code: number, reason: string): void }) => socket],
    ['upstream', (_socket: unknown, far: WsEcho) => [...far.sockets][0]!],
  ] as const)('H-076 close code and reason of the %s arrive at the other side', async (who, closer) => {
    const seen = Promise.withResolvers<readonly [number, string]>()
    await using far = await wsEcho({
      onConnection: (socket) => socket.on('close', (code, reason) => seen.resolve([code, reason.toString()])),
    })
    await using front = await wsFront(far.url)
    const socket = await wsConnect(front.url)
    closer(socket, far).close(4001, 'moving on')
    if (who === 'client') expect(await seen.promise).toEqual([4001, 'moving on'])
    else expect(await closed(socket)).toEqual({ code: 4001, reason: 'moving on' })
    await idle(front)
  })

  it('H-076 ping and pong pass both ways', async () => {
    await using far = await wsEcho()
    await using front = await wsFront(far.url)
    const socket = await wsConnect(front.url)
    const pong = new Promise((resolve) => socket.once('pong', (data) => resolve(data.toString())))
    socket.ping('are you there')
    expect(await pong).toBe('are you there')
    socket.terminate()
  })
})

describe('a tunnel in which nothing moves', () => {
  it('H-076 ends after tunnelIdleTimeoutMs, on both sides', async () => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url, { forward: { tunnelIdleTimeoutMs: 60 } })
    const client = await openTunnel(front)
    await Promise.all([client.closed, far.connections[0]!.gone])
    await idle(front)
  })

  it.each(['client', 'upstream'] as const)('H-076 lives on while only the %s talks', async (who) => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url, { forward: { tunnelIdleTimeoutMs: 200 } })
    const client = await openTunnel(front)
    for (let said = 0; said < 10; said++) {
      await (who === 'client' ? client.write('x') : far.connections[0]!.write('x'))
      await new Promise((resolve) => setTimeout(resolve, 40))
    }
    expect([client.ended, far.openConnections()]).toEqual(['open', 1])
    await client.closed
  })

  it('H-076 lives on without a limit, past the limits of a request', async () => {
    await using far = await sink(switchAndHold)
    const forward = { tunnelIdleTimeoutMs: 0, firstByteTimeoutMs: 40, idleTimeoutMs: 40, connectTimeoutMs: 40 }
    await using front = await wsFront(far.url, { forward })
    const client = await openTunnel(front)
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect([client.ended, far.openConnections()]).toEqual(['open', 1])
    client.destroy()
    await idle(front)
  })
})

describe('gateway.close', () => {
  it('H-080 ends live WebSockets, and resolves as soon as they are gone', async () => {
    await using far = await wsEcho()
    await using front = await wsFront(far.url)
    const sockets = await Promise.all(Array.from({ length: 5 }, () => wsConnect(front.url)))
    const started = performance.now()
    await front.gateway.close({ graceMs: 10_000 })
    expect(performance.now() - started).toBeLessThan(3_000)
    await Promise.all(sockets.map(closed))
    expect([front.gateway.traffic.tunnels, front.pool.endpoints[0]!.inFlight]).toEqual([0, 0])
    await eventually(() => far.sockets.size === 0)
  })

  it('H-080 cuts those that ignore it at its deadline', async () => {
    await using far = await sink([switching(), 'stall'], { halfOpen: true })
    await using front = await wsFront(far.url)
    await using client = await openTunnel(front, true)
    const started = performance.now()
    await front.gateway.close({ graceMs: 100 })
    expect(performance.now() - started).toBeLessThan(1_000)
    await client.closed
    await idle(front)
  })

  it('H-080 answers handshakes that come after it with 503, and those under way at its deadline', async () => {
    await using far = await faultyUpstream('stall')
    await using front = await wsFront(far.url)
    const pending = raw(front.port, handshake(), { hold: Infinity })
    await far.sink!.waitForRequests(1)
    const closing = front.gateway.close({ graceMs: 150 })
    const late = await raw(front.port, handshake(), { hold: Infinity })
    await closing
    for (const { text } of [late, await pending]) expect(parseReplies(text, { closed: true })[0]!.status).toBe(503)
    await eventually(() => far.sink!.openConnections() === 0)
  })

  it('H-080 closeAllConnections leaves tunnels alone, so that the gateway is who ends them', async () => {
    await using far = await wsEcho()
    await using front = await wsFront(far.url)
    const socket = await wsConnect(front.url)
    front.server.closeAllConnections()
    socket.send('still here')
    expect(await nextMessage(socket)).toBe('still here')
    await front.gateway.close({ graceMs: 100 })
    await closed(socket)
  })
})

describe('what is told of a tunnel', () => {
  it('settles once, when both sides have closed, with the bytes of both directions', async () => {
    await using far = await sink([switching(), 'hello', 'stall'])
    await using front = await wsFront(far.url)
    const outcomes: Outcome[] = []
    front.gateway.events.on('exchange', ({ outcome }) => outcomes.push(outcome))
    const client = await openTunnel(front)
    await client.waitFor('hello')
    await client.write('abc')
    await eventually(() => far.connections[0]!.text.endsWith('abc'))
    expect(outcomes).toEqual([])
    client.end()
    await idle(front)
    expect(outcomes).toHaveLength(1)
    expect(outcomes[0]).toMatchObject({ status: 101, bytes: { in: 3, out: 5 }, termination: { phase: 'done' } })
  })

  it.each(['reset', 'end'] as const)(
    'H-075 closes the client when the upstream has gone (%s) while a filter thought about its 101',
    async (how) => {
      await using far = await sink([switching(), how])
      const gone: Filter = async (exchange, next) => {
        const reply = await next(exchange)
        // Read to its end, it tells nobody of that again either.
        if (how === 'end') reply.tunnel?.socket.resume().end()
        await eventually(() => reply.tunnel?.socket.closed)
        return reply
      }
      await using front = await wsFront(far.url, { filters: [gone] })
      const client = await rawOpen(front.port)
      await client.write(handshake())
      await client.closed
      await idle(front)
    },
  )
})

describe('many tunnels', () => {
  it('H-075 five hundred that open and close leave no socket, timer, listener or lease behind', async () => {
    const nothing = drained({ timeoutMs: 5_000 })
    {
      await using far = await wsEcho()
      await using front = await wsFront(far.url)
      const cycle = async (at: number): Promise<void> => {
        const socket = await wsConnect(front.url)
        socket.send(`${at}`)
        expect(await nextMessage(socket)).toBe(`${at}`)
        if (at % 2 === 0) socket.close()
        else socket.terminate()
        await closed(socket)
      }
      await cycle(0)
      await idle(front)
      const asBefore = drained({ emitters: { server: front.server }, timeoutMs: 5_000 })
      for (let at = 0; at < 500; at += 25) await Promise.all(Array.from({ length: 25 }, (_, more) => cycle(at + more)))
      await idle(front)
      expect(far.requests).toHaveLength(501)
      await asBefore()
    }
    await nothing()
  }, 30_000)
})
