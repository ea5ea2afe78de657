import { compose, defineFilter, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, nextMessage, parseReplies, raw, rawOpen, sink, wsConnect, wsEcho } from '../support/index.js'
import { handshake, switchAndHold, wsFront } from './ws-front.js'

const guard = defineFilter({ filterName: 'auth', stage: 'guard' }, async (exchange, next) =>
  exchange.headers['authorization'] === 'Bearer good'
    ? next(exchange)
    : reply(401, 'who?\n', { 'www-authenticate': 'Bearer' }),
)

describe('an upgrade takes the gates that a request takes', () => {
  it.each([
    ['a dot segment', 400, handshake({ start: 'GET /ws/../admin' })],
    ['an encoded dot segment', 400, handshake({ start: 'GET /ws/%2e%2e/admin' })],
    ['an encoded slash', 400, handshake({ start: 'GET /ws/..%2fadmin' })],
    ['a backslash', 400, handshake({ start: 'GET /ws\\..\\admin' })],
    ['a path parameter', 400, handshake({ start: 'GET /ws;a=b' })],
    ['an encoded NUL', 400, handshake({ start: 'GET /ws%00' })],
    ['an absolute target of another host', 400, handshake({ start: 'GET http://evil.test/ws' })],
    ['an absolute target with user information', 400, handshake({ start: 'GET http://edge.test@evil.test/ws' })],
    ['two Hosts', 400, handshake({ start: 'GET /ws', more: ['Host: evil.test'] })],
    ['a malformed Host', 400, handshake({ start: 'GET /ws', host: 'good@evil' })],
    ['a path that has no route', 404, handshake({ start: 'GET /wsx' })],
    ['a method that the route has not', 405, handshake({ start: 'DELETE /ws' })],
    ['a path that is too long', 414, handshake({ start: `GET /ws/${'a'.repeat(3000)}` })],
    [
      'too many fields',
      431,
      handshake({ start: 'GET /ws', more: Array.from({ length: 201 }, (_, at) => `X-${at}: 1`) }),
    ],
  ])('H-049 %s is a %i, and nothing goes upstream', async (_what, status, bytes) => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url, { route: { path: '/ws/**', methods: ['GET'] } })
    const { text, ended } = await raw(front.port, bytes, { hold: Infinity })
    const [answer] = parseReplies(text, { closed: true })
    expect([answer!.status, answer!.header('connection'), answer!.complete, ended]).toEqual([
      status,
      'close',
      true,
      'closed',
    ])
    expect(far.connections).toHaveLength(0)
  })

  it.each([
    ['GET /%77s/%78', '/ws/x'],
    ['GET //ws//x', '/ws/x'],
    ['GET http://edge.test/ws?a=1', '/ws?a=1'],
  ])('H-049 "%s" arrives in the form that was matched, %s', async (start, target) => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url, { route: { path: '/ws/**' } })
    expect((await raw(front.port, handshake({ start }), { until: '\r\n\r\n' })).text).toMatch(/ 101 /)
    expect(far.requests[0]!.target).toBe(target)
  })

  it('H-049 a base is taken off on a segment boundary, and only from what is below it', async () => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url, { base: '/api' })
    for (const path of ['/apix', '/API/x', '/'])
      expect((await raw(front.port, handshake({ start: `GET ${path}` }), { hold: Infinity })).text).toMatch(/ 404 /)
    expect((await raw(front.port, handshake({ start: 'GET /api/x' }), { until: '\r\n\r\n' })).text).toMatch(/ 101 /)
    expect(far.requests.map(({ target }) => target)).toEqual(['/x'])
  })

  it('H-049 a guard’s denial is a whole message, behind which nothing of the client’s is read', async () => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url, { filters: [guard] })
    const { text, ended } = await raw(front.port, `${handshake()}GET /admin HTTP/1.1\r\nHost: a\r\n\r\n`, {
      hold: Infinity,
    })
    const replies = parseReplies(text, { closed: true })
    expect(replies.map((each) => [each.status, each.body.toString(), each.header('www-authenticate')])).toEqual([
      [401, 'who?\n', 'Bearer'],
    ])
    expect(ended).toBe('closed')
    expect(far.connections).toHaveLength(0)
  })

  it('H-049 a guard’s admission opens the tunnel, with what the chain changed on the way', async () => {
    await using far = await wsEcho()
    await using front = await wsFront(far.url, {
      filters: [guard, (exchange, next) => next(exchange.with({ headers: { ...exchange.headers, 'x-user': '7' } }))],
    })
    const socket = await wsConnect(front.url, { headers: { authorization: 'Bearer good' } })
    socket.send('hello')
    expect(await nextMessage(socket)).toBe('hello')
    expect(far.requests[0]!.headers['x-user']).toBe('7')
    socket.terminate()
  })

  it('H-049 a concurrency cap counts a tunnel until it has settled', async () => {
    let open = 0
    const cap = defineFilter({ filterName: 'cap', stage: 'guard' }, async (exchange, next) => {
      if (open >= 2) return reply(429, 'enough\n')
      open++
      exchange.onSettled(() => open--)
      return next(exchange)
    })
    await using far = await wsEcho()
    await using front = await wsFront(far.url, { filters: [cap] })
    const first = await wsConnect(front.url)
    const second = await wsConnect(front.url)
    await expect(wsConnect(front.url)).rejects.toMatchObject({ status: 429 })
    first.terminate()
    await eventually(() => open === 1)
    const third = await wsConnect(front.url)
    for (const socket of [second, third]) socket.terminate()
    await eventually(() => open === 0)
  })

  it('H-049 a filter that throws is a 500 that tells nothing, and the client is let go', async () => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url, { filters: [() => Promise.reject(new Error('secret'))] })
    const { text, ended } = await raw(front.port, handshake(), { hold: Infinity })
    expect(parseReplies(text, { closed: true })[0]!.status).toBe(500)
    expect([text.includes('secret'), ended]).toEqual([false, 'closed'])
  })

  it('H-049 websocket: false forwards no upgrade', async () => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url, { forward: { websocket: false } })
    expect((await raw(front.port, handshake(), { hold: Infinity })).text).toMatch(/ 501 /)
    expect(far.connections).toHaveLength(0)
  })

  it('H-049 a handler that answers by itself gets the upgrade, too, and its 101 without a tunnel is none', async () => {
    await using front = await wsFront('http://127.0.0.1:9', { route: { handler: compose(async () => reply(101)) } })
    const { text } = await raw(front.port, handshake(), { hold: Infinity })
    expect(parseReplies(text, { closed: true })[0]!.status).toBe(501)
  })

  it('H-049 the upstream is told where the client came from, whatever the client claims', async () => {
    await using far = await sink(switchAndHold)
    await using front = await wsFront(far.url)
    await using client = await rawOpen(front.port)
    await client.write(handshake({ more: ['X-Forwarded-For: 6.6.6.6', 'X_Forwarded_For: 6.6.6.6'] }))
    await client.waitFor(' 101 ')
    const got = far.requests[0]!
    expect([got.header('x-forwarded-for'), got.header('x-forwarded-proto')]).toEqual(['127.0.0.1', 'http'])
    expect(far.connections[0]!.text).not.toContain('6.6.6.6')
  })
})
