import { compose, type Filter, handOver, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, sink } from '../../support/index.js'
import { type Harness, principal } from '../harness/harness.js'
import { appOver, ask, bases, below, gatewayTo, said, talk } from './kit.js'

/** Denies who brings no credentials; tells the app who did, and the client that it looked. */
const guard: Filter = async (exchange, next) => {
  const who = exchange.headers['authorization'] as string | undefined
  if (who === undefined) return reply(401, 'who are you?', { 'www-authenticate': 'Basic' })
  exchange.set(principal, who)
  const passed = await next(exchange)
  return { ...passed, headers: { ...passed.headers, 'x-guard': 'passed', 'set-cookie': ['guard=1', 'guard=2'] } }
}

const cookiesOf = (answer: Awaited<ReturnType<typeof ask>>): readonly string[] =>
  answer.headers.filter(([name]) => name.toLowerCase() === 'set-cookie').map(([, value]) => value)

export function framework(harness: Harness): void {
  const { name, traits } = harness
  describe.each(bases)(`${name} at %s: handOver()`, (base) => {
    it('lets the framework answer, with header changes, the body and what filters found', async () => {
      await using app = await harness.listen(gatewayTo(compose(guard, handOver())), { base })
      const answer = await ask(app.port, below(base, '/own'), {
        method: 'POST',
        fields: 'Authorization: me\r\nContent-Type: text/plain\r\n',
        body: 'hello',
      })
      expect(answer.status).toBe(200)
      expect(said(answer)).toEqual({ app: true, url: below(base, '/own'), body: 'hello', principal: 'me', base })
      expect(answer.header('x-guard')).toBe('passed')
      expect(cookiesOf(answer)).toEqual(['guard=1', 'guard=2'])
    })

    it('denies in the framework’s stead', async () => {
      await using app = await harness.listen(gatewayTo(compose(guard, handOver())), { base })
      const answer = await ask(app.port, below(base, '/own'))
      expect([answer.status, answer.body.toString()]).toEqual([401, 'who are you?'])
      expect(answer.header('www-authenticate')).toBe('Basic')
      expect(answer.header('x-guard')).toBeUndefined()
    })

    it('keeps the cookies that outer middleware has set', async () => {
      await using app = await harness.listen(gatewayTo(compose(guard, handOver())), { base, outer: true })
      const answer = await ask(app.port, below(base, '/own'), { fields: 'Authorization: me\r\n' })
      expect([...cookiesOf(answer)].map((cookie) => cookie.split(';')[0]).sort()).toEqual([
        'guard=1',
        'guard=2',
        'outer=1',
      ])
      expect(answer.header('x-outer')).toBe('before')
    })
  })

  describe.each(bases)(`${name} at %s: outer middleware`, (base) => {
    const farReply =
      'HTTP/1.1 203 Far\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Type: text/far\r\nContent-Length: 3\r\n\r\nfar'

    it('keeps its headers on a forwarded reply, sees the status, and can change the reply where the framework lets it', async () => {
      await using far = await sink(['waitBody', farReply])
      await using app = await appOver(harness, far.url, { base, outer: true })
      const answer = await ask(app.port, below(base, '/x'))
      expect([answer.status, answer.body.toString()]).toEqual([203, 'far'])
      expect(answer.header('content-type')).toBe('text/far')
      expect(answer.header('x-outer')).toBe('before')
      expect([...cookiesOf(answer)].map((cookie) => cookie.split(';')[0]).sort()).toEqual(['a=1', 'b=2', 'outer=1'])
      expect(answer.header('x-after')).toBe(traits.changesReply ? '203' : undefined)
      await eventually(() => app.finished.length === 1)
      expect(app.finished).toEqual([203])
    })

    it.each([
      { what: 'an EdgeError', path: '/x', status: 502, options: {} },
      { what: 'a 404', path: '/x', status: 404, options: { fallThrough: false } },
      { what: 'a refused target', path: '/%2e%2e/x', status: 400, options: {} },
    ])('keeps its headers on $what', async ({ path, status, options }) => {
      await using app = await appOver(harness, 'http://127.0.0.1:1', {
        base,
        outer: true,
        ...(status === 404 ? { gateway: { routes: [] } } : {}),
        ...options,
      })
      const answer = await ask(app.port, below(base, path))
      expect(answer.status).toBe(status)
      expect(answer.header('x-outer')).toBe('before')
      await eventually(() => app.finished.length === 1)
      expect(app.finished).toEqual([status])
    })

    it.each(traits.direct === 'always' ? [{}] : [{}, { direct: true }])(
      'H-092 keeps its headers, and none of the reply’s, where the reply cannot be written %o',
      async (options) => {
        const handler = async () => reply(200, 'ok', { etag: '"x"', 'set-cookie': 'a=1' })
        const spoil: Filter = async (exchange, next) => {
          const good = await next(exchange)
          return { ...good, headers: { ...good.headers, 'x-bad': 'a\r\nx: y' } }
        }
        await using app = await harness.listen(gatewayTo(handler, { filters: [spoil] }), {
          base,
          outer: true,
          ...options,
        })
        const answer = await ask(app.port, below(base, '/x'))
        expect([answer.status, answer.reason, answer.body.toString()]).toEqual([
          500,
          'Internal Server Error',
          '500 ERR_EDGE_BAD_VALUE\n',
        ])
        expect([answer.header('etag'), answer.header('x-bad'), answer.header('x')]).toEqual([
          undefined,
          undefined,
          undefined,
        ])
        expect(answer.header('x-outer')).toBe('before')
      },
    )

    it('H-003 keeps its headers on a denial of an unread upload', async () => {
      await using app = await harness.listen(gatewayTo(compose(guard, handOver())), { base, outer: true })
      const { reply: answer } = await talk(app.port, [
        `POST ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n`,
        async (connection) => void (await connection.waitFor('\r\n\r\n')),
        '0123456789',
      ])
      expect(answer.status).toBe(401)
      expect(answer.header('x-outer')).toBe('before')
      expect(app.finished).toEqual([401])
    })
  })

  describe.each(traits.direct === 'always' ? [] : bases)(
    `${name} at %s: the direct path behind outer middleware`,
    (base) => {
      it.each([200, 204, 404, 999])(
        'keeps its headers on a %i, lets it see the status, and writes the message once',
        async (status) => {
          await using app = await harness.listen(
            gatewayTo(async () => reply(status, status === 204 ? null : 'text', { 'set-cookie': ['a=1', 'b=2'] })),
            {
              base,
              outer: true,
              direct: true,
            },
          )
          const answer = await ask(app.port, below(base, '/x'))
          expect([answer.status, answer.body.toString()]).toEqual([status, status === 204 ? '' : 'text'])
          expect(answer.header('x-outer')).toBe('before')
          expect([...cookiesOf(answer)].sort()).toEqual(['a=1', 'b=2', 'outer=1'])
          expect(answer.header('x-hono-already-sent')).toBeUndefined()
          expect(app.finished).toEqual([Math.min(status, name === 'hono' ? 599 : 999)])
        },
      )
    },
  )

  describe.each(traits.direct === 'always' ? [{}] : [{ direct: true }])(`${name}: the direct path %o`, (options) => {
    it('H-067 relays 103 Early Hints', async () => {
      await using far = await sink([
        'waitBody',
        'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n',
        'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      ])
      await using app = await appOver(harness, far.url, options)
      const { text, reply: answer } = await talk(app.port, 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      expect(text).toMatch(/^HTTP\/1\.1 103 [^\r]*\r\nlink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200/i)
      expect(answer.body.toString()).toBe('ok')
    })

    it('H-069 relays trailers, behind the fields in the order the upstream gave them', async () => {
      await using far = await sink([
        'waitBody',
        'HTTP/1.1 200 OK\r\nX-B: 1\r\nX-A: 2\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n',
        10,
        '0\r\nX-Sum: 7\r\n\r\n',
      ])
      await using app = await appOver(harness, far.url, options)
      const answer = await ask(app.port, '/x', { fields: 'TE: trailers\r\n' })
      expect(answer.trailers.map(([field, value]) => [field.toLowerCase(), value])).toEqual([['x-sum', '7']])
      const order = answer.headers.map(([field]) => field.toLowerCase()).filter((field) => field.startsWith('x-'))
      expect(order.slice(-2)).toEqual(['x-b', 'x-a'])
    })
  })
}
