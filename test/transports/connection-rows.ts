import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { httpProxy, type UpstreamTls } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { certificates, eventually, faultyUpstream, rawOpen, sink, upstream } from '../support/index.js'
import type { Subject } from './far-side.js'
import { ask, expectFailure, gatewayOver, get, ok, post, steady } from './gateway-over.js'

/** What holds for the connections to a peer: kept, gone stale, poisoned, encrypted, local. */
export function connectionRows(subject: Subject): void {
  const over = (endpoints: Parameters<typeof gatewayOver>[1], options?: Parameters<typeof gatewayOver>[2]) =>
    gatewayOver(subject.transport(), endpoints, options)
  const generous = { pool: { retryBudget: { ratio: 10, minPerSecond: 100 } } }

  describe('kept connections', () => {
    it.each(['reset', 'end'] as const)(
      'H-100 M9 a kept connection that dies by %s under a GET is replaced: all answered 200',
      async (how) => {
        await using far = await sink((_, nth) => (nth === 0 ? ['waitBody', ok()] : [how]))
        await using gateway = await over(far.url, generous)
        for (let nth = 0; nth < 10; nth += 1) expect((await ask(gateway.port)).status).toBe(200)
        await gateway.idle()
        expect(gateway.pool.endpoints[0]?.available).toBe(true)
        expect(gateway.outcomes.flatMap(({ attempts }) => attempts).filter((each) => each.countsAgainst)).toEqual([])
      },
    )

    it('H-100 M9 a connection that the upstream closes behind each reply costs no request', async () => {
      await using far = await sink(['waitBody', ok(), 'end'])
      await using gateway = await over(far.url)
      for (let nth = 0; nth < 20; nth += 1) expect((await ask(gateway.port)).status).toBe(200)
      expect(gateway.outcomes.flatMap(({ attempts }) => attempts.map(({ status }) => status))).toEqual(
        Array(20).fill(200),
      )
    })

    it('H-117 a connection that is reset right behind a whole reply changes nothing about it', async () => {
      await using far = await sink(['waitBody', ok('whole'), 'reset'])
      await using gateway = await over(far.url)
      for (let nth = 0; nth < 20; nth += 1) expect((await ask(gateway.port)).body.toString()).toBe('whole')
      await gateway.settled(20)
      expect(gateway.outcomes.map(({ error, attempts }) => [error, attempts.length])).toEqual(Array(20).fill([null, 1]))
      expect(gateway.pool.endpoints[0]?.available).toBe(true)
    })

    it('H-100 H-101 M9 a POST on a kept connection that dies is a 502, sent once', async () => {
      await using far = await faultyUpstream('half-open')
      await using gateway = await over(far.url, generous)
      expect((await ask(gateway.port)).status).toBe(200)
      expectFailure(await ask(gateway.port, post('once')), 502, 'ERR_EDGE_UPSTREAM_RESET')
      expect(far.sink?.requests.map(({ method }) => method)).toEqual(['GET', 'POST'])
    })

    it("H-100 an idle connection is closed a second before the upstream's own limit", async () => {
      await using far = await sink(['waitBody', ok('ok', 'Keep-Alive: timeout=2\r\n')])
      await using gateway = await over(far.url)
      await ask(gateway.port)
      const since = performance.now()
      await far.connections[0]!.gone
      expect(performance.now() - since).toBeGreaterThan(500)
      expect(performance.now() - since).toBeLessThan(1_900)
      expect(far.connections[0]!.closed).toBe('end')
    })

    it.each([
      ['in the same packet', false],
      ['on the idle connection', true],
    ])('H-103 a reply that nobody asked for, %s, is nobody’s', async (_, later) => {
      const poison = ok('poison')
      const next = Array.from({ length: 6 }, () => Promise.withResolvers<void>())
      await using far = await sink((connection, _nth, { target }) => {
        const id = ok(target)
        return later ? ['waitBody', id, () => next[connection.index]!.promise, poison] : ['waitBody', id + poison]
      })
      await using gateway = await over(far.url)
      for (const [nth, { resolve }] of next.entries()) {
        const reply = await ask(gateway.port, get(`/id-${nth}`))
        if (later || reply.status === 200) expect(reply.body.toString()).toBe(`/id-${nth}`)
        else expectFailure(reply, 502, 'ERR_EDGE_BAD_REPLY')
        resolve()
        await far.connections[nth]!.gone
      }
    })
  })

  describe('what is sent twice', () => {
    const bodied = ['POST', 'PUT', 'PATCH', 'DELETE', 'GET'].map((method) => [method, post('pay', { method })] as const)
    const failures = [
      ['a reset', ['waitBody', 'reset'], 502],
      ['a FIN', ['waitBody', 'end'], 502],
      ['silence', ['stall'], 504],
      ['a 503', ['waitBody', 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n'], 503],
    ] as const

    it.each(failures)(
      'H-101 requests with a body, POST and DELETE are never sent again after %s',
      async (_, script, status) => {
        await using one = await sink([...script])
        await using two = await sink([...script])
        await using gateway = await over([one.url, two.url], { pool: steady, forward: { firstByteTimeoutMs: 50 } })
        const bare = (method: string) => `${method} /x HTTP/1.1\r\nHost: a\r\n\r\n`
        const requests = [...bodied.map(([, request]) => request), bare('POST'), bare('DELETE')]
        for (const request of requests) expect((await ask(gateway.port, request)).status).toBe(status)
        expect(one.requests.length + two.requests.length).toBe(requests.length)
      },
    )

    it('H-101 an upload that was begun is never sent again, nor cut short elsewhere', async () => {
      await using one = await sink((connection) => [
        async () => void (await eventually(() => connection.bytesReceived > 64 * 1024)),
        'reset',
      ])
      await using two = await sink()
      await using gateway = await over([one.url, two.url])
      await using client = await rawOpen(gateway.port)
      await client.write('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n')
      client.write(Buffer.alloc(500_000)).catch(() => {})
      await client.waitFor('502 ERR_EDGE_UPSTREAM_RESET')
      await gateway.idle()
      expect([one.requests.length, two.connections.length]).toEqual([1, 0])
    })

    it('H-101 an upload of which nothing has left goes whole to the next endpoint', async () => {
      await using refusing = await faultyUpstream('refuse')
      await using good = await sink()
      await using gateway = await over([refusing.url, good.url])
      await using client = await rawOpen(gateway.port)
      await client.write('POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n')
      await good.waitForRequests(1)
      await client.write('6\r\nsecond\r\n0\r\n\r\n')
      await client.waitFor('HTTP/1.1 200')
      expect(good.requests.map(({ body, complete }) => [body.toString(), complete])).toEqual([['firstsecond', true]])
    })
  })

  describe('TLS', () => {
    const own = certificates({ names: ['localhost'] })
    /** An upstream with a certificate for `names`, that tells which name it was asked for. */
    const secure = (names: string[] = ['localhost']) =>
      upstream(
        ({ socket }, response) => {
          response.end(`sni=${socket instanceof TLSSocket ? String(socket.servername) : ''}`)
        },
        { tls: certificates({ names }) },
      )
    const through = async (port: number, tls: UpstreamTls, transport = subject.transport()) => {
      await using gateway = await gatewayOver(transport, `https://localhost:${port}`, { pool: { tls } })
      return await ask(gateway.port, 'GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n')
    }

    it('H-199 an authority that is not trusted is refused', async () => {
      await using far = await secure()
      expectFailure(await through(far.port, {}), 502, 'ERR_EDGE_TLS')
      expect(far.hits).toBe(0)
    })

    it("H-199 a trusted one is accepted; the name asked for is the endpoint's, not the client's Host", async () => {
      await using far = await secure()
      const reply = await through(far.port, { ca: own.ca })
      expect([reply.status, reply.body.toString()]).toEqual([200, 'sni=localhost'])
      expect(far.requests[0]?.headers.host).toBe('evil.example')
    })

    it('H-199 a certificate of another name is refused, unless that name is configured', async () => {
      await using far = await secure(['other.example'])
      expectFailure(await through(far.port, { ca: own.ca }), 502, 'ERR_EDGE_TLS')
      const named = await through(far.port, { ca: own.ca, servername: 'other.example' })
      expect([named.status, named.body.toString()]).toEqual([200, 'sni=other.example'])
    })

    it('H-199 an address is verified as such, and no name is asked for', async () => {
      await using far = await secure(['127.0.0.1'])
      await using gateway = await over(far.url, { pool: { tls: { ca: own.ca } } })
      const reply = await ask(gateway.port)
      expect([reply.status, reply.body.toString()]).toEqual([200, 'sni=false'])
    })

    it('H-199 the pool proves itself with its certificate, to an upstream that wants one', async () => {
      const me = certificates({ names: ['edge'] })
      const tls = { cert: own.cert, key: own.key, ca: own.ca, requestCert: true }
      await using far = await upstream(
        (request, response) => response.end((request.socket as TLSSocket).getPeerX509Certificate()?.subject),
        { tls },
      )
      const reply = await through(far.port, { ca: own.ca, cert: me.cert, key: me.key })
      expect([reply.status, reply.body.toString()]).toEqual([200, 'CN=edge'])
      expect((await through(far.port, { ca: own.ca })).status).toBe(502)
    })

    it('H-199 verification is off by name only, and for that pool only', async () => {
      await using far = await secure()
      const transport = subject.name === 'httpProxy' ? httpProxy({ httpsAgent: new Agent() }) : subject.transport()
      expect((await through(far.port, { rejectUnauthorized: false }, transport)).status).toBe(200)
      // No session of the first pool lets the second in.
      expectFailure(await through(far.port, {}, transport), 502, 'ERR_EDGE_TLS')
    })
  })

  describe('unix sockets', () => {
    const path = (name: string) => join(tmpdir(), `edgewise-${process.pid}-${subject.name}-${name}.sock`)

    it("H-200 each socket has its own connections; Host is the client's, or localhost with changeOrigin", async () => {
      const script = (name: string) => ['waitBody', ok(name)]
      await using one = await sink(script('one'), { socketPath: path('one') })
      await using two = await sink(script('two'), { socketPath: path('two') })
      await using plain = await over([`unix:${path('one')}`, `unix:${path('two')}:/prefix`])
      const bodies: string[] = []
      for (let nth = 0; nth < 4; nth += 1) bodies.push((await ask(plain.port)).body.toString())
      expect(bodies).toEqual(['one', 'two', 'one', 'two'])
      expect([one.connections.length, two.connections.length]).toEqual([1, 1])
      expect([one.requests[0]?.target, two.requests[0]?.target]).toEqual(['/x', '/prefix/x'])
      expect(one.requests[0]?.header('host')).toBe('a')
      await using changed = await over(`unix:${path('one')}`, { forward: { changeOrigin: true } })
      await ask(changed.port)
      expect(one.requests.at(-1)?.header('host')).toBe('localhost')
    })

    it('H-200 a client cannot name the socket', async () => {
      await using far = await sink(undefined, { socketPath: path('secret') })
      await using good = await sink()
      await using gateway = await over(good.url)
      await ask(gateway.port, `GET http://unix:${path('secret')}:/x HTTP/1.1\r\nHost: a\r\n\r\n`)
      await ask(gateway.port, `GET /x HTTP/1.1\r\nHost: unix:${path('secret')}\r\n\r\n`)
      expect(far.connections).toHaveLength(0)
    })
  })
}
