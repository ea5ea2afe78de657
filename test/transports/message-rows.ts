import { describe, expect, it } from 'vitest'
import { afterReplies, oneMessage, parseReplies, raw, type SinkScript, type SinkStep, sink } from '../support/index.js'
import type { NetworkTraits, Subject } from './far-side.js'
import { ask, askAll, expectFailure, GET, gatewayOver, get, ok } from './gateway-over.js'

/** What holds for the bytes of a message, to and from a peer. */
export function messageRows(subject: Subject, traits: NetworkTraits): void {
  /** Answers every request with these bytes. */
  const answering = async (script: SinkScript, options?: Parameters<typeof gatewayOver>[2]) => {
    const far = await sink(script)
    const gateway = await gatewayOver(subject.transport(), far.url, options)
    return {
      ...gateway,
      far,
      async [Symbol.asyncDispose]() {
        await gateway[Symbol.asyncDispose]()
        await far.close()
      },
    }
  }
  const reply = (bytes: string): SinkScript => ['waitBody', bytes]

  describe('requests on the wire', () => {
    it.each(['DELETE', 'OPTIONS', 'GET'])('H-001 M1 a chunked %s stays inside its own framing', async (method) => {
      await using gateway = await answering(reply(ok()))
      const inner = 'GET /secret HTTP/1.1\r\nHost: internal\r\nX: y\r\n\r\n'
      const size = inner.length.toString(16)
      const head = `${method} /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n`
      const until = afterReplies(2)
      const { text } = await raw(gateway.port, `${head}${size}\r\n${inner}\r\n0\r\n\r\n${get('/second')}`, { until })
      expect(parseReplies(text)).toHaveLength(2)
      const [first, second] = gateway.far.requests
      expect([first?.method, first?.bodyLength, second?.target]).toEqual([method, inner.length, '/second'])
      expect(gateway.far.requests).toHaveLength(2)
      expect(gateway.far.connections.map(({ error }) => error)).not.toContainEqual(expect.anything())
    })

    it('M2 the path on the wire is the canonical one, untouched by the client library', async () => {
      await using gateway = await answering(reply(ok()))
      for (const path of ['/a%20b/%C3%A9?q=/../%2e%2e&x={}', '/a%25b', "/a;v=1/b'c(d)*!$"]) {
        const { status } = await ask(gateway.port, get(path))
        const sent = gateway.far.requests.at(-1)?.target
        if (status === 200) expect(sent).toBe(path)
        else expect(status).toBe(400)
      }
      expect(gateway.far.requests[0]?.target).toBe('/a%20b/%C3%A9?q=/../%2e%2e&x={}')
    })

    it('M7 fields of the hop go neither up nor down', async () => {
      const fields = [
        'Connection: close, X-Secret',
        'X-Secret: 1',
        'Keep-Alive: timeout=9',
        'Proxy-Authenticate: Basic',
        'Upgrade: h2c',
      ]
      await using gateway = await answering(reply(ok('ok', `${fields.join('\r\n')}\r\n`)))
      const hop = [
        'Keep-Alive: timeout=9',
        'Proxy-Connection: keep-alive',
        'Proxy-Authorization: Basic eA==',
        'TE: gzip',
      ]
      const request = `GET /x HTTP/1.1\r\nHost: a\r\nConnection: X-Mine\r\nX-Mine: 1\r\n${hop.join('\r\n')}\r\n\r\n`
      const answer = await ask(gateway.port, request)
      expect(answer.status).toBe(200)
      for (const name of ['x-secret', 'proxy-authenticate', 'upgrade']) expect(answer.header(name)).toBeUndefined()
      const sent = oneMessage(gateway.far.connections[0]!.received)
      for (const name of ['x-mine', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'te'])
        expect(sent.header(name)).toBeUndefined()
      expect(sent.header('connection')).toMatch(/^(keep-alive|close)$/)
    })

    it('H-069 trailers of a request, and a Trailer field without any, do no harm', async () => {
      await using gateway = await answering(reply(ok()))
      const head = 'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, Authorization\r\n\r\n'
      const chunked = `${head}2\r\nhi\r\n0\r\nX-Sum: 1\r\nAuthorization: Basic eA==\r\n\r\n`
      expect((await ask(gateway.port, chunked)).status).toBe(200)
      expect((await ask(gateway.port, 'GET /x HTTP/1.1\r\nHost: a\r\nTrailer: X\r\n\r\n')).status).toBe(200)
      for (const request of gateway.far.requests) {
        expect(request.header('trailer')).toBeUndefined()
        expect(request.header('authorization')).toBeUndefined()
        expect(request.trailers).toEqual([])
      }
    })
  })

  describe('replies on the wire', () => {
    it('H-024 a latin1 field passes byte for byte and a latin1 reason phrase does no harm', async () => {
      await using gateway = await answering(
        reply('HTTP/1.1 200 \xe9t\xe9\r\nX-Name: caf\xe9\r\nContent-Length: 0\r\n\r\n'),
      )
      const answer = await ask(gateway.port)
      expect([answer.status, answer.header('x-name')]).toEqual([200, 'caf\xe9'])
    })

    it.each([
      ['HEAD', 'a body behind its head', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 200, '5'],
      [
        'HEAD',
        'a chunked body',
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
        200,
        undefined,
      ],
      ['GET', 'a body behind a 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello', 204, undefined],
      ['GET', 'a body behind a 304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello', 304, '5'],
    ])(
      'H-065 H-066 M5 %s answered by %s: the head only, and that connection is not used again',
      async (method, _, bytes, status, length) => {
        await using gateway = await answering([['waitBody', bytes], reply(ok('second')) as SinkStep[]])
        const request = `${method} /x HTTP/1.1\r\nHost: a\r\n\r\n`
        const { text } = await raw(gateway.port, request + get('/next'), {
          until: afterReplies(2, { methods: [method, 'GET'] }),
        })
        const [first, second] = parseReplies(text, { methods: [method, 'GET'] })
        expect([first?.status, first?.header('content-length'), first?.bodyLength]).toEqual([status, length, 0])
        expect(second?.body.toString()).toBe('second')
        expect(gateway.far.requests.map(({ connection }) => connection.index)).toEqual([0, 1])
      },
    )

    it('H-066 a 304 with the length of what it stands for keeps it, and leaves no connection waiting for that much', async () => {
      await using gateway = await answering(reply('HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n'))
      for (let nth = 0; nth < 3; nth += 1) {
        const answer = await ask(gateway.port)
        expect([answer.status, answer.header('content-length'), answer.complete]).toEqual([304, '100', true])
      }
      // One at most, idle: a parser that waits for a body would hold one each.
      expect(gateway.far.openConnections()).toBeLessThanOrEqual(1)
    })

    it('H-067 a 103 is relayed in front of its reply', async () => {
      const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nContent-Length: 5\r\n\r\n'
      await using gateway = await answering(reply(early + ok()))
      const replies = await askAll(gateway.port, GET)
      expect(replies.map(({ status }) => status)).toEqual([103, 200])
      expect(replies[0]?.header('link')).toBe('</a.css>; rel=preload')
    })

    it('H-067 a client of HTTP/1.0 gets no interim reply', async () => {
      await using gateway = await answering(reply(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok()}`))
      const { text } = await raw(gateway.port, 'GET /x HTTP/1.0\r\nHost: a\r\n\r\n')
      expect(text).toMatch(/^HTTP\/1\.1 200/)
    })

    it.each([
      ['102', 'HTTP/1.1 102 Processing\r\n\r\n'],
      ['103', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'],
      ['199', 'HTTP/1.1 199 Whatever\r\n\r\n'],
    ])('H-067 a flood of %s is cut short with 502, its connection closed', async (_, interim) => {
      await using gateway = await answering(reply(interim.repeat(20_000) + ok()))
      const replies = await askAll(gateway.port, GET)
      expectFailure(replies.at(-1)!, 502, 'ERR_EDGE_BAD_REPLY')
      expect(replies.length).toBeLessThanOrEqual(101)
      await gateway.far.connections[0]!.gone
      expect(gateway.far.requests).toHaveLength(1)
    })

    it(`H-067 a 100 that nobody asked for becomes ${traits.unasked100}`, async () => {
      await using gateway = await answering(reply(`HTTP/1.1 100 Continue\r\n\r\n${ok()}`))
      expect((await askAll(gateway.port, GET)).map(({ status }) => status)).toEqual([traits.unasked100])
    })

    it.each([
      ['with Upgrade', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
      ['without Upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ])(
      'H-068 a 101 %s that nobody asked for is a 502, its connection closed, and not tried again',
      async (_, bytes) => {
        await using gateway = await answering(reply(`${bytes}junk`))
        expectFailure(await ask(gateway.port), 502, 'ERR_EDGE_BAD_REPLY')
        await gateway.far.connections[0]!.gone
        expect(gateway.far.requests).toHaveLength(1)
      },
    )

    it('H-069 trailers that frame, route, authenticate or set state are dropped, the Trailer field too', async () => {
      const names = ['X-Sum: 1', 'Host: evil', 'Authorization: x', 'Set-Cookie: a=1', 'Cache-Control: public']
      const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, Host\r\n\r\n'
      await using gateway = await answering(reply(`${head}2\r\nok\r\n0\r\n${names.join('\r\n')}\r\n\r\n`))
      const answer = await ask(gateway.port)
      expect([answer.body.toString(), answer.header('trailer')]).toEqual(['ok', undefined])
      expect(answer.trailers.map(([name, value]) => [name.toLowerCase(), value])).toEqual([['x-sum', '1']])
      for (const name of ['host', 'authorization', 'set-cookie']) expect(answer.header(name)).toBeUndefined()
    })

    it.each(['Content-Length: 7', 'Transfer-Encoding: chunked'])(
      'H-069 %s as a trailer never reaches the client',
      async (line) => {
        const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
        await using gateway = await answering(reply(`${head}2\r\nok\r\n0\r\n${line}\r\n\r\n`))
        const { text } = await raw(gateway.port, GET)
        // Read strictly: a framing field among the trailers would throw.
        const [answer] = parseReplies(text, { closed: true })
        expect(answer?.trailers).toEqual([])
      },
    )

    it.each([
      ['an unknown Transfer-Encoding', 'Transfer-Encoding: foo\r\n\r\nhello'],
      ['gzip, chunked', 'Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
      [
        'Transfer-Encoding twice',
        'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      ],
      ['identity', 'Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok'],
      ['both framings', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
      ['two lengths that differ', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
      ['two lengths that agree', 'Content-Length: 2\r\nContent-Length: 2\r\n\r\nok'],
      ['a list of lengths', 'Content-Length: 2, 2\r\n\r\nok'],
      ['a signed length', 'Content-Length: +2\r\n\r\nok'],
    ])('H-105 M10 a reply with %s is a 502, its connection closed, and not tried again', async (_, rest) => {
      await using gateway = await answering(reply(`HTTP/1.1 200 OK\r\n${rest}`))
      expectFailure(await ask(gateway.port), 502, 'ERR_EDGE_BAD_REPLY')
      await gateway.far.connections[0]!.gone
      expect(gateway.far.requests).toHaveLength(1)
    })

    it(`H-105 M10 Transfer-Encoding in a reply of HTTP/1.0 becomes ${traits.codingInHttp10}`, async () => {
      await using gateway = await answering([
        'waitBody',
        'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
        'end',
      ])
      const answer = await ask(gateway.port)
      expect([answer.status, answer.complete]).toEqual([traits.codingInHttp10, true])
      await gateway.far.connections[0]!.gone
    })

    it.each([
      ['behind its length', ok('one')],
      ['behind its last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n'],
    ])('H-104 bytes %s cost the upstream its connection', async (_, bytes) => {
      const late = Promise.withResolvers<void>()
      await using gateway = await answering([
        ['waitBody', `${bytes}EXTRA`],
        ['waitBody', bytes, () => late.promise, 'EXTRA'],
        ['waitBody', ok('two')],
      ])
      const { far } = gateway
      const atOnce = await ask(gateway.port)
      if (traits.bytesBehind === 200) expect(atOnce.body.toString()).toBe('one')
      else expectFailure(atOnce, 502, 'ERR_EDGE_BAD_REPLY')
      await far.connections[0]!.gone
      expect((await ask(gateway.port)).body.toString()).toBe('one')
      late.resolve()
      await far.connections[1]!.gone
      expect((await ask(gateway.port)).body.toString()).toBe('two')
      expect(far.requests.map(({ connection }) => connection.index)).toEqual([0, 1, 2])
    })
  })
}
