import {
  anyOf,
  authenticator,
  createGateway,
  createPool,
  EventHub,
  type ForwardAuthOptions,
  forward,
  forwardAuth,
  type Handler,
  handOver,
  principalOf,
  reply,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { ask } from '../../../adapters/contract/kit.js'
import {
  drained,
  eventually,
  fakeClock,
  rawOpen,
  sink,
  type UpstreamHandler,
  upstream,
} from '../../../support/index.js'
import { asked } from '../../../unit/asked.js'
import { ran } from '../../../unit/filters/ran.js'
import { guarded } from './guarded.js'

const yes: UpstreamHandler = (request, response) =>
  response
    .writeHead(204, { 'x-user': 'ada', 'x-roles': 'a, b', 'set-cookie': ['s=1', 't=2'], authorization: 'Bearer in' })
    .end(request.resume() && undefined)
const seenBy = (answer: { body: Buffer }) => JSON.parse(answer.body.toString())

describe('a service that is asked', () => {
  it('says who asks, to the upstream and to filters, in place of what the client says', async () => {
    await using service = await upstream(yes)
    await using edge = await guarded((events) =>
      forwardAuth({
        url: service.url,
        requestHeaders: ['X-User', 'X-Tenant', 'authorization'],
        principal: { id: 'X-User', roles: 'x-roles' },
        identityHeaders: { 'x-id': 'id' },
        events,
      }),
    )
    const fields = 'X-User: root\r\nX_User: root\r\nX-Tenant: root\r\nX-Id: root\r\nAuthorization: Basic YTpi\r\n'
    const { principal, headers } = seenBy(await ask(edge.port, '/x', { fields }))
    expect(principal).toMatchObject({ id: 'ada', scheme: 'forward-auth', roles: ['a', 'b'] })
    expect([
      headers['x-user'],
      headers['x_user'],
      headers['x-tenant'],
      headers['x-id'],
      headers['authorization'],
    ]).toEqual(['ada', undefined, undefined, 'ada', 'Bearer in'])
    expect(service.requests[0]!.headers).toMatchObject({ authorization: 'Basic YTpi', 'x-forwarded-for': '127.0.0.1' })
    expect(service.requests[0]!.headers['x-user']).toBeUndefined()
  })

  it('says it byte for byte, where it is UTF-8', async () => {
    const name = Buffer.from('Łukáš').toString('latin1')
    const handler = async () => reply(200, null, { 'x-user': name, 'x-old': 'f\xfcr' })
    await using edge = await guarded(() =>
      forwardAuth({
        handler,
        requestHeaders: ['x-user', 'x-old'],
        principal: { id: 'x-user' },
        identityHeaders: { 'x-id': 'id' },
      }),
    )
    const { principal, headers } = seenBy(await ask(edge.port, '/x'))
    expect(principal.id).toBe('Łukáš')
    expect([headers['x-user'], headers['x-id'], headers['x-old']]).toEqual([
      name,
      name,
      Buffer.from('für').toString('latin1'),
    ])
  })

  it('is not asked, nor missed, on a path that is skipped, and where another one knows the client', async () => {
    const asked: string[] = []
    const handler: Handler = async ({ target }) => {
      asked.push(target.path)
      return reply(403)
    }
    const service = forwardAuth({ handler, skipPaths: ['/x'], requestHeaders: ['authorization'] })
    const known = authenticator({ name: 'known', verify: () => ({ id: 'ada' }) })
    for (const filter of [service, anyOf(known, service)]) {
      await using edge = await guarded(() => filter)
      expect((await ask(edge.port, '/x')).status).toBe(200)
    }
    expect(asked).toEqual([])
  })

  it('H-064 has its fields taken from clients on routes that don’t ask, too', async () => {
    const filter = forwardAuth({ handler: async () => reply(200), requestHeaders: ['x-user', 'authorization'] })
    expect(filter.identityHeaders).toEqual(['x-user'])
    await filter.close?.()
  })

  it('has its fields sent to the client, if told so, and cookies beside those that are there', async () => {
    await using service = await upstream(yes)
    await using edge = await guarded(
      () => forwardAuth({ url: service.url, replyHeaders: ['Set-Cookie', 'x-user', 'x-none'] }),
      { handler: async () => reply(200, 'ok', { 'set-cookie': 'own=1', 'x-user': 'upstream', 'x-none': 'stays' }) },
    )
    const answer = await ask(edge.port, '/x')
    const cookies = answer.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value)
    expect(cookies).toEqual(['own=1', 's=1', 't=2'])
    expect([answer.header('x-user'), answer.header('x-none')]).toEqual(['ada', 'stays'])
  })

  it('may answer itself, whole, where that is allowed', async () => {
    await using service = await upstream((_request, response) =>
      response.writeHead(302, { location: 'https://login.test/', 'set-cookie': ['a=1', 'b=2'] }).end('go there'),
    )
    await using edge = await guarded((events) => forwardAuth({ url: service.url, passReplies: [302], events }))
    const answer = await ask(edge.port, '/x')
    expect([answer.status, answer.header('location'), answer.body.toString()]).toEqual([
      302,
      'https://login.test/',
      'go there',
    ])
    expect([answer.headers.filter(([name]) => name === 'set-cookie').length, edge.whys]).toEqual([
      2,
      ['the service answers itself'],
    ])
  })

  it('is not believed in any spelling of what only the filter writes', async () => {
    await using service = await upstream(yes)
    await using edge = await guarded(() => forwardAuth({ url: service.url }))
    const fields = ['Original-URI', 'Original-Method', 'Forwarded-Uri', 'Forwarded-Method', 'Original-URL']
      .flatMap((name) => [`X-${name}`, `X_${name.replace('-', '_')}`])
      .map((name) => `${name}: /public\r\n`)
      .join('')
    await ask(edge.port, '/private?a=1', { fields })
    const { headers, rawHeaders } = service.requests[0]!
    expect(rawHeaders.join('\n')).not.toContain('/public')
    expect([headers['x-original-uri'], headers['x-forwarded-uri'], headers['x-original-url']]).toEqual([
      '/private?a=1',
      '/private?a=1',
      'http://a.test/private?a=1',
    ])
  })

  it.each([
    ['all but those of body, conditions and handshake', 'all', ['authorization', 'x-a']],
    ['those that are named', ['X-A'], ['x-a']],
    ['none', [], []],
  ] as const)('sees of the client’s fields %s', async (_what, sendHeaders, names) => {
    await using service = await upstream(yes)
    await using edge = await guarded(() => forwardAuth({ url: service.url, sendHeaders }))
    const fields =
      'X-A: 1\r\nAuthorization: Basic YTpi\r\nIf-None-Match: "x"\r\nRange: bytes=0-1\r\nContent-Type: text/plain\r\n'
    const answer = await ask(edge.port, '/x', { method: 'PUT', body: 'hello', fields })
    const { headers, method } = service.requests[0]!
    const wanted = ['x-a', 'authorization', 'if-none-match', 'range', 'content-type', 'content-length']
    expect([answer.status, method, wanted.filter((name) => name in headers)]).toEqual([
      200,
      'GET',
      wanted.filter((name) => (names as readonly string[]).includes(name)),
    ])
    expect(headers.host).toBe(`127.0.0.1:${service.port}`)
  })

  it('leaves the body to the upstream, byte for byte', async () => {
    await using service = await upstream(yes)
    await using far = await upstream()
    await using edge = await guarded(() => forwardAuth({ url: service.url }), { handler: forward(far.url) })
    const body = 'x'.repeat(200_000)
    expect(seenBy(await ask(edge.port, '/x', { method: 'POST', body })).body).toBe(body)
  })

  it.each([
    [{}, 500],
    [{ errorStatus: 503 }, 503],
  ] as const)('that is late is an error: with %j a %i', async (options, status) => {
    await using service = await sink(['waitBody', 'stall'])
    await using edge = await guarded((events) => forwardAuth({ url: service.url, timeoutMs: 100, events, ...options }))
    expect([(await ask(edge.port, '/x')).status, edge.whys]).toEqual([
      status,
      ['the service gave no answer (ERR_EDGE_TOTAL_TIMEOUT)'],
    ])
    await eventually(() => service.openConnections() === 0)
  })

  it('is left alone when its client has left', async () => {
    await using service = await sink(['waitBody', 'stall'])
    await using edge = await guarded(() => forwardAuth({ url: service.url }))
    const gone = drained({ files: false })
    const client = await rawOpen(edge.port)
    await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await service.waitForRequests(1)
    client.destroy()
    await eventually(() => service.openConnections() === 0)
    await gone()
  })

  it('with a long body has it cut off, and its connection does not stay', async () => {
    await using service = await sink(['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\nx', 'stall'])
    await using edge = await guarded(() => forwardAuth({ url: service.url }))
    expect((await ask(edge.port, '/x')).status).toBe(200)
    await eventually(() => service.openConnections() === 0)
  })

  it('guards upgrades alike', async () => {
    await using service = await upstream((request, response) =>
      response.writeHead(request.headers.cookie === 'a=1' ? 200 : 403).end(),
    )
    await using edge = await guarded(() => forwardAuth({ url: service.url }), { handler: async () => reply(200, 'in') })
    const handshake =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    const upgrade = async (cookie: string) => {
      const { talk } = await import('../../../adapters/contract/kit.js')
      const line = `GET /ws HTTP/1.1\r\nHost: a\r\n${handshake}Cookie: ${cookie}\r\n\r\n`
      return (await talk(edge.port, line)).reply.status
    }
    expect([await upgrade('a=1'), await upgrade('a=2')]).toEqual([200, 403])
    const { headers } = service.requests[0]!
    expect([headers.upgrade, headers['sec-websocket-key'], headers['x-original-uri']]).toEqual([
      undefined,
      undefined,
      '/ws',
    ])
  })

  it('may be a pool, which outlives the filter, or a handler', async () => {
    await using service = await upstream(yes)
    const pool = createPool({ name: 'auth', endpoints: [service.url] })
    const options: ForwardAuthOptions = { pool, path: '/check?a', requestHeaders: ['x-user'] }
    for (const filter of [forwardAuth(options), forwardAuth(options)]) {
      const { passed } = await ran(filter, asked('/x'))
      expect(passed!.headers['x-user']).toBe('ada')
      await filter.close?.()
    }
    expect(service.requests.map(({ url }) => url)).toEqual(['/check?a', '/check?a'])
    await pool.close()
    const local = forwardAuth({
      handler: async ({ wire, target, headers }) =>
        reply(headers['x-original-uri'] === target.href ? 200 : 403, wire.href),
      path: '/in',
    })
    expect((await ran(local, asked('/x?y'))).reply.status).toBe(200)
    await local.close?.()
  })

  it('that throws lets nobody pass', async () => {
    const filter = forwardAuth({ handler: () => Promise.reject(new TypeError('boom')) })
    const answered = await ran(filter, asked('/x')).catch(() => null)
    expect(answered?.passed ?? null).toBeNull()
    await filter.close?.()
  })

  it('explains without asking, and stands in front of handOver()', async () => {
    const filter = forwardAuth({ url: 'http://127.0.0.1:1/check' })
    expect(filter.explain?.(asked('/x'))).toEqual({ verdict: 'depends', why: 'it would ask http://127.0.0.1:1' })
    const gateway = createGateway({ routes: [{ path: '/**', filters: [filter], handler: handOver() }] })
    await gateway.close()
  })
})

describe('a service’s yes that is remembered', () => {
  const make = (options: Partial<ForwardAuthOptions> = {}) => {
    const clock = fakeClock()
    const questions: string[] = []
    let status = 200
    const filter = forwardAuth({
      handler: async ({ headers }) => {
        questions.push(String(headers['x-original-uri']))
        await null
        return reply(status, null, { 'x-user': 'ada', 'set-cookie': 'a=1' })
      },
      clock,
      cache: { key: ({ headers }) => headers['authorization'] as string | undefined },
      requestHeaders: ['x-user'],
      ...options,
    })
    const run = async (token?: string) => {
      const exchange = asked('/x', token === undefined ? {} : { headers: { authorization: token } })
      const { reply: answer, passed } = await ran(filter, exchange)
      return [answer.status, passed?.headers['x-user'], principalOf(exchange)?.id]
    }
    return { clock, questions, run, filter, say: (next: number) => (status = next) }
  }

  it('holds for its key, for as long as it is told', async () => {
    const { clock, questions, run, filter } = make()
    for (const token of ['a', 'a', 'b', 'a']) expect(await run(token)).toEqual([200, 'ada', 'unknown'])
    expect(questions.length).toBe(2)
    expect(filter.explain?.(asked('/', { headers: { authorization: 'a' } })).verdict).toBe('pass')
    await clock.advance(4_999)
    await run('a')
    expect(questions.length).toBe(2)
    await clock.advance(1)
    await run('a')
    expect(questions.length).toBe(3)
    await filter.close?.()
  })

  it('is asked for once by all who come meanwhile; a no is not remembered', async () => {
    const { questions, run, say, filter } = make()
    say(403)
    expect((await Promise.all(['a', 'a', 'a'].map(run))).map(([status]) => status)).toEqual([403, 403, 403])
    expect(questions.length).toBe(1)
    say(200)
    expect((await run('a'))[0]).toBe(200)
    await filter.close?.()
  })

  it('needs a key', async () => {
    const { questions, run, filter } = make()
    await run()
    await run()
    expect(questions.length).toBe(2)
    await filter.close?.()
    const wrong = make({ cache: { key: (() => 1) as never } })
    await expect(async () => wrong.run('a')).rejects.toThrow(/key is a number/)
    await wrong.filter.close?.()
  })
})

describe('forwardAuth', () => {
  it.each([
    [{}, /exactly one of "url", "pool" and "handler"/],
    [{ url: 'http://a.test/', handler: async () => reply(200) }, /exactly one/],
    [{ url: 'a.test' }, /"url"/],
    [{ url: 'ftp://a.test/' }, /"url"/],
    [{ url: 'http://a.test/', path: '/x' }, /"path"/],
    [{ handler: async () => reply(200), path: '/../x' }, /"path".*canonical/],
    [{ url: 'http://a.test/', requestHeaders: ['content-length'] }, /requestHeaders/],
    [{ url: 'http://a.test/', requestHeaders: ['host'] }, /requestHeaders/],
    [{ url: 'http://a.test/', requestHeaders: ['x_user'] }, /without "_"/],
    [{ url: 'http://a.test/', replyHeaders: ['transfer-encoding'] }, /replyHeaders/],
    [{ url: 'http://a.test/', passReplies: [200] }, /"passReplies"/],
    [{ url: 'http://a.test/', errorStatus: 200 }, /"errorStatus"/],
    [{ url: 'http://a.test/', principal: {} }, /"id"/],
    [{ url: 'http://a.test/', cache: {} }, /"key"/],
    [{ url: 'http://a.test/', keepCredential: true }, /unknown option "keepCredential"/],
  ])('H-155 refuses %j', (options, why) => {
    expect(() => forwardAuth({ events: new EventHub(), ...options } as never)).toThrow(why)
  })
})
