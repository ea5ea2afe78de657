import { reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, type Sink, sink } from '../support/index.js'
import { rawOpen } from '../support/raw-open.js'
import { afterReplies } from '../support/replies.js'
import { closed, nextMessage, wsConnect, wsEcho } from '../support/websocket.js'
import { ask } from './client.js'
import { gatewayOver, transports } from './front.js'

/** An upstream that answers when told. */
async function held(): Promise<Sink & { open(): void }> {
  const gate = Promise.withResolvers<void>()
  const far = await sink(['waitBody', () => gate.promise, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone'])
  return Object.assign(far, { open: () => gate.resolve() })
}

describe.each(transports)('closing a gateway over %s', (_name, make) => {
  it('H-113 loses none of 200 requests in flight, refuses what is new, and is done when they are', async () => {
    await using far = await held()
    await using front = await gatewayOver(make(), [far.url])
    const asked = Array.from({ length: 200 }, () => ask(front.port, '/', { headers: { connection: 'keep-alive' } }))
    await far.waitForRequests(200)
    let done = false
    const closing = front.gateway.close({ graceMs: 10_000 }).then(() => {
      done = true
    })
    const refused = await ask(front.port)
    expect([refused.status, refused.headers['retry-after'], done]).toEqual([503, '1', false])
    far.open()
    const replies = await Promise.all(asked)
    expect(replies.filter(({ status, body }) => status === 200 && body === 'done')).toHaveLength(200)
    // So that its connection is not used again.
    expect(replies.filter(({ headers }) => headers.connection === 'close')).toHaveLength(200)
    await closing
    await front.atRest()
  })

  it('H-113 closes a kept connection behind the 503 that it gets while closing', async () => {
    await using far = await held()
    await using front = await gatewayOver(make(), [far.url])
    await using idle = await rawOpen(front.port)
    const asked = ask(front.port)
    await far.waitForRequests(1)
    const closing = front.gateway.close()
    await idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await idle.waitFor(afterReplies(1))
    expect(idle.text).toMatch(/^HTTP\/1\.1 503 [\s\S]*\r\nconnection: close\r\n/i)
    expect(await idle.closed).toBe('closed')
    far.open()
    await asked
    await closing
  })

  it('H-113 cuts what is not done when the grace is over', async () => {
    await using far = await held()
    await using front = await gatewayOver(make(), [far.url])
    const asked = Promise.all(Array.from({ length: 20 }, () => ask(front.port)))
    await far.waitForRequests(20)
    await front.gateway.close({ graceMs: 50 })
    expect((await asked).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 503))
    await eventually(() => far.openConnections() === 0)
  })

  it('H-113 cuts at once when closed a second time, and both calls end together', async () => {
    await using far = await held()
    await using front = await gatewayOver(make(), [far.url])
    const asked = ask(front.port)
    await far.waitForRequests(1)
    const first = front.gateway.close({ graceMs: 60_000 })
    await Promise.all([first, front.gateway.close()])
    expect((await asked).status).toBe(503)
  })

  it('H-113 breaks a reply that is under way when the grace is over: it never looks whole', async () => {
    await using far = await sink([
      'waitBody',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
      'stall',
    ])
    await using front = await gatewayOver(make(), [far.url])
    await using client = await rawOpen(front.port)
    await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.waitFor('hello')
    await front.gateway.close({ graceMs: 20 })
    await client.closed
    expect(client.text).not.toMatch(/\r\n0\r\n\r\n$/)
  })

  it('H-113 tells WebSockets at once, takes no new ones, and does not wait for those that do not go', async () => {
    await using echo = await wsEcho()
    await using front = await gatewayOver(make(), [echo.url.replace('ws:', 'http:')])
    const sockets = await Promise.all(Array.from({ length: 5 }, () => wsConnect(`ws://127.0.0.1:${front.port}/`)))
    for (const socket of sockets) socket.send('hi')
    await Promise.all(sockets.map((socket) => nextMessage(socket)))
    const ends = Promise.all(sockets.map(closed))
    const started = performance.now()
    const closing = front.gateway.close({ graceMs: 10_000 })
    await expect(wsConnect(`ws://127.0.0.1:${front.port}/`)).rejects.toMatchObject({ status: 503 })
    expect(await ends).toHaveLength(5)
    await closing
    expect(performance.now() - started).toBeLessThan(3_000)
    await eventually(() => echo.sockets.size === 0)
  })

  it('H-113 closes in spite of a client that reads nothing of its reply', async () => {
    await using far = await sink([
      'waitBody',
      `HTTP/1.1 200 OK\r\nContent-Length: ${64 << 20}\r\n\r\n`,
      Buffer.alloc(64 << 20),
    ])
    await using front = await gatewayOver(make(), [far.url])
    await using client = await rawOpen(front.port)
    client.pause()
    await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => front.endpoint(0).inFlight === 1)
    await front.gateway.close({ graceMs: 20 })
    await front.atRest()
  })
})

describe('closing a gateway', () => {
  it.each([
    ['a handler that never answers', () => new Promise<never>(() => {})],
    ['bytes that a client does not read', async () => reply(200, Buffer.alloc(64 << 20))],
  ])('H-113 does not hang on %s', async (_what, handler) => {
    await using front = await gatewayOver(transports[0]![1](), [], { gateway: { routes: [{ path: '/**', handler }] } })
    await using client = await rawOpen(front.port)
    client.pause()
    await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => front.gateway.traffic.requests === 1)
    await front.gateway.close({ graceMs: 20 })
    expect(front.gateway.traffic.requests).toBe(0)
  })

  it('H-113 is done at once when nothing is under way, however often it is asked', async () => {
    await using front = await gatewayOver(transports[0]![1](), [])
    const changes: string[] = []
    front.hub.on('gateway', ({ change }) => changes.push(change))
    await Promise.all([front.gateway.close(), front.gateway.close(), front.gateway[Symbol.asyncDispose]()])
    expect(changes).toEqual(['closing', 'closed'])
  })
})
