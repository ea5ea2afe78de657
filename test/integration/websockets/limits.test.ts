import type { Duplex } from 'node:stream'
import type { EdgeEvents, Outcome } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { closed, eventually, nextMessage, sink, wsConnect, wsEcho } from '../../support/index.js'
import { wsFront } from '../../upgrade/ws-front.js'
import { ask } from '../client.js'
import { rawFar } from './far.js'

describe('maxTunnels', () => {
  it('H-079 fills endpoints up, then answers 503 with Retry-After at once, while requests still get through', async () => {
    await using a = await rawFar()
    await using b = await rawFar()
    await using front = await wsFront([a.url, b.url], { pool: { maxTunnels: 2 } })
    const sockets = await Promise.all(Array.from({ length: 4 }, () => wsConnect(front.url)))
    const answersFin = (upstream: Duplex): unknown => upstream.resume().on('end', () => upstream.end())
    for (const far of [a, b, a, b]) answersFin(await far.next())
    expect(front.pool.snapshot().endpoints.map(({ tunnels }) => [tunnels.open, tunnels.limit])).toEqual([
      [2, 2],
      [2, 2],
    ])
    const started = performance.now()
    await expect(wsConnect(front.url)).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    expect(performance.now() - started).toBeLessThan(1_000)
    expect((await ask(front.port)).status).toBe(200)
    sockets[0]!.terminate()
    await eventually(() => front.pool.endpoints.some(({ upgrades }) => upgrades < 2))
    sockets.push(await wsConnect(front.url))
    answersFin(await Promise.race([a.next(), b.next()]))
    for (const socket of sockets) socket.terminate()
    await eventually(() => front.pool.endpoints.every(({ upgrades, inFlight }) => upgrades === 0 && inFlight === 0))
  })

  it('H-079 counts handshakes under way, and gives the place of one that failed back', async () => {
    await using far = await sink(['waitBody', 'HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n'])
    await using front = await wsFront(far.url, { pool: { maxTunnels: 1 } })
    for (let at = 0; at < 3; at++) await expect(wsConnect(front.url)).rejects.toMatchObject({ status: 403 })
    expect(front.pool.endpoints[0]!.upgrades).toBe(0)
  })
})

describe('handshakeTimeoutMs', () => {
  it('H-079 is the limit of a handshake, and firstByteTimeoutMs that of a request', async () => {
    await using far = await sink(['stall'])
    const forward = { handshakeTimeoutMs: 60, firstByteTimeoutMs: 5_000 }
    await using front = await wsFront(far.url, { forward })
    const started = performance.now()
    await expect(wsConnect(front.url)).rejects.toMatchObject({ status: 504 })
    expect(performance.now() - started).toBeLessThan(2_000)
    await using other = await wsFront(far.url, { forward: { handshakeTimeoutMs: 0, firstByteTimeoutMs: 60 } })
    expect((await ask(other.port)).status).toBe(504)
  })

  it('H-076 totalTimeoutMs limits the handshake, and not the WebSocket behind it', async () => {
    await using far = await wsEcho()
    await using front = await wsFront(far.url, { forward: { totalTimeoutMs: 100 } })
    const socket = await wsConnect(front.url)
    await new Promise((resolve) => setTimeout(resolve, 200))
    socket.send('still here')
    expect(await nextMessage(socket)).toBe('still here')
    socket.terminate()
    await using stalled = await sink(['stall'])
    await using slow = await wsFront(stalled.url, { forward: { totalTimeoutMs: 60 } })
    await expect(wsConnect(slow.url)).rejects.toMatchObject({ status: 504 })
  })

  it.each(['handshakeTimeoutMs', 'tunnelIdleTimeoutMs'])('is checked: %s', async (name) => {
    await expect(wsFront('http://127.0.0.1:9', { forward: { [name]: -1 } })).rejects.toThrow(name)
  })
})

describe('what is told of a WebSocket', () => {
  it('H-076 is in the tunnel event, the outcome, the endpoint’s snapshot and the gateway’s totals', async () => {
    await using far = await wsEcho()
    await using front = await wsFront(far.url)
    const told: EdgeEvents['tunnel'][] = []
    const outcomes: Outcome[] = []
    front.gateway.events.on('tunnel', (event) => told.push(event))
    front.gateway.events.on('exchange', ({ outcome }) => outcomes.push(outcome))
    const socket = await wsConnect(front.url)
    socket.send('hello')
    expect(await nextMessage(socket)).toBe('hello')
    const live = front.pool.snapshot().endpoints[0]!
    expect(live.tunnels).toMatchObject({ open: 1, opened: 1, messages: { in: 1, out: 1 }, closeCodes: {}, limit: null })
    socket.close(4000, 'bye')
    await closed(socket)
    await eventually(() => outcomes.length === 1)
    // Masked: 6 bytes of head and key, and 4 without a key.
    const summary = {
      ...{ closeCode: 4000, closedBy: 'client' },
      messages: { in: 1, out: 1 },
      frames: { in: 2, out: 2 },
      bytes: { in: 6 + 5 + 6 + 5, out: 2 + 5 + 2 + 5 },
    }
    expect(told.map(({ change, summary: each }) => [change, each])).toEqual([
      ['opened', null],
      ['closed', summary],
    ])
    expect(outcomes[0]).toMatchObject({
      status: 101,
      tunnel: summary,
      bytes: summary.bytes,
      termination: { who: null, phase: 'done' },
    })
    const { closedBy: _, closeCode: __, ...counts } = summary
    const totals = { open: 0, opened: 1, ...counts, closeCodes: { '4xxx': 1 } }
    expect(front.gateway.traffic.tunnelTotals).toEqual(totals)
    const { tunnels } = front.pool.snapshot().endpoints[0]!
    expect(tunnels).toEqual({ ...totals, limit: null })
    expect(JSON.parse(JSON.stringify(tunnels))).toEqual(tunnels)
  })

  it.each(['client', 'upstream'] as const)('H-075 is who broke it off: the %s', async (who) => {
    await using far = await rawFar()
    await using front = await wsFront(far.url)
    const outcomes: Outcome[] = []
    front.gateway.events.on('exchange', ({ outcome }) => outcomes.push(outcome))
    const socket = await wsConnect(front.url)
    const upstream = await far.next()
    upstream.resume().on('end', () => upstream.end())
    if (who === 'client') socket.terminate()
    else upstream.destroy()
    await eventually(() => outcomes.length === 1)
    expect(outcomes[0]).toMatchObject({
      tunnel: { closeCode: 1006, closedBy: who },
      termination: { who, phase: 'data' },
    })
  })

  it('has nothing of an ordinary exchange', async () => {
    await using far = await sink()
    await using front = await wsFront(far.url)
    const outcomes: Outcome[] = []
    front.gateway.events.on('exchange', ({ outcome }) => outcomes.push(outcome))
    await ask(front.port)
    await eventually(() => outcomes.length === 1)
    expect(outcomes[0]!.tunnel).toBe(null)
    expect(front.gateway.traffic.tunnelTotals.opened).toBe(0)
  })
})
