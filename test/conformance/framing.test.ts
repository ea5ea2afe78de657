import { describe, expect, it } from 'vitest'
import { afterReplies, eventually, flat, parseReplies, raw, rawOpen, type Sink, sink } from '../support/index.js'
import {
  allRequests,
  chunked,
  edgeTo,
  expectRefused,
  head,
  refusal,
  soleRequest,
  statuses,
  transports,
} from './edge.js'

const SMUGGLED = 'GET /secret HTTP/1.1\r\nHost: internal\r\nX: y\r\n\r\n'
const NEXT = head('GET /next HTTP/1.1', 'Host: a')

describe.each(transports)('framing of requests over $name', ({ make }) => {
  describe.each(['DELETE', 'OPTIONS', 'GET', 'PATCH'])('a chunked %s', (method) => {
    it.each([
      ['no Connection', []],
      ['Connection: keep-alive, upgrade', ['Connection: keep-alive, upgrade']],
      ['Connection: Transfer-Encoding, upgrade', ['Connection: Transfer-Encoding, upgrade']],
    ])('H-001 keeps its body inside its framing, with %s', async (_, fields) => {
      await using upstream = await sink()
      await using edge = await edgeTo(upstream, make)
      const request = head(`${method} /x HTTP/1.1`, 'Host: a', 'Transfer-Encoding: chunked', ...fields)
      const result = await raw(edge.port, [request + chunked(SMUGGLED), NEXT], { until: afterReplies(2) })
      expect(statuses(result)).toEqual([200, 200])
      const got = allRequests(upstream)
      expect(got.map(({ target }) => target)).toEqual(['/x', '/next'])
      expect(got[0]!.body.toString()).toBe(SMUGGLED)
    })
  })

  it('H-001 a DELETE with a length keeps it', async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const request = head('DELETE /x HTTP/1.1', 'Host: a', `Content-Length: ${SMUGGLED.length}`)
    await raw(edge.port, request + SMUGGLED, { until: afterReplies(1) })
    expect(soleRequest(upstream).body.toString()).toBe(SMUGGLED)
  })

  it.each([
    [
      'H-002 CL.TE',
      `${head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 6', 'Transfer-Encoding: chunked')}0\r\n\r\nG`,
    ],
    [
      'H-003 TE.CL',
      head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 4', 'Transfer-Encoding: chunked') +
        chunked('GPOST / HTTP/1.1\r\nContent-Length: 15\r\n\r\nx=1'),
    ],
    [
      'H-003 TE.CL, the length last',
      head('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', 'Content-Length: 4') +
        chunked('GPOST / HTTP/1.1'),
    ],
    [
      'H-006 Transfer-Encoding in HTTP/1.0',
      head('POST / HTTP/1.0', 'Host: a', 'Transfer-Encoding: chunked') + chunked('hello'),
    ],
    [
      'H-006 Transfer-Encoding in HTTP/1.0, kept alive',
      head('POST / HTTP/1.0', 'Host: a', 'Connection: keep-alive', 'Transfer-Encoding: chunked') + chunked('hello'),
    ],
  ])('%s is a 400, and nothing is forwarded', async (_, bytes) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    expectRefused(await raw(edge.port, bytes), 400)
    expect(upstream.connections).toHaveLength(0)
  })

  it.each([
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding: identity, chunked',
    'Transfer-Encoding: ,chunked',
    'Transfer-Encoding: chunked,',
    'Transfer-Encoding: \x0bchunked',
    'Transfer-Encoding: \x0cchunked',
    'Transfer-Encoding: chunked\x00',
    'Transfer-Encoding: "chunked"',
    'Transfer-Encoding: chunked;a=b',
    'Transfer-Encoding : chunked',
    '\tTransfer-Encoding: chunked',
    'Transfer-Encoding:\r\n chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
    'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding:',
  ])('H-004 %j is refused, and nothing is forwarded', async (field) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const result = await raw(edge.port, head('POST / HTTP/1.1', 'Host: a', field) + chunked('hello'))
    expectRefused(result, 400, 501)
    expect(upstream.connections).toHaveLength(0)
  })

  it.each(['CHUNKED', 'Chunked', ' \tchunked'])('H-004 %j is chunked, and framed anew', async (coding) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const request = head('POST / HTTP/1.1', 'Host: a', `Transfer-Encoding: ${coding}`) + chunked('hello')
    expect(statuses(await raw(edge.port, request, { until: afterReplies(1) }))).toEqual([200])
    expect(soleRequest(upstream).body.toString()).toBe('hello')
  })

  it('H-004 Transfer_Encoding frames nothing here, and is not forwarded to where it might', async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const request = head('POST / HTTP/1.1', 'Host: a', 'Transfer_Encoding: chunked', 'Content-Length: 5')
    await raw(edge.port, `${request}hello`, { until: afterReplies(1) })
    const got = soleRequest(upstream)
    expect(got.body.toString()).toBe('hello')
    expect(got.header('transfer_encoding')).toBeUndefined()
  })

  it.each(['gzip, chunked', 'gzip', 'deflate, gzip, chunked'])(
    'H-005 Transfer-Encoding: %s is a 501 or 400, and nothing is forwarded',
    async (coding) => {
      await using upstream = await sink()
      await using edge = await edgeTo(upstream, make)
      const request = head('POST / HTTP/1.1', 'Host: a', `Transfer-Encoding: ${coding}`) + chunked('hello')
      expectRefused(await raw(edge.port, request), ...(coding === 'gzip, chunked' ? [501] : [501, 400]))
      expect(upstream.connections).toHaveLength(0)
    },
  )

  it.each([
    ['two different', 'Content-Length: 5\r\nContent-Length: 6'],
    ['two the same', 'Content-Length: 5\r\nContent-Length: 5'],
    ['a list', 'Content-Length: 5, 5'],
    ['a plus', 'Content-Length: +5'],
    ['a minus', 'Content-Length: -1'],
    ['hexadecimal', 'Content-Length: 0x5'],
    ['a blank inside', 'Content-Length: 5 5'],
    ['an underscore', 'Content-Length: 5_0'],
    ['an exponent', 'Content-Length: 1e1'],
    ['none', 'Content-Length:'],
    ['a blank', 'Content-Length:  '],
    ['20 digits', 'Content-Length: 18446744073709551621'],
    ['more than a double holds', 'Content-Length: 9007199254740993'],
  ])('H-007 a Content-Length with %s is a 400, and nothing is forwarded', async (_, field) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    expectRefused(await refusal(edge, `${head('POST / HTTP/1.1', 'Host: a', field)}hello`), 400)
    expect(upstream.connections).toHaveLength(0)
  })

  it.each([
    ['005', 5],
    ['010', 10],
  ])('H-007 Content-Length: %s is read as decimal and written plain', async (digits, length) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const body = 'x'.repeat(length)
    await raw(edge.port, head('POST / HTTP/1.1', 'Host: a', `Content-Length: ${digits}`) + body, {
      until: afterReplies(1),
    })
    const got = soleRequest(upstream)
    expect(got.header('content-length')).toBe(String(length))
    expect(got.body.toString()).toBe(body)
  })

  it.each([
    ['an extension ended by a bare LF', '5;\nhello\r\n0\r\n\r\n'],
    ['a size ended by a bare LF', '5\nhello\r\n0\r\n\r\n'],
    ['a size ended by a bare CR', '5\rhello\r\n0\r\n\r\n'],
    ['0x', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['a plus', '+5\r\nhello\r\n0\r\n\r\n'],
    ['a minus', '-5\r\nhello\r\n0\r\n\r\n'],
    ['a blank in front', ' 5\r\nhello\r\n0\r\n\r\n'],
    ['a blank behind', '5 \r\nhello\r\n0\r\n\r\n'],
    ['an underscore', '5_0\r\nhello\r\n0\r\n\r\n'],
    ['no size', '\r\nhello\r\n0\r\n\r\n'],
    ['an unfinished quotation', '5;a="\r\nhello\r\n0\r\n\r\n'],
    ['two CR', '5\r\r;\r\nhello\r\n0\r\n\r\n'],
    ['17 digits', 'fffffffffffffffff\r\nhello\r\n0\r\n\r\n'],
    ['data longer than its size', '5\r\nhelloworld\r\n0\r\n\r\n'],
    ['data ended by a bare LF', '5\r\nhello\n0\r\n\r\n'],
    ['an end with a bare LF', '0\r\n\n'],
    ['an end with a bare CR', '0\r\n\rX'],
  ])('H-008 a chunk with %s breaks the message, at the upstream too', async (_, bytes) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const start = `${head('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')}5\r\nstart\r\n`
    const result = await raw(edge.port, [start, () => arrived(upstream, 5), bytes])
    expectRefused(result, 400)
    await expectBroken(upstream)
  })

  it('H-009 64 KiB of chunk extension is refused', async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const start = `${head('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')}5\r\nstart\r\n`
    const result = await raw(edge.port, [start, () => arrived(upstream, 5), `1${';a=b'.repeat(16_384)}\r\nx\r\n`])
    expectRefused(result, 413, 400)
    await expectBroken(upstream)
  })

  it('H-009 20 MB of chunk extensions cost neither memory nor the upstream more than their chunks', async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const flood = `1${';a=b'.repeat(3_800)}\r\nx\r\n`.repeat(65)
    await flat(() =>
      raw(
        edge.port,
        [
          head('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked'),
          ...Array<string>(20).fill(flood),
          '0\r\n\r\n',
        ],
        { until: afterReplies(1), timeoutMs: 10_000 },
      ),
    )
    expect(upstream.connections[0]?.bytesReceived ?? 0).toBeLessThan(64 * 1024)
    for (const got of allRequests(upstream)) expect(got.bodyLength).toBe(1_300)
  })

  it('H-009 10,000 trailer lines are refused', async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const start = `${head('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')}5\r\nstart\r\n`
    const trailers = Array.from({ length: 10_000 }, (_, at) => `x-${at}: y\r\n`).join('')
    const result = await raw(edge.port, [start, () => arrived(upstream, 5), `0\r\n${trailers}\r\n`])
    expectRefused(result, 431, 413, 400)
    await expectBroken(upstream)
  })

  it.each([
    ['H-010 bare LF everywhere', 'GET / HTTP/1.1\nHost: a\n\n'],
    ['H-010 a bare LF after the request line', 'GET / HTTP/1.1\nHost: a\r\n\r\n'],
    ['H-010 a bare LF between fields', 'GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n'],
    ['H-010 a bare LF at the end', 'GET / HTTP/1.1\r\nHost: a\r\n\n'],
    ['H-010 a bare CR in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n'],
    ['H-010 a bare CR between fields', 'GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n'],
    ['H-010 NUL in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n'],
    ['H-011 a folded field', 'GET / HTTP/1.1\r\nHost: a\r\nX-A: one\r\n two\r\n\r\n'],
    ['H-011 a field folded by a tab', 'GET / HTTP/1.1\r\nHost: a\r\nX-A: one\r\n\ttwo\r\n\r\n'],
    ['H-011 a folded first field', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n'],
  ])('%s is a 400, and nothing is forwarded', async (_, bytes) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    expectRefused(await raw(edge.port, bytes), 400)
    expect(upstream.connections).toHaveLength(0)
  })

  it('H-011 a folded field of an upstream is never relayed folded', async () => {
    await using upstream = await sink(['HTTP/1.1 200 OK\r\nX-A: one\r\n two\r\nContent-Length: 0\r\n\r\n'])
    await using edge = await edgeTo(upstream, make)
    const { text } = await raw(edge.port, NEXT, { until: afterReplies(1) })
    const [reply] = parseReplies(text)
    expect([200, 502]).toContain(reply!.status)
    if (reply!.status === 200) expect(reply!.header('x-a')).toMatch(/^one +two$/)
  })

  describe.each(['GET', 'HEAD'])('a %s with a body', (method) => {
    it.each([
      ['a length', `${head(`${method} /x HTTP/1.1`, 'Host: a', 'Content-Length: 5')}hello`],
      ['chunks', head(`${method} /x HTTP/1.1`, 'Host: a', 'Transfer-Encoding: chunked') + chunked('hello')],
    ])('H-018 is forwarded with its framing, or without either, with %s', async (_, bytes) => {
      await using upstream = await sink((_connection, _index, { method: asked }) => [
        'waitBody',
        `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${asked === 'HEAD' ? '' : 'ok'}`,
      ])
      await using edge = await edgeTo(upstream, make)
      const methods = [method, 'GET']
      const result = await raw(edge.port, [bytes, NEXT], { until: afterReplies(2, { methods }) })
      expect(statuses(result, methods)).toEqual([200, 200])
      const [first, second] = allRequests(upstream)
      expect(first!.body.toString()).toBe('hello')
      expect(second!.target).toBe('/next')
    })
  })

  it.each([
    'close, Content-Length',
    'close, Transfer-Encoding',
    'keep-alive, Content-Length, Transfer-Encoding',
    'Host, Authorization, Cookie',
    'CONTENT-LENGTH',
  ])('H-019 Connection: %s takes nothing of framing, routing or credentials away', async (connection) => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const fields = ['Host: a', 'Authorization: Basic YTpi', 'Cookie: c=1', 'Content-Length: 5']
    await raw(edge.port, `${head('POST / HTTP/1.1', ...fields, `Connection: ${connection}`)}hello`, {
      until: afterReplies(1),
    })
    const got = soleRequest(upstream)
    expect(got.body.toString()).toBe('hello')
    expect(got.header('connection') ?? 'close').toMatch(/^(?:keep-alive|close)$/i)
    expect(['host', 'authorization', 'cookie'].map((name) => got.header(name))).toEqual(['a', 'Basic YTpi', 'c=1'])
  })

  describe.each([
    ['one that fits its head', [`${head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 100')}0123456789`]],
    ['one that comes later', [head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 100'), 20, '0123456789']],
    ['chunks', [`${head('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')}a\r\n0123456789\r\n`]],
  ])('a body cut short, %s', (_, steps) => {
    it.each(['end', 'rst'])('H-028 is cut short at the upstream too, and not tried again, after %s', async (how) => {
      await using upstream = await sink()
      await using edge = await edgeTo(upstream, make)
      await raw(edge.port, [...steps, () => arrived(upstream, 10), how], { hold: Number.POSITIVE_INFINITY })
      await expectBroken(upstream)
      expect(upstream.requests).toHaveLength(1)
    })

    it('H-028 is cut short at the upstream too, and is a 408, after silence', async () => {
      await using upstream = await sink()
      await using edge = await edgeTo(upstream, make, { forward: { firstByteTimeoutMs: 150 } })
      const result = await raw(edge.port, [...steps, () => arrived(upstream, 10)], { hold: 3_000 })
      expectRefused(result, 408)
      await expectBroken(upstream)
      expect(upstream.requests).toHaveLength(1)
    })
  })

  it('H-028 a client that leaves within its head leaves nothing behind', async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    await using client = await rawOpen(edge.port)
    await client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Le')
    client.end()
    await client.closed
    expect(upstream.connections).toHaveLength(0)
  })
})

/** Waits until an upstream has bytes of a body. */
async function arrived(upstream: Sink, bytes: number): Promise<void> {
  await eventually(() => (upstream.requests[0]?.bodyLength ?? 0) >= bytes, { what: `${bytes} body bytes at the sink` })
}

/** Asserts that the upstream's message was broken off, so that nobody can take it for whole. */
async function expectBroken(upstream: Sink): Promise<void> {
  const [connection] = upstream.connections
  await eventually(() => connection!.closed !== 'no', { what: 'the upstream connection to end' })
  expect(upstream.connections).toHaveLength(1)
  expect(upstream.requests[0]!.complete).toBe(false)
  expect(connection!.text).not.toMatch(/\r\n0\r\n/)
}
