import { maintenance, redirect, replyHeaders, rewriteLocation, rewritePath, trailingSlash } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, nextMessage, parseReplies, raw, sink, wsConnect, wsEcho } from '../../support/index.js'
import { wsFront } from '../../upgrade/ws-front.js'

const HANDSHAKE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

const shake = async (port: number, target = '/ws/room/') => {
  const { text } = await raw(port, `GET ${target} HTTP/1.1\r\nHost: a.test\r\n${HANDSHAKE}\r\n`, {
    until: (got) => got.includes('\r\n\r\n'),
  })
  return parseReplies(text)[0]!
}

describe('upgrades', () => {
  it('go to the rewritten path, and their 101 carries the rules’ fields once', async () => {
    await using far = await wsEcho()
    const filters = [
      rewritePath({ strip: '/ws', add: '/sockets' }),
      replyHeaders({ set: { 'x-edge': '{path}' }, append: { 'set-cookie': ['a=1', 'b=2'] } }),
    ]
    await using front = await wsFront(far.url, { filters })
    const answer = await shake(front.port, '/ws/room')
    expect([answer.status, answer.header('x-edge')]).toEqual([101, '/ws/room'])
    expect(answer.headers.filter(([name]) => name.toLowerCase() === 'set-cookie')).toHaveLength(2)
    expect(far.requests[0]!.url).toBe('/sockets/room')
  })

  it('H-023 a rule can’t make the 101 of an upgrade two', async () => {
    await using far = await wsEcho()
    const filters = [replyHeaders({ set: { 'x-edge': () => 'a\r\n\r\nHTTP/1.1 200 OK' } })]
    await using front = await wsFront(far.url, { filters })
    expect((await shake(front.port)).status).toBe(500)
    await eventually(() => front.pool.endpoints[0]!.inFlight === 0)
  })

  it('are sent on by a redirect as a request is, with the connection closed', async () => {
    await using front = await wsFront('ws://127.0.0.1:1', {
      route: { handler: redirect({ to: 'https://b.test{path}' }) },
    })
    const answer = await shake(front.port)
    expect([answer.status, answer.header('location'), answer.header('connection')]).toEqual([
      302,
      'https://b.test/ws/room/',
      'close',
    ])
  })

  it('keep a trailing slash: clients of WebSockets follow no redirects', async () => {
    await using far = await wsEcho()
    await using front = await wsFront(far.url, { filters: [trailingSlash({ mode: 'remove' })] })
    expect((await shake(front.port)).status).toBe(101)
  })

  it('a refused one is answered with the Location of a client', async () => {
    await using far = await sink([
      'HTTP/1.1 302 Found\r\nLocation: /v1/login\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
      'end',
    ])
    await using front = await wsFront(`${far.url}/v1`, { filters: [rewriteLocation()], base: '/api' })
    expect((await shake(front.port, '/api/ws')).header('location')).toBe('/api/login')
  })

  it('that are open when maintenance begins go on; new ones are denied', async () => {
    await using far = await wsEcho()
    const upkeep = maintenance()
    await using front = await wsFront(far.url, { filters: [upkeep] })
    const socket = await wsConnect(front.url)
    upkeep.begin()
    expect((await shake(front.port)).status).toBe(503)
    socket.send('still here')
    expect(await nextMessage(socket)).toBe('still here')
    socket.terminate()
  })
})
