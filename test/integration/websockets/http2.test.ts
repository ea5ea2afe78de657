import { describe, expect, it } from 'vitest'
import { closed, eventually, h2Client, h2WebSocket, wsEcho } from '../../support/index.js'
import { http2Front } from '../http2/front.js'

describe('WebSockets over HTTP/2 (RFC 8441)', () => {
  it('H-080 H-113 see 1001 at both ends when the gateway closes', async () => {
    const ends: number[] = []
    await using far = await wsEcho({ onConnection: (socket) => socket.on('close', (code) => ends.push(code)) })
    await using front = await http2Front(far.url.replace('ws', 'http'))
    await using client = h2Client(front.port)
    const sockets = await Promise.all([1, 2, 3].map((room) => h2WebSocket(client.session, `/chat?room=${room}`)))
    const seen = Promise.all(sockets.map(closed))
    await front.gateway.close({ graceMs: 5_000 })
    expect(await seen).toEqual(sockets.map(() => ({ code: 1001, reason: 'drain' })))
    await eventually(() => ends.length === 3)
    expect(ends).toEqual([1001, 1001, 1001])
    expect(front.gateway.traffic.tunnelTotals.closeCodes).toEqual({ 1001: 3 })
  })

  it('H-076 pass close codes both ways', async () => {
    const ends: number[] = []
    await using far = await wsEcho({ onConnection: (socket) => socket.on('close', (code) => ends.push(code)) })
    await using front = await http2Front(far.url.replace('ws', 'http'))
    await using client = h2Client(front.port)
    const [one, two] = [await h2WebSocket(client.session, '/'), await h2WebSocket(client.session, '/')]
    const seen = Promise.all([closed(one), closed(two)])
    one.close(4000, 'bye')
    await eventually(() => ends.length === 1)
    for (const socket of far.sockets) socket.close(4001, 'and you')
    expect(await seen).toEqual([
      { code: 4000, reason: 'bye' },
      { code: 4001, reason: 'and you' },
    ])
    await front.atRest()
  })

  it('H-075 are over at once when the client resets its stream, even where it has read nothing', async () => {
    const PART = Buffer.alloc(1 << 20)
    await using far = await wsEcho({
      onConnection: (socket) => {
        for (let at = 0; at < 8; at++) socket.send(PART)
      },
    })
    await using front = await http2Front(far.url.replace('ws', 'http'))
    await using client = h2Client(front.port)
    const socket = await h2WebSocket(client.session, '/')
    socket.pause()
    await eventually(() => front.gateway.traffic.tunnelTotals.bytes.out > 0)
    const started = performance.now()
    socket.terminate()
    await front.atRest()
    expect(performance.now() - started).toBeLessThan(1_500)
  })
})
