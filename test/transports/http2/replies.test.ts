import { describe, expect, it } from 'vitest'
import { dataFrame, fieldsFrames, headFrames, replyFrames } from '../../support/h2-frames.js'
import { frame, type H2Field, h2Frame } from '../../support/h2-raw.js'
import { eventually } from '../../support/index.js'
import { ask, askAll, expectFailure, GET, get } from '../gateway-over.js'
import { h2Over } from './over.js'

/** A reply that stops for good is told apart from one that is over by the reset that it gets. */
const cancelled = (far: Awaited<ReturnType<typeof h2Over>>['far'], stream = 1): Promise<unknown> =>
  eventually(() => far.connections[0]!.resetOf(stream) !== undefined)

describe('replies of HTTP/2, frame by frame', () => {
  it.each([
    ['HEAD', 'DATA', [headFrames(1, 200, [['content-length', '5']]), dataFrame(1, 'hello', { end: true })], 200, '5'],
    ['HEAD', 'no end', [headFrames(1, 200, [['content-length', '5']])], 200, '5'],
    ['GET', 'a 204 with DATA', [headFrames(1, 204), dataFrame(1, 'hello', { end: true })], 204, undefined],
    [
      'GET',
      'a 304 with DATA',
      [headFrames(1, 304, [['content-length', '5']]), dataFrame(1, 'hello', { end: true })],
      304,
      '5',
    ],
  ] as const)(
    'H-065 H-066 %s answered by %s: the head only, and nothing of it in the next reply',
    async (method, _, frames, status, length) => {
      await using gateway = await h2Over((stream, nth) => (nth === 0 ? frames : [replyFrames(stream, 'second')]), {
        forward: { idleTimeoutMs: 100 },
      })
      const reply = await ask(gateway.port, `${method} /x HTTP/1.1\r\nHost: a\r\n\r\n`)
      expect([reply.status, reply.header('content-length'), reply.bodyLength]).toEqual([status, length, 0])
      expect((await ask(gateway.port)).body.toString()).toBe('second')
    },
  )

  it('H-066 a reply without a body that its upstream does not end is reset, and holds no stream for ever', async () => {
    await using gateway = await h2Over((stream) => [headFrames(stream, 304)], { forward: { idleTimeoutMs: 50 } })
    expect((await ask(gateway.port)).status).toBe(304)
    await cancelled(gateway.far)
  })

  it('H-067 a 103 is relayed in front of its reply, a 100 that nobody asked for is not', async () => {
    await using gateway = await h2Over((stream) => [
      headFrames(stream, 100),
      headFrames(stream, 103, [['link', '</a.css>; rel=preload']]),
      replyFrames(stream),
    ])
    const replies = await askAll(gateway.port, GET)
    expect(replies.map(({ status }) => status)).toEqual([103, 200])
    expect(replies[0]?.header('link')).toBe('</a.css>; rel=preload')
  })

  it.each([100, 102, 103, 199])('H-067 a flood of %i is cut short with 502, its stream reset', async (status) => {
    await using gateway = await h2Over((stream) => [
      Buffer.concat(Array(20_000).fill(headFrames(stream, status, [['link', '</a>']]))),
      replyFrames(stream),
    ])
    const replies = await askAll(gateway.port, GET)
    expectFailure(replies.at(-1)!, 502, 'ERR_EDGE_BAD_REPLY')
    expect(replies.length).toBeLessThanOrEqual(101)
    await cancelled(gateway.far)
    expect(gateway.far.requests).toBe(1)
  })

  it('H-068 a 101, which HTTP/2 does not have, is a 502, its stream reset, and not tried again', async () => {
    await using gateway = await h2Over((stream) => [headFrames(stream, 101, [['upgrade', 'websocket']])])
    expectFailure(await ask(gateway.port), 502, 'ERR_EDGE_BAD_REPLY')
    await cancelled(gateway.far)
    expect(gateway.far.requests).toBe(1)
  })

  it('H-069 trailers that frame, route, authenticate or set state are dropped; the others follow the body', async () => {
    const trailers: H2Field[] = [
      ['x-sum', '1'],
      ['grpc-status', '0'],
      ['host', 'evil'],
      ['authorization', 'x'],
      ['set-cookie', 'a=1'],
    ]
    await using gateway = await h2Over((stream) => [
      headFrames(stream),
      dataFrame(stream, 'ok'),
      fieldsFrames(stream, trailers, { end: true }),
    ])
    const reply = await ask(gateway.port)
    expect(reply.body.toString()).toBe('ok')
    expect(reply.trailers.map(([name, value]) => [name.toLowerCase(), value])).toEqual([
      ['x-sum', '1'],
      ['grpc-status', '0'],
    ])
    for (const name of ['host', 'authorization', 'set-cookie']) expect(reply.header(name)).toBeUndefined()
  })

  it('H-069 trailers without a body, and one that comes when the head has long left', async () => {
    let late = (): void => {}
    await using gateway = await h2Over((stream, _nth, connection) => {
      late = () => connection.send(fieldsFrames(stream, [['x-late', 'yes']], { end: true }))
      return [headFrames(stream)]
    })
    const asked = ask(gateway.port)
    await gateway.far.waitForRequests(1)
    await eventually(() => gateway.pool.endpoints[0]!.inFlight === 1)
    late()
    expect((await asked).trailers).toEqual([['x-late', 'yes']])
  })

  describe('M7 fields of a connection', () => {
    it.each(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])(
      'H-105 a reply with %s is malformed in HTTP/2 (RFC 9113 §8.2.2): it is a 502, or the field stays here',
      async (name) => {
        await using gateway = await h2Over((stream) => [
          replyFrames(stream, 'ok', [[name, name === 'transfer-encoding' ? 'chunked' : 'x']]),
        ])
        const reply = await ask(gateway.port)
        if (reply.status === 502) expectFailure(reply, 502, 'ERR_EDGE_BAD_REPLY')
        else expect([reply.status, reply.header(name)]).toEqual([200, name === 'connection' ? 'keep-alive' : undefined])
        expect(gateway.far.requests).toBe(1)
      },
    )
  })

  it.each<[string, H2Field[], string]>([
    [
      'two lengths that differ',
      [
        ['content-length', '2'],
        ['content-length', '3'],
      ],
      'ok',
    ],
    [
      'two lengths that agree',
      [
        ['content-length', '2'],
        ['content-length', '2'],
      ],
      'ok',
    ],
    ['a list of lengths', [['content-length', '2, 2']], 'ok'],
    ['a signed length', [['content-length', '+2']], 'ok'],
    ['a chunked coding', [['transfer-encoding', 'chunked']], 'ok'],
  ])('H-105 M10 a reply with %s is a 502, its stream reset, and not tried again', async (_, fields, body) => {
    await using gateway = await h2Over((stream) =>
      stream === 1 ? [replyFrames(stream, body, fields)] : [replyFrames(stream)],
    )
    expectFailure(await ask(gateway.port), 502, 'ERR_EDGE_BAD_REPLY')
    expect(gateway.far.requests).toBe(1)
    expect((await ask(gateway.port)).status).toBe(200)
    expect(gateway.far.connections).toHaveLength(1)
  })

  it.each([
    ['more', '2', 'hello'],
    ['less', '9', 'hello'],
  ])('H-104 H-105 DATA of %s than its length never makes a whole message', async (_, length, body) => {
    await using gateway = await h2Over((stream, nth) =>
      nth === 0 ? [replyFrames(stream, body, [['content-length', length]])] : [replyFrames(stream)],
    )
    const reply = await ask(gateway.port).catch(() => null)
    if (reply?.status === 200) expect(reply.complete).toBe(false)
    expect((await gateway.settled()).error?.source).toBe('upstream')
    expect((await ask(gateway.port)).status).toBe(200)
  })

  it.each<[string, (stream: number) => Buffer]>([
    ['a status that is none', (stream) => headFrames(stream, 'abc', [], { end: true })],
    ['status 099', (stream) => headFrames(stream, '099', [], { end: true })],
    ['status 1000', (stream) => headFrames(stream, '1000', [], { end: true })],
    ['no status', (stream) => fieldsFrames(stream, [['x', 'y']], { end: true })],
    ['a pseudo-field of a request', (stream) => headFrames(stream, 200, [[':path', '/']], { end: true })],
    [
      'a pseudo-field behind others',
      (stream) =>
        fieldsFrames(
          stream,
          [
            ['x', 'y'],
            [':status', '200'],
          ],
          { end: true },
        ),
    ],
    ['a name in capitals', (stream) => headFrames(stream, 200, [['X-Name', 'y']], { end: true })],
    ['a field of 100 KB', (stream) => headFrames(stream, 200, [['x', 'y'.repeat(100_000)]], { end: true })],
    ['600 fields', (stream) => headFrames(stream, 200, Array(600).fill(['x', 'y']), { end: true })],
    ['DATA before its head', (stream) => dataFrame(stream, 'hello', { end: true })],
    [
      'a pseudo-field among its trailers',
      (stream) =>
        Buffer.concat([
          headFrames(stream),
          dataFrame(stream, 'part'),
          fieldsFrames(stream, [[':status', '200']], { end: true }),
        ]),
    ],
    [
      'fields that HPACK does not know',
      (stream) => frame(h2Frame.headers, 5, stream, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f])),
    ],
    ['a frame longer than agreed', (stream) => frame(h2Frame.data, 0, stream, Buffer.alloc(20_000))],
    ['a push that nobody allowed', (stream) => frame(5, 4, stream, Buffer.from([0, 0, 0, 2, 0x88]))],
    ['no frames at all', () => Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok${' '.repeat(2000)}`)],
  ])('H-097 M6 %s never becomes a whole reply, and tells nothing', async (_, bytes) => {
    await using gateway = await h2Over((stream) => [bytes(stream)])
    const reply = await ask(gateway.port).catch(() => null)
    if (reply?.status === 200) expect(reply.complete).toBe(false)
    else if (reply !== null) expect(reply.status).toBe(502)
    const { error } = await gateway.settled()
    expect(error?.source).toBe('upstream')
    await gateway.idle()
  })

  it.each<[string, H2Field]>([
    ['a name with a line break', ['x\r\nset-cookie: a=1', 'y']],
    ['a value with a line break', ['x', 'y\r\nset-cookie: a=1']],
    ['a value with NUL', ['x', 'a\0b']],
  ])('H-097 H-023 %s never reaches the client', async (_, field) => {
    await using gateway = await h2Over((stream) => [replyFrames(stream, 'ok', [field])])
    const reply = await ask(gateway.port)
    expect([200, 502]).toContain(reply.status)
    expect(reply.headers.filter(([name]) => name.startsWith('x') || name === 'set-cookie')).toEqual([])
  })

  it('H-069 a length among the trailers that is not that of the body breaks the message', async () => {
    await using gateway = await h2Over((stream) => [
      headFrames(stream),
      dataFrame(stream, 'ok'),
      fieldsFrames(stream, [['content-length', '7']], { end: true }),
    ])
    const reply = await ask(gateway.port).catch(() => null)
    if (reply?.status === 200) expect(reply.complete).toBe(false)
    expect((await gateway.settled()).error?.source).toBe('upstream')
  })

  it('H-097 frames of an unknown type, PINGs and PRIORITY are no garbage; status 999 is relayed', async () => {
    await using gateway = await h2Over((stream) => [
      frame(0xbe, 0, stream, Buffer.from('what?')),
      frame(h2Frame.ping, 0, 0, Buffer.alloc(8)),
      frame(2, 0, stream, Buffer.from([0, 0, 0, 0, 1])),
      headFrames(stream, 999),
      dataFrame(stream, 'ok', { end: true }),
    ])
    expect(await ask(gateway.port)).toMatchObject({ status: 999, complete: true, bodyLength: 2 })
  })

  it('H-103 a reply to a stream that nobody opened, or that is over, is nobody’s', async () => {
    await using gateway = await h2Over((stream) => [replyFrames(stream, `id-${stream}`)], {
      pool: { health: { passive: false } },
    })
    expect((await ask(gateway.port, get('/1'))).body.toString()).toBe('id-1')
    const [first] = gateway.far.connections
    first!.send(replyFrames(1, 'poison'))
    first!.send(replyFrames(3, 'poison'))
    await first!.gone
    const after = await ask(gateway.port, get('/2'))
    expect(after.body.toString()).toMatch(/^id-/)
  })
})
