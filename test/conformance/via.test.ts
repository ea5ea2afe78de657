import { describe, expect, it } from 'vitest'
import { eventually, parseReplies, raw } from '../support/index.js'
import { ask, frontTo, pairOver, transports } from './forwarded-front.js'

const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

describe.each(transports)('Via, loops and Max-Forwards over %s', (_, transport) => {
  it('H-056 Via is added both ways, behind what is there', async () => {
    await using pair = await pairOver(transport(), { forward: { via: 'edge-1' } }, [
      'HTTP/1.1 200 OK\r\nVia: 1.1 far\r\nContent-Length: 0\r\n\r\n',
    ])
    const reply = await ask(pair.front.port, ['Via: 1.0 fred', 'Via: 1.1 near (a, comment)'])
    expect(pair.far.requests[0]!.header('via')).toBe('1.0 fred, 1.1 near (a, comment), 1.1 edge-1')
    expect(reply.header('via')).toBe('1.1 far, 1.1 edge-1')
  })

  it('H-056 without a pseudonym configured, a hop has one of its own', async () => {
    await using first = await pairOver(transport())
    await using second = await pairOver(transport())
    await ask(first.front.port)
    await ask(second.front.port)
    const [a, b] = [first, second].map(({ far }) => far.requests[0]!.header('via'))
    expect(a).toMatch(/^1\.1 edgewise-[0-9a-f]{8}$/)
    expect(b).not.toBe(a)
  })

  it('H-056 a proxy pointed at itself answers 508 after one round, also to a client that tries to erase Via', async () => {
    await using front = await frontTo([], transport())
    let hops = 0
    front.server.on('request', () => hops++)
    front.pool.add(`http://127.0.0.1:${front.port}`)
    expect((await ask(front.port)).status).toBe(508)
    expect(hops).toBe(2)
    expect((await ask(front.port, ['Connection: Via, keep-alive', 'Via: 1.1 me'])).status).toBe(508)
    expect(hops).toBe(4)
    await eventually(() => front.pool.endpoints[0]!.inFlight === 0)
  })

  it('H-056 two proxies pointed at each other answer 508 after one round', async () => {
    await using a = await frontTo([], transport())
    await using b = await frontTo([`http://127.0.0.1:${a.port}`], transport())
    a.pool.add(`http://127.0.0.1:${b.port}`)
    let hops = 0
    for (const { server } of [a, b]) server.on('request', () => hops++)
    expect((await ask(a.port)).status).toBe(508)
    expect(hops).toBe(3)
  })

  it('H-056 an upgrade that comes back is answered with 508, too', async () => {
    await using front = await frontTo([], transport())
    front.pool.add(`http://127.0.0.1:${front.port}`)
    let hops = 0
    front.server.on('upgrade', () => hops++)
    const { text } = await raw(front.port, `GET / HTTP/1.1\r\nHost: a\r\n${UPGRADE.join('\r\n')}\r\n\r\n`, {
      hold: Infinity,
    })
    expect(parseReplies(text, { closed: true })[0]!.status).toBe(508)
    expect(hops).toBe(2)
  })

  it('H-057 TRACE is a 405 and goes nowhere, cookie and all', async () => {
    await using pair = await pairOver(transport())
    const reply = await ask(pair.front.port, ['Cookie: secret=1'], 'TRACE /')
    expect(reply.status).toBe(405)
    expect(reply.header('allow')).toContain('GET')
    expect(reply.header('allow')).not.toContain('TRACE')
    expect(reply.body.toString()).not.toContain('secret')
    expect(pair.far.connections).toHaveLength(0)
  })

  it('H-057 TRACE is forwarded when configured', async () => {
    await using pair = await pairOver(transport(), { forward: { trace: true } })
    expect((await ask(pair.front.port, [], 'TRACE /')).status).toBe(200)
    expect(pair.far.requests[0]!.method).toBe('TRACE')
  })

  it.each(['OPTIONS /', 'TRACE /'])('H-057 %s that has no hops left is answered here', async (start) => {
    await using pair = await pairOver(transport(), { forward: { trace: true } })
    expect((await ask(pair.front.port, ['Max-Forwards: 0'], start)).status).toBe(200)
    expect(pair.far.connections).toHaveLength(0)
  })

  it.each([
    ['5', '4'],
    ['1', '0'],
    ['-1', '-1'],
    ['many', 'many'],
    ['1e3', '1e3'],
  ])('H-057 an OPTIONS with Max-Forwards %s goes on with %s', async (given, sent) => {
    await using pair = await pairOver(transport())
    expect((await ask(pair.front.port, [`Max-Forwards: ${given}`], 'OPTIONS /')).status).toBe(200)
    expect(pair.far.requests[0]!.header('max-forwards')).toBe(sent)
  })
})
