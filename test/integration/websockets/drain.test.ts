import type { Pool } from 'edgewise'
import { describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { closed, eventually, rawOpen, type WsEcho, wsConnect, wsEcho } from '../../support/index.js'
import { handshake, wsFront } from '../../upgrade/ws-front.js'
import { rawFar } from './far.js'

const SOCKETS = 100
const PAYLOAD = 'x'.repeat(500)

/** A WebSocket that never stops talking until it is closed, and what its ends have seen. */
interface Talker {
  readonly socket: WebSocket
  readonly end: Promise<{ readonly code: number; readonly reason: string }>
  sent: number
  readonly errors: readonly Error[]
}

async function talk(url: string): Promise<Talker> {
  const socket = await wsConnect(url)
  const errors: Error[] = []
  const talker = { socket, end: closed(socket), sent: 0, errors }
  socket.on('error', (error) => errors.push(error))
  const say = (): void => {
    if (socket.readyState !== socket.OPEN) return
    talker.sent++
    socket.send(`${talker.sent} ${PAYLOAD}`)
  }
  // Several are under way at any time.
  socket.on('message', say)
  for (let at = 0; at < 4; at++) say()
  return talker
}

/** An upstream that echoes, and knows the last number that each socket has said, and how each closed. */
async function listener(name: string) {
  const heard: number[] = []
  const ends: number[] = []
  const errors: Error[] = []
  const echo: WsEcho = await wsEcho({
    name,
    server: { perMessageDeflate: { threshold: 0 } },
    onConnection: (socket) => {
      let last = 0
      socket.on('error', (error) => errors.push(error))
      socket.on('message', (data) => {
        last = Number(String(data).split(' ')[0])
        socket.send(data)
      })
      socket.on('close', (code) => {
        heard.push(last)
        ends.push(code)
      })
    },
  })
  return Object.assign(echo, { heard, ends, errors })
}

const busy = (talkers: readonly Talker[]): Promise<unknown> =>
  eventually(() => talkers.every(({ sent }) => sent >= 20), { timeoutMs: 10_000 })

describe('a gateway that closes under traffic', () => {
  it('H-080 H-113 loses none of its WebSockets: both ends see 1001, no error, and all that clients have said arrives', async () => {
    await using far = await listener('far')
    await using front = await wsFront(far.url)
    const talkers = await Promise.all(Array.from({ length: SOCKETS }, () => talk(front.url)))
    await busy(talkers)
    await front.gateway.close({ graceMs: 10_000 })
    const ends = await Promise.all(talkers.map(({ end }) => end))
    expect(ends).toEqual(ends.map(() => ({ code: 1001, reason: 'drain' })))
    await eventually(() => far.ends.length === SOCKETS)
    expect(far.ends).toEqual(far.ends.map(() => 1001))
    expect([...far.errors, ...talkers.flatMap(({ errors }) => errors)]).toEqual([])
    const bySize = (a: number, b: number): number => a - b
    expect(far.heard.toSorted(bySize)).toEqual(talkers.map(({ sent }) => sent).toSorted(bySize))
    expect(front.gateway.traffic.tunnelTotals).toMatchObject({
      open: 0,
      opened: SOCKETS,
      closeCodes: { 1001: SOCKETS },
    })
  }, 30_000)

  it('H-080 H-113 tells both sides of those that it cuts at once', async () => {
    await using far = await listener('far')
    await using front = await wsFront(far.url)
    const talkers = await Promise.all(Array.from({ length: 20 }, () => talk(front.url)))
    await busy(talkers)
    for (const { socket } of talkers) socket.pause()
    await front.gateway.close({ graceMs: 0 })
    await eventually(() => far.ends.length === 20)
    expect(far.ends).toEqual(far.ends.map(() => 1001))
  }, 30_000)
})

describe('an endpoint that goes out of service under traffic', () => {
  it.each([
    ['drain', (pool: Pool, name: string) => pool.drain(name, { deadlineMs: 10_000 })],
    ['remove', (pool: Pool, name: string) => pool.remove(name, { deadlineMs: 10_000 })],
  ])(
    'H-080 H-113 (%s) loses none of its WebSockets, which find another place, and leaves the others alone',
    async (_how, leave) => {
      await using a = await listener('a')
      await using b = await listener('b')
      await using front = await wsFront([a.url, b.url])
      const talkers = await Promise.all(Array.from({ length: SOCKETS }, () => talk(front.url)))
      const again = talkers.map(({ end }) => end.then(({ code }) => (code === 1001 ? talk(front.url) : null)))
      await busy(talkers)
      expect([a.sockets.size, b.sockets.size]).toEqual([SOCKETS / 2, SOCKETS / 2])
      expect(await leave(front.pool, front.pool.endpoints[0]!.name)).toBe(true)
      await eventually(() => b.sockets.size === SOCKETS && a.ends.length === SOCKETS / 2)
      expect([a.sockets.size, a.ends, b.ends]).toEqual([0, Array(SOCKETS / 2).fill(1001), []])
      expect(a.errors).toEqual([])
      for (const { socket } of talkers) socket.terminate()
      await eventually(() => b.sockets.size === SOCKETS / 2)
      await front.close()
      const comeBack = (await Promise.all(again)).filter((talker) => talker !== null)
      expect(comeBack).toHaveLength(SOCKETS / 2)
      for (const { socket } of comeBack) socket.terminate()
    },
    30_000,
  )

  it('H-113 tells a WebSocket whose handshake was under way when the drain began', async () => {
    await using far = await wsEcho()
    await using front = await wsFront(far.url)
    const gate = Promise.withResolvers<void>()
    await using slow = await wsFront(front.url, {
      filters: [
        async (exchange, next) => {
          const reply = await next(exchange)
          await gate.promise
          return reply
        },
      ],
    })
    const connecting = wsConnect(slow.url)
    await eventually(() => far.requests.length === 1)
    const drained = slow.pool.drain(slow.pool.endpoints[0]!.name)
    gate.resolve()
    expect((await closed(await connecting)).code).toBe(1001)
    expect(await drained).toBe(true)
  })

  it('H-113 ends what ignores it at the deadline, if told to cut', async () => {
    await using far = await rawFar()
    await using front = await wsFront(far.url)
    await using client = await rawOpen(front.port, { halfOpen: true })
    await client.write(handshake())
    const upstream = await far.next()
    upstream.on('data', () => {})
    const started = performance.now()
    expect(await front.pool.drain(front.pool.endpoints[0]!.name, { deadlineMs: 100, cut: true })).toBe(false)
    await client.closed
    await eventually(() => front.pool.endpoints[0]!.inFlight === 0)
    expect(performance.now() - started).toBeLessThan(1_500)
  })

  it('H-113 takes tunnels that stay when it is ready again', async () => {
    await using far = await wsEcho()
    await using front = await wsFront(far.url)
    const { name } = front.pool.endpoints[0]!
    await front.pool.drain(name)
    front.pool.ready(name)
    const socket = await wsConnect(front.url)
    const message = new Promise((resolve) => socket.once('message', (data) => resolve(String(data))))
    socket.send('still here')
    expect(await message).toBe('still here')
    socket.terminate()
  })
})

describe('an upstream that dies', () => {
  it.each(['end', 'destroy'] as const)(
    'H-076 (%s) is an end without a close frame to the client: none is made up',
    async (how) => {
      await using far = await rawFar()
      await using front = await wsFront(far.url)
      const socket = await wsConnect(front.url)
      const upstream = await far.next()
      upstream[how]()
      expect(await closed(socket)).toEqual({ code: 1006, reason: '' })
      await eventually(() => front.gateway.traffic.tunnels === 0)
      expect(front.gateway.traffic.tunnelTotals.closeCodes).toEqual({ 1006: 1 })
    },
  )
})
