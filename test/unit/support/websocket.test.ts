import { describe, expect, it } from 'vitest'
import { certificates } from '../../support/certificates.js'
import { status, upstream } from '../../support/index.js'
import { closed, nextMessage, UpgradeDenied, wsConnect, wsEcho } from '../../support/websocket.js'

describe('websocket', () => {
  it('echoes text and bytes', async () => {
    await using far = await wsEcho({ name: 'one' })
    const socket = await wsConnect(`${far.url}/chat`, { protocols: ['a'] })
    socket.send('text')
    socket.send(Buffer.of(1, 2))
    expect(await nextMessage(socket)).toBe('text')
    expect(await nextMessage(socket)).toEqual(Buffer.of(1, 2))
    expect(far.requests[0]?.url).toBe('/chat')
    expect(far.sockets.size).toBe(1)
    await expect(nextMessage(socket, 10)).rejects.toThrow('none within 10 ms')
    socket.close(4_001, 'bye')
    expect(await closed(socket)).toEqual({ code: 4_001, reason: 'bye' })
    expect(await closed(socket)).toEqual({ code: 4_001, reason: 'bye' })
    await expect(nextMessage(socket)).rejects.toThrow('closed with 4001')
  })

  it('keeps messages that come with the handshake, over TLS too', async () => {
    const { ca, ...tls } = certificates()
    await using far = await wsEcho({ tls, onConnection: (socket) => socket.send('first') })
    const socket = await wsConnect(far.url, { ca })
    expect(await nextMessage(socket)).toBe('first')
    await far.close()
    expect(await closed(socket)).toMatchObject({ code: 1_006 })
  })

  it('tells how an upgrade was denied', async () => {
    await using far = await upstream(status(403, 'not you'))
    const denied = await wsConnect(`ws://127.0.0.1:${far.port}`).catch((error: unknown) => error)
    expect(denied).toBeInstanceOf(UpgradeDenied)
    expect(denied).toMatchObject({ status: 403, body: 'not you', headers: { 'content-type': 'text/plain' } })
  })

  it('rejects with the error of the socket', async () => {
    const far = await upstream()
    await far.stop()
    await expect(wsConnect(`ws://127.0.0.1:${far.port}`)).rejects.toThrow('ECONNREFUSED')
  })
})
