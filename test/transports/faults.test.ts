import type { LookupFunction } from 'node:net'
import { type EdgeErrorCode, type Endpoint, type Filter, reply, roundRobin, type StreamBody } from 'edgewise'
import { describe, expect, it } from 'vitest'
import {
  certificates,
  eventually,
  type Fault,
  faultyUpstream,
  parseReplies,
  raw,
  rawOpen,
  type SinkStep,
  sink,
  upstream,
} from '../support/index.js'
import { networkSubjects } from './far-side.js'
import { ask, expectFailure, GET, gatewayOver, get, ok, steady } from './gateway-over.js'

describe.each(networkSubjects)('faults of the upstream through $name', ({ transport }) => {
  const over = (endpoints: Parameters<typeof gatewayOver>[1], options?: Parameters<typeof gatewayOver>[2]) =>
    gatewayOver(transport(), endpoints, options)

  describe('each kind', () => {
    const limits = { connectTimeoutMs: 60, firstByteTimeoutMs: 60 }
    it.each<[Fault, number | 'broken', EdgeErrorCode | null]>([
      ['refuse', 502, 'ERR_EDGE_CONNECT'],
      ['blackhole', 504, 'ERR_EDGE_CONNECT_TIMEOUT'],
      ['stall', 504, 'ERR_EDGE_FIRST_BYTE_TIMEOUT'],
      ['garbage', 502, 'ERR_EDGE_BAD_REPLY'],
      ['reset-at', 'broken', 'ERR_EDGE_UPSTREAM_RESET'],
      ['end-at', 'broken', 'ERR_EDGE_UPSTREAM_RESET'],
      ['half-open', 200, null],
      ['drip', 200, null],
    ])('H-095 H-098 %s becomes %s %s, without a word of where the upstream is', async (kind, status, code) => {
      // All but the last bytes: the head is there by then.
      await using far = await faultyUpstream(kind, { at: 150, everyMs: 1 })
      await using gateway = await over(far.url, { forward: kind === 'drip' ? {} : limits })
      if (status === 'broken') await expectBroken(gateway.port, 'HTTP/1.1')
      else if (code === null) expect(await ask(gateway.port)).toMatchObject({ status, complete: true, bodyLength: 100 })
      else expectFailure(await ask(gateway.port), status, code)
      expect((await gateway.settled()).error?.code ?? null).toBe(code)
      await gateway.idle()
    })
  })

  describe('death in the middle of a reply', () => {
    const deaths: [string, string, SinkStep][] = [
      ['a length cut short by FIN', 'Content-Length: 10\r\n\r\npart', 'end'],
      ['a length cut short by RST', 'Content-Length: 10\r\n\r\npart', 'reset'],
      ['chunks cut short by FIN', 'Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n', 'end'],
      ['chunks cut short by RST', 'Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n', 'reset'],
      ['a chunk cut within by FIN', 'Transfer-Encoding: chunked\r\n\r\n9\r\npart', 'end'],
      ['a reply without length ended by RST', '\r\npart', 'reset'],
    ]
    describe.each(['HTTP/1.1', 'HTTP/1.0'])('a client of %s', (version) => {
      it.each(deaths)('H-090 M3 sees %s as a broken message', async (_, rest, how) => {
        const seen = Promise.withResolvers<void>()
        await using far = await sink(['waitBody', `HTTP/1.1 200 OK\r\n${rest}`, () => seen.promise, how])
        await using gateway = await over(far.url)
        await expectBroken(gateway.port, version, seen.resolve)
        const { error, termination } = await gateway.settled()
        expect([error?.code, termination.who]).toEqual(['ERR_EDGE_UPSTREAM_RESET', 'upstream'])
        await far.connections[0]!.gone
        await gateway.idle()
      })
    })

    it('H-090 a broken chunk is a broken message too', async () => {
      const seen = Promise.withResolvers<void>()
      const good = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'
      await using far = await sink(['waitBody', good, () => seen.promise, 'xyz\r\n'])
      await using gateway = await over(far.url)
      await expectBroken(gateway.port, 'HTTP/1.1', seen.resolve)
      expect((await gateway.settled()).error?.code).toBe('ERR_EDGE_BAD_REPLY')
      await far.connections[0]!.gone
    })

    it('H-090 a reply without length that ends in good order is whole', async () => {
      await using far = await sink(['waitBody', 'HTTP/1.1 200 OK\r\n\r\nwhole', 'end'])
      await using gateway = await over(far.url)
      expect(await ask(gateway.port)).toMatchObject({ status: 200, complete: true, bodyLength: 5 })
    })
  })

  describe('failures before the head is out', () => {
    it('H-092 M5 a length set by outer middleware for a reply that will not come is not on the 502; its other fields stay', async () => {
      await using far = await faultyUpstream('refuse')
      const before: Parameters<typeof gatewayOver>[2] = {
        before: (_, res) => void res.setHeader('content-length', '999').setHeader('x-outer', '1'),
      }
      await using gateway = await over(far.url, before)
      const answer = await ask(gateway.port)
      expectFailure(answer, 502, 'ERR_EDGE_CONNECT')
      expect(answer.header('x-outer')).toBe('1')
    })

    it('H-092 M5 a reply whose body died meanwhile becomes a 502 without its fields', async () => {
      await using far = await sink(['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nX-Up: 1\r\n\r\npart', 'end'])
      const patient: Filter = async (exchange, next) => {
        const answer = await next(exchange)
        await eventually(() => (answer.body as StreamBody).failure)
        return answer
      }
      await using gateway = await over(far.url, { filters: [patient] })
      const answer = await ask(gateway.port)
      expectFailure(answer, 502, 'ERR_EDGE_UPSTREAM_RESET')
      expect(answer.header('x-up')).toBeUndefined()
    })

    it('H-092 a reply that cannot be written is a 500, and its upstream is let go', async () => {
      await using far = await sink(['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\npart', 'stall'])
      const spoil: Filter = async (exchange, next) => {
        const answer = await next(exchange)
        return { ...answer, headers: { ...answer.headers, 'x-bad': 'a\nb' } }
      }
      await using gateway = await over(far.url, { filters: [spoil] })
      const answer = await ask(gateway.port)
      expectFailure(answer, 500, 'ERR_EDGE_BAD_VALUE')
      await far.connections[0]!.gone
      await gateway.idle()
    })
  })

  describe('errors by their code', () => {
    const failing = (code: string): LookupFunction =>
      ((_host: string, _options: unknown, done: (error: Error) => void) =>
        done(Object.assign(new Error(`lookup ${code} secret.internal`), { code }))) as LookupFunction

    it.each([
      ['ENOTFOUND', 502, 'ERR_EDGE_CONNECT'],
      ['EAI_AGAIN', 502, 'ERR_EDGE_CONNECT'],
      ['EHOSTUNREACH', 502, 'ERR_EDGE_CONNECT'],
      ['ENETUNREACH', 502, 'ERR_EDGE_CONNECT'],
      ['ETIMEDOUT', 504, 'ERR_EDGE_CONNECT_TIMEOUT'],
    ] as const)('H-095 H-058 M6 %s while connecting is a generic %i %s', async (code, status, edgeCode) => {
      await using gateway = await over('http://secret.internal:80', { pool: { lookup: failing(code) } })
      expectFailure(await ask(gateway.port), status, edgeCode)
    })

    it.each([
      ['of an unknown authority', { authority: 'Stranger' }],
      ['of another name', { names: ['other.example'] }],
    ])('H-095 H-199 a certificate %s is a generic 502', async (_, options) => {
      await using far = await upstream(undefined, { tls: certificates(options) })
      await using gateway = await over(`https://localhost:${far.port}`, { pool: { tls: { ca: certificates().ca } } })
      expectFailure(await ask(gateway.port), 502, 'ERR_EDGE_TLS')
      expect(far.hits).toBe(0)
    })

    it('H-095 an https: endpoint that speaks no TLS is a generic 502', async () => {
      await using far = await sink([], { greet: ['220 mail ready\r\n'] })
      await using gateway = await over(`https://127.0.0.1:${far.port}`)
      expectFailure(await ask(gateway.port), 502, 'ERR_EDGE_TLS')
    })
  })

  describe('garbage', () => {
    const tls = Buffer.from([0x15, 3, 1, 0, 2, 2, 0x46])
    const endless = async (connection: { socket: { destroyed: boolean }; write(bytes: string): Promise<void> }) => {
      await connection.write('HTTP/1.1 200 OK\r\nX: ')
      for (let sent = 0; sent < 10_000 && !connection.socket.destroyed; sent += 1)
        await connection.write('y'.repeat(1024))
    }
    it.each<[string, SinkStep[]]>([
      ['status 099', ['HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n']],
      ['status 000', ['HTTP/1.1 000 Odd\r\nContent-Length: 0\r\n\r\n']],
      ['status 1000', ['HTTP/1.1 1000 Odd\r\nContent-Length: 0\r\n\r\n']],
      ['status 20', ['HTTP/1.1 20 Odd\r\nContent-Length: 0\r\n\r\n']],
      ['Content-Length twice', ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok']],
      ['a header without colon', ['HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 2\r\n\r\nok']],
      ['NUL in a header', ['HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok']],
      ['a header of 30 KB', [`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(30_000)}\r\nContent-Length: 2\r\n\r\nok`]],
      ['a header without end', [endless]],
      ['600 headers', [`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(600)}Content-Length: 2\r\n\r\nok`]],
      ['TLS bytes', [tls]],
      ['an SSH banner', ['SSH-2.0-OpenSSH_9.2p1\r\n']],
      ['HTTP/0.9', ['<html>hello</html>', 'end']],
    ])('H-097 M6 %s is a 502, its connection closed, and not tried again', async (_, script) => {
      await using far = await sink(['waitBody', ...script])
      await using gateway = await over(far.url)
      expectFailure(await ask(gateway.port), 502, 'ERR_EDGE_BAD_REPLY')
      await far.connections[0]!.gone
      expect(far.requests).toHaveLength(1)
      await gateway.idle()
    })

    it('H-097 an empty reply is a 502 after one more try', async () => {
      await using far = await sink(['waitBody', 'end'])
      await using gateway = await over(far.url)
      expectFailure(await ask(gateway.port), 502, 'ERR_EDGE_UPSTREAM_RESET')
      expect(far.requests).toHaveLength(2)
    })

    it('H-097 status 999 is relayed as it is', async () => {
      await using far = await sink(['waitBody', 'HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok'])
      await using gateway = await over(far.url)
      expect(await ask(gateway.port)).toMatchObject({ status: 999, complete: true, bodyLength: 2 })
    })

    it('H-097 two Set-Cookie, Via or Server lines are no garbage', async () => {
      await using far = await sink([
        'waitBody',
        ok('ok', 'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nServer: a\r\nServer: b\r\n'),
      ])
      await using gateway = await over(far.url)
      expect((await ask(gateway.port)).status).toBe(200)
    })
  })

  describe('limits of time', () => {
    it('H-098 a TLS handshake that stalls is a 504 like a connect that does', async () => {
      await using far = await sink(['stall'])
      await using gateway = await over(`https://127.0.0.1:${far.port}`, { forward: { connectTimeoutMs: 60 } })
      expectFailure(await ask(gateway.port), 504, 'ERR_EDGE_CONNECT_TIMEOUT')
      await far.connections[0]!.gone
    })

    it('H-098 a reply that falls silent is broken off, never ended', async () => {
      await using far = await sink([
        'waitBody',
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n',
        'stall',
      ])
      await using gateway = await over(far.url, { forward: { idleTimeoutMs: 60 } })
      await expectBroken(gateway.port, 'HTTP/1.1')
      expect((await gateway.settled()).error?.code).toBe('ERR_EDGE_IDLE_TIMEOUT')
      await far.connections[0]!.gone
    })

    it('H-098 a reply that drips outlives the idle limit, not the total one', async () => {
      await using far = await faultyUpstream('drip', { everyMs: 2 })
      await using patient = await over(far.url, { forward: { idleTimeoutMs: 100 } })
      expect(await ask(patient.port)).toMatchObject({ status: 200, complete: true })
      await using strict = await over(far.url, { forward: { totalTimeoutMs: 100 } })
      expectFailure(await ask(strict.port), 504, 'ERR_EDGE_TOTAL_TIMEOUT')
    })

    it('H-093 a client that does not read is given up as stalled, and the upstream is let go', async () => {
      const endless = async (connection: { socket: { destroyed: boolean }; write(bytes: Buffer): Promise<void> }) => {
        while (!connection.socket.destroyed) await connection.write(Buffer.alloc(65_536))
      }
      await using far = await sink(['waitBody', 'HTTP/1.1 200 OK\r\n\r\n', endless])
      await using gateway = await over(far.url, { forward: { idleTimeoutMs: 100 } })
      await using client = await rawOpen(gateway.port)
      client.pause()
      await client.write(GET)
      const { error, termination } = await gateway.settled()
      expect([error?.code, termination.who]).toEqual(['ERR_EDGE_CLIENT_STALLED', 'client'])
      await far.connections[0]!.gone
      await gateway.idle()
      expect(gateway.pool.endpoints[0]?.available).toBe(true)
    })

    it('H-094 an upload that stops arriving is a 408, and the upstream sees it broken', async () => {
      await using far = await sink(['stall'])
      await using gateway = await over(far.url, { forward: { firstByteTimeoutMs: 60, idleTimeoutMs: 60 } })
      const { text } = await raw(gateway.port, 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nonly ten..')
      const [answer] = parseReplies(text, { closed: true })
      expectFailure(answer!, 408, 'ERR_EDGE_REQUEST_TIMEOUT')
      await far.connections[0]!.gone
      expect(far.requests.map(({ complete }) => complete)).toEqual([false])
      expect(gateway.pool.endpoints[0]?.available).toBe(true)
    })
  })

  it('H-091 a client that leaves while its request is tried again ends that try too, and no other is made', async () => {
    await using first = await sink(['waitBody', 'reset'])
    await using second = await sink(['stall'])
    await using third = await sink(['stall'])
    await using gateway = await over([first.url, second.url, third.url])
    await using client = await rawOpen(gateway.port)
    await client.write(GET)
    await second.waitForRequests(1)
    client.destroy()
    await eventually(() => second.openConnections() === 0, { timeoutMs: 100 })
    await gateway.idle()
    expect([first.requests.length, second.requests.length, third.connections.length]).toEqual([1, 1, 0])
    expect(gateway.pool.endpoints.map(({ available }) => available)).toEqual([false, true, true])
  })

  describe('hooks that fail', () => {
    const boom = (): never => {
      throw new Error('boom secret.internal')
    }
    const rejecting = () => Promise.reject(new Error('boom secret.internal'))
    const failing = roundRobin<Endpoint>()
    failing.pick = boom
    const hooks: [string, Parameters<typeof gatewayOver>[2]][] = [
      ['pathRewrite that throws', { forward: { pathRewrite: boom } }],
      ['pathRewrite that returns nonsense', { forward: { pathRewrite: () => 'no path \r\n' } }],
      ['pathRewrite that returns a promise', { forward: { pathRewrite: rejecting as never } }],
      ['filter that throws', { filters: [boom] }],
      ['filter that rejects', { filters: [rejecting] }],
      ['filter that rejects behind the reply', { filters: [async (exchange, next) => next(exchange).then(boom)] }],
      ['balancer that throws', { pool: { balancer: failing } }],
    ]
    it.each(hooks)('H-096 a %s is a 500 that tells nothing; the next request is none the worse', async (_, options) => {
      await using far = await sink()
      await using gateway = await over(far.url, { ...options, pool: { ...steady, ...options?.pool } })
      for (let nth = 0; nth < 2; nth += 1) {
        const answer = await ask(gateway.port)
        expect(answer.status).toBe(500)
        expect(answer.body.toString()).not.toMatch(/boom|secret/)
      }
      expect(gateway.outcomes.map(({ termination }) => termination.who)).not.toContain(null)
    })

    it.each([
      ['throws', boom],
      ['rejects', rejecting],
    ])('H-096 a handler endpoint that %s is a 500 that tells nothing, its lease given back', async (_, handler) => {
      await using gateway = await over({ name: 'local', handler }, { pool: steady })
      const answer = await ask(gateway.port)
      expect(answer.status).toBeGreaterThanOrEqual(500)
      expect(answer.body.toString()).not.toMatch(/boom|secret/)
      await gateway.idle()
    })

    it('H-096 a filter that never answers holds nothing once its client has left', async () => {
      const entered = Promise.withResolvers<void>()
      const never: Filter = () => {
        entered.resolve()
        return new Promise(() => {})
      }
      await using gateway = await over({ name: 'local', handler: async () => reply(200) }, { filters: [never] })
      await using client = await rawOpen(gateway.port)
      await client.write(get('/x'))
      await entered.promise
      client.destroy()
      expect((await gateway.settled()).termination.who).toBe('client')
    })
  })
})

/** Asks, and expects a message that no client takes for whole: cut short, and to HTTP/1.0, which has no other sign, reset. */
async function expectBroken(port: number, version: string, seen?: () => void): Promise<void> {
  const watch = async (client: { waitFor(text: string): Promise<string> }) => {
    await client.waitFor('part')
    seen?.()
  }
  const steps = [`GET /x ${version}\r\nHost: a\r\n\r\n`, ...(seen === undefined ? [] : [watch])]
  const { text, ended } = await raw(port, steps, { hold: Infinity })
  expect(text).not.toContain('\r\n0\r\n\r\n')
  if (version === 'HTTP/1.0') return expect(ended).toBe('reset')
  expect(ended).not.toBe('open')
  expect(parseReplies(text)).toMatchObject([{ status: 200, complete: false }])
}
