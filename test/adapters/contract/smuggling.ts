import { createGateway, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, messages, oneMessage, sink, upstream } from '../../support/index.js'
import type { Harness } from '../harness/harness.js'
import { appOver, ask, bases, below, forwarder, said, talk, transports } from './kit.js'

const INNER = 'GET /secret HTTP/1.1\r\nHost: internal\r\nX: y\r\n\r\n'
const cells = bases.flatMap((base) => transports.map((transport) => ({ base, ...transport })))

/** Requests that must end at the edge: `%` stands for the path. */
const refused = [
  {
    hazard: 'H-002',
    status: 400,
    bytes: 'POST % HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG',
  },
  {
    hazard: 'H-003',
    status: 400,
    bytes:
      'POST % HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n5c\r\nGPOST / HTTP/1.1\r\n\r\n',
  },
  {
    hazard: 'H-004',
    status: 400,
    bytes: 'POST % HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
  },
  {
    hazard: 'H-005',
    status: 501,
    bytes: 'POST % HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  },
  { hazard: 'H-006', status: 400, bytes: 'POST % HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' },
  {
    hazard: 'H-007',
    status: 400,
    bytes: 'POST % HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
  },
  { hazard: 'H-010', status: 400, bytes: 'GET % HTTP/1.1\nHost: a\n\n' },
  { hazard: 'H-011', status: 400, bytes: 'GET % HTTP/1.1\r\nHost: a\r\nX-A: one\r\n two\r\n\r\n' },
  { hazard: 'H-012', status: 400, bytes: 'GET % HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n' },
  { hazard: 'H-013', status: 400, bytes: 'GET % HTTP/1.1\r\nHost: good@evil\r\n\r\n' },
  { hazard: 'H-016', status: 400, bytes: 'GET % HTTP/2.0\r\nHost: a\r\n\r\n' },
  { hazard: 'H-017', status: 400, bytes: 'get % HTTP/1.1\r\nHost: a\r\n\r\n' },
  { hazard: 'H-022', status: 431, bytes: `GET % HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(200)}\r\n` },
  { hazard: 'H-025', status: 400, bytes: 'GET % HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n' },
  {
    hazard: 'H-026',
    status: 400,
    bytes: `GET % HTTP/1.1\r\nHost: a\r\n${'Authorization: Basic YTpi\r\n'.repeat(2)}\r\n`,
  },
] as const

export function smuggling(harness: Harness): void {
  describe.each(cells)(`${harness.name} at $base over $transport: message framing`, ({ base, make }) => {
    it.each(['DELETE', 'OPTIONS'])('H-001 keeps the chunked body of a %s inside its framing', async (method) => {
      await using far = await sink()
      await using app = await appOver(harness, far.url, { base, transport: make() })
      const { replies } = await talk(
        app.port,
        `${method} ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2e\r\n${INNER}\r\n0\r\n\r\nGET ${below(base, '/next')} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      )
      expect(replies.map(({ status }) => status)).toEqual([200, 200])
      const all = far.connections.flatMap(({ received }) => messages(received).messages)
      expect(all.map((message) => [message.method, message.target, message.bodyLength])).toEqual([
        [method, '/x', 46],
        ['GET', '/next', 0],
      ])
    })

    it.each([
      ['H-018 of a GET', 'GET', 'close'],
      ['H-019 that Connection would have taken away', 'POST', 'close, Content-Length, Host, X-Forwarded-For'],
    ])('keeps the framing %s', async (_what, method, connection) => {
      await using far = await sink()
      await using app = await appOver(harness, far.url, { base, transport: make() })
      const { reply: answer } = await talk(
        app.port,
        `${method} ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\nConnection: ${connection}\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`,
      )
      expect(answer.status).toBe(200)
      const sent = oneMessage(far.connections[0]!.received)
      expect([sent.method, sent.target, sent.body.toString()]).toEqual([method, '/x', INNER])
      expect(sent.header('x-forwarded-for')).toBe('127.0.0.1')
    })

    it.each(['0x5', '+5', '5 ', '5;\nx'])('H-008 breaks an upload whose chunk begins %j', async (size) => {
      await using far = await sink()
      await using app = await appOver(harness, far.url, { base, transport: make() })
      const start = `POST ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n`
      const arrived = () => eventually(() => far.connections[0]?.received.includes('good'))
      const { replies } = await talk(app.port, [start, arrived, `${size}\r\nhello\r\n0\r\n\r\n`])
      expect(replies.map(({ status }) => status)).toEqual([400])
      await eventually(() => far.connections[0]!.closed !== 'no')
      expect(far.requests.map(({ complete }) => complete)).toEqual([false])
      expect(far.connections[0]!.text).not.toMatch(/hello|\r\n0\r\n/)
    })

    it('H-050 takes away what Connection names, in both directions', async () => {
      await using far = await sink([
        'waitBody',
        'HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok',
      ])
      await using app = await appOver(harness, far.url, { base, transport: make() })
      const { reply: answer } = await talk(
        app.port,
        `GET ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\nConnection: close, X-Mine, X-Forwarded-For\r\nX-Mine: 1\r\nKeep-Alive: 1\r\nProxy-Authorization: b\r\nX-Kept: 1\r\n\r\n`,
      )
      expect(['x-secret', 'proxy-authenticate', 'upgrade'].map((field) => answer.header(field))).toEqual([
        undefined,
        undefined,
        undefined,
      ])
      expect(answer.header('keep-alive')).not.toBe('timeout=9')
      const sent = oneMessage(far.connections[0]!.received)
      expect(['x-mine', 'keep-alive', 'proxy-authorization'].map((field) => sent.header(field))).toEqual([
        undefined,
        undefined,
        undefined,
      ])
      expect(sent.header('connection') ?? 'keep-alive').toBe('keep-alive')
      expect([sent.header('x-kept'), sent.header('x-forwarded-for')]).toEqual(['1', '127.0.0.1'])
    })
  })

  describe.each(bases)(`${harness.name} at %s: what ends at the edge`, (base) => {
    it.each(refused)('$hazard answers $status, closes, and forwards nothing', async ({ hazard, status, bytes }) => {
      await using far = await sink()
      await using app = await appOver(harness, far.url, { base })
      const { replies, ended } = await talk(app.port, bytes.replace('%', below(base, '/x')), 'GET', {
        hold: harness.traits.answersFirst.includes(hazard) ? 100 : 1_000,
      })
      expect(replies.map((each) => each.status)).toEqual([status])
      if (!harness.traits.answersFirst.includes(hazard)) expect(ended).not.toBe('open')
      expect(far.connections).toHaveLength(0)
    })

    it.each(['GET *', 'POST *', 'OPTIONS *', 'GET evil.test:443', 'CONNECT evil.test:443'])(
      'H-015 never forwards %s',
      async (asked) => {
        await using far = await sink()
        await using app = await appOver(harness, far.url, { base })
        await talk(app.port, `${asked} HTTP/1.1\r\nHost: evil.test:443\r\nConnection: close\r\n\r\n`).catch(() => {})
        expect((await ask(app.port, below(base, '/x'))).status).toBe(200)
        expect(far.requests.map(({ target }) => target)).toEqual(['/x'])
      },
    )

    it('H-014 never dials, and never forwards to, an authority that the request line names', async () => {
      await using far = await upstream()
      await using evil = await sink()
      await using app = await appOver(harness, far.url, { base })
      const path = below(base, '/admin')
      const other = await talk(app.port, `GET ${evil.url}${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      expect(base === '/' ? other.reply.status : 400).toBe(400)
      const user = await talk(app.port, `GET http://me@a${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      expect(base === '/' ? user.reply.status : 400).toBe(400)
      expect([far.hits, evil.connections.length]).toEqual([0, 0])
    })

    it('H-014 reads an absolute form that names the Host as the path it is', async () => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { base, mount: base })
      const { reply: answer } = await talk(
        app.port,
        `GET http://a${below(base, '/x?q')} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      )
      expect(said(answer)).toMatchObject({ url: '/x?q', headers: { 'x-forwarded-host': 'a' } })
    })

    it.each([
      '/%61dmin/x',
      '//admin/x',
      '/admin//x',
      '/%2561dmin/../admin/x',
      '/admin/./x',
      '/admin%2fx',
      '/x/..%2fadmin/x',
    ])('H-030 H-033 H-034 %s does not get past the guard of /admin/**', async (path) => {
      await using far = await upstream()
      const gateway = createGateway({
        routes: [
          { path: '/admin/**', handler: async () => reply(403, 'guarded') },
          { path: '/**', handler: forwarder(far.url) },
        ],
      })
      await using app = await harness.listen(gateway, { base })
      const { reply: answer } = await talk(
        app.port,
        `GET ${below(base, path)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      )
      expect([400, 403]).toContain(answer.status)
      expect(far.hits).toBe(0)
    })

    it.each(['//evil.test/x', '///evil.test/x', '/@evil.test/x', '/:1@evil.test/x', '/.evil.test/x'])(
      'H-044 takes %s for a path, of the configured upstream',
      async (path) => {
        await using far = await upstream()
        await using app = await appOver(harness, far.url, { base })
        const { reply: answer } = await talk(
          app.port,
          `GET ${below(base, path)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
        )
        expect(said(answer)).toMatchObject({
          url: path.replace(/^\/+/, '/'),
          headers: { host: expect.not.stringContaining('evil') },
        })
      },
    )

    it('H-060 H-061 replaces what an untrusted peer says about others', async () => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { base })
      const { reply: answer } = await talk(
        app.port,
        `GET ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Prefix: /evil\r\nForwarded: for=1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\nX-Original-URL: /evil\r\n\r\n`,
      )
      const { headers } = said(answer)
      expect(headers).toMatchObject({
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': 'a',
        'x-forwarded-proto': 'http',
      })
      expect(JSON.stringify(headers)).not.toMatch(/evil|1\.2\.3\.4/)
    })
  })
}
