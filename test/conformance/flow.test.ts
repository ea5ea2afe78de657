import { type Filter, type Handler, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { afterReplies, eventually, parseReplies, raw, rawOpen, sink } from '../support/index.js'
import { allRequests, chunked, edgeTo, head, soleRequest, statuses, transports } from './edge.js'

const EVIL = head('GET /evil HTTP/1.1', 'Host: a')
const NEXT = head('GET /next HTTP/1.1', 'Host: a')

const deny: Filter = async (exchange, next) => (exchange.target.path === '/denied' ? reply(403) : next(exchange))

describe.each(transports)('the flow of messages over $name', ({ make }) => {
  describe.each([
    ['404', '/nowhere', 404],
    ['405', '/get-only', 405],
    ["a filter's 403", '/denied', 403],
    ["a handler's 413", '/too-large', 413],
    ["a handler's redirect", '/moved', 302],
    ["a handler's failure", '/failing', 500],
    ['a refused connection', '/down', 502],
  ])('%s answered here', (_, path, status) => {
    it.each([
      ['its body at once', [`${head(`POST ${path} HTTP/1.1`, 'Host: a', `Content-Length: ${EVIL.length}`)}${EVIL}`]],
      ['its body late', [head(`POST ${path} HTTP/1.1`, 'Host: a', `Content-Length: ${EVIL.length}`), 30, EVIL]],
      ['chunks', [head(`POST ${path} HTTP/1.1`, 'Host: a', 'Transfer-Encoding: chunked') + chunked(EVIL)]],
      ['chunks late', [head(`POST ${path} HTTP/1.1`, 'Host: a', 'Transfer-Encoding: chunked'), 30, chunked(EVIL)]],
    ])('H-003 leaves no byte of the body to be read as a request, with %s', async (_how, steps) => {
      await using down = await sink()
      await down.close()
      await using edge = await edgeTo(down.url, make, {
        filters: [deny],
        routes: (handler) => [
          { path: '/get-only', methods: ['GET'], handler: async () => reply(200) },
          { path: '/denied', handler },
          { path: '/too-large', handler: async () => reply(413) },
          { path: '/moved', handler: async () => reply(302, null, { location: '/x' }) },
          { path: '/failing', handler: () => Promise.reject(new Error('of the handler')) },
          { path: '/down', handler },
          { path: '/evil', handler: async () => reply(200) },
          { path: '/next', handler: async () => reply(204) },
        ],
      })
      const result = await raw(edge.port, [...steps, NEXT], { until: afterReplies(2), timeoutMs: 3_000 })
      const got = statuses(result)
      expect(got[0]).toBe(status)
      if (got.length > 1) expect(got).toEqual([status, 204])
      else expect(result.ended).not.toBe('open')
      expect(edge.seen.map(({ target }) => target)).not.toContain('/evil')
    })
  })

  it('H-003 a large unwanted upload is not read past its bound, and the reply still arrives', async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make, {
      routes: () => [{ path: '/**', handler: async () => reply(401) }],
    })
    await using client = await rawOpen(edge.port)
    await client.write(head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 100000000'))
    await client.waitFor('HTTP/1.1 401')
    const megabyte = Buffer.alloc(1 << 20)
    let sent = 0
    while (client.ended === 'open' && sent < 100) {
      await client.write(megabyte).catch(() => {})
      sent += 1
    }
    await client.closed
    expect(sent).toBeLessThan(50)
    expect(upstream.connections).toHaveLength(0)
  })

  describe.each([
    ['100-continue, its body at once', 'POST / HTTP/1.1', '100-continue', false],
    ['100-continue, its body when told', 'POST / HTTP/1.1', '100-continue', true],
    ['100-Continue in HTTP/1.0', 'POST / HTTP/1.0', '100-Continue', false],
    ['100-continue on a GET', 'GET / HTTP/1.1', '100-continue', false],
  ])('Expect: %s', (_, line, expectation, waits) => {
    it.each([true, false])('H-020 is not forwarded, and header rules run (%s)', async (rules) => {
      await using upstream = await sink()
      await using edge = await edgeTo(upstream, make, {
        forward: rules ? { requestHeaders: { set: { authorization: 'Bearer ours' } } } : {},
      })
      await using client = await rawOpen(edge.port)
      await client.write(head(line, 'Host: a', 'Content-Length: 5', `Expect: ${expectation}`))
      if (waits) await client.waitFor('HTTP/1.1 100 Continue\r\n\r\n')
      await client.write('hello')
      await client.waitFor(afterReplies(1))
      expect(parseReplies(client.bytes).at(-1)!.status).toBe(200)
      const got = soleRequest(upstream)
      expect(got.body.toString()).toBe('hello')
      expect(got.header('expect')).toBeUndefined()
      expect(got.header('authorization')).toBe(rules ? 'Bearer ours' : undefined)
    })
  })

  it.each(['200-ok', 'y 100-continue', '100-continue, x'])(
    'H-020 Expect: %s is a 417, or is not forwarded',
    async (expectation) => {
      await using upstream = await sink()
      await using edge = await edgeTo(upstream, make)
      const request = head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 5', `Expect: ${expectation}`)
      const result = await raw(edge.port, [`${request}hello`], { until: afterReplies(1) })
      const [status] = statuses(result)
      expect([200, 417]).toContain(status)
      expect(allRequests(upstream).filter((got) => got.header('expect') !== undefined)).toEqual([])
      if (status === 417) expect(upstream.connections).toHaveLength(0)
    },
  )

  it.each([417, 401, 413])('H-020 an early %i of the upstream reaches a client that waits for 100', async (status) => {
    await using upstream = await sink([`HTTP/1.1 ${status} No\r\nContent-Length: 2\r\n\r\nno`])
    await using edge = await edgeTo(upstream, make, { forward: { firstByteTimeoutMs: 300 } })
    await using client = await rawOpen(edge.port)
    await client.write(head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 1000000', 'Expect: 100-continue'))
    await client.waitFor('100 Continue')
    // undici sends a streamed request's head with its first byte.
    await client.write('x')
    await client.waitFor(afterReplies(1))
    const answer = parseReplies(client.bytes).at(-1)!
    expect([answer.status, answer.body.toString(), answer.header('connection')]).toEqual([status, 'no', 'close'])
  })

  it.each([
    ['and keeps its connection', []],
    ['and closes', ['end'] as const],
  ])(
    'H-021 an upstream that answers 413 during an upload %s: the client reads it, and the upload stops',
    async (_, then) => {
      await using upstream = await sink(['HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno', ...then], { keep: 65_536 })
      await using edge = await edgeTo(upstream, make)
      await using client = await rawOpen(edge.port)
      await client.write(head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 100000000'))
      const part = Buffer.alloc(1 << 16)
      let sent = 0
      while (client.ended === 'open' && sent < 1_000) {
        await client.write(part).catch(() => {})
        sent += 1
        await new Promise((resolve) => setImmediate(resolve))
      }
      const answer = parseReplies(client.bytes).at(-1)!
      expect([answer.status, answer.body.toString(), answer.header('connection')]).toEqual([413, 'no', 'close'])
      await client.closed
      await eventually(() => upstream.openConnections() === 0)
      expect(upstream.requests[0]!.complete).toBe(false)
      expect(upstream.connections[0]!.bytesReceived).toBeLessThan(50_000_000)
    },
  )

  it.each([2, 1_000])('H-027 %i pipelined requests are answered in order, one in flight', async (count) => {
    let inFlight = 0
    let most = 0
    await using upstream = await sink((_connection, _index, { target }) => {
      inFlight += 1
      most = Math.max(most, inFlight)
      const body = `of ${target}`
      return [
        'waitBody',
        ...(target === '/0' ? [50] : []),
        () => {
          inFlight -= 1
        },
        `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ]
    })
    await using edge = await edgeTo(upstream, make)
    const requests = Array.from({ length: count }, (_, at) => head(`GET /${at} HTTP/1.1`, 'Host: a'))
    const done = (text: string): boolean => text.endsWith(`of /${count - 1}`)
    const { bytes } = await raw(edge.port, requests.join(''), { until: done, timeoutMs: 10_000 })
    const answers = parseReplies(bytes).map(({ body }) => body.toString())
    expect(answers).toEqual(Array.from({ length: count }, (_, at) => `of /${at}`))
    expect(allRequests(upstream).map(({ target }) => target)).toEqual(requests.map((_, at) => `/${at}`))
    expect(most).toBe(1)
  })

  it("H-027 a pipelined request's body never becomes another's", async () => {
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make)
    const bodies = ['one', EVIL, '', 'four']
    const requests = bodies.map(
      (body, at) => head(`POST /${at} HTTP/1.1`, 'Host: a', `Content-Length: ${body.length}`) + body,
    )
    await raw(edge.port, requests.join(''), { until: afterReplies(4) })
    expect(allRequests(upstream).map(({ target, body }) => [target, body.toString()])).toEqual(
      bodies.map((body, at) => [`/${at}`, body]),
    )
  })

  it('H-027 a client that leaves ends its pipelined requests, begun or not', async () => {
    const settled: string[] = []
    const watch: Filter = (exchange, next) => {
      exchange.onSettled((outcome) => settled.push(`${exchange.target.path} ${outcome.termination.who}`))
      return next(exchange)
    }
    await using upstream = await sink(['stall'])
    await using edge = await edgeTo(upstream, make, { filters: [watch] })
    await using client = await rawOpen(edge.port)
    await client.write(['/0', '/1', '/2'].map((path) => head(`GET ${path} HTTP/1.1`, 'Host: a')).join(''))
    await upstream.waitForRequests(1)
    client.reset()
    await eventually(() => upstream.openConnections() === 0 && settled.length >= 1)
    expect(settled).toEqual(['/0 client'])
    expect(upstream.requests.map(({ target }) => target)).toEqual(['/0'])
  })

  it('H-027 a slow local answer does not let the next one overtake it', async () => {
    const gate = Promise.withResolvers<void>()
    const handler: Handler = async ({ target }) => {
      if (target.path === '/slow') await gate.promise
      return reply(200, target.path)
    }
    await using upstream = await sink()
    await using edge = await edgeTo(upstream, make, {
      routes: (forwarder) => [
        { path: '/slow', handler },
        { path: '/**', handler: forwarder },
      ],
    })
    await using client = await rawOpen(edge.port)
    await client.write(head('GET /slow HTTP/1.1', 'Host: a') + NEXT)
    await eventually(() => edge.seen.length === 1)
    gate.resolve()
    await client.waitFor(afterReplies(2))
    expect(parseReplies(client.bytes).map(({ body }) => body.toString())).toEqual(['/slow', 'ok'])
  })
})
