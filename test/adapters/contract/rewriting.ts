import {
  EdgeError,
  EventHub,
  errorPages,
  type Filter,
  maintenance,
  redirect,
  redirectToHttps,
  reply,
  replyHeaders,
  requestHeaders,
  rewriteCookies,
  rewriteLocation,
  rewritePath,
  rewriteQuery,
  trailingSlash,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, nextMessage, oneMessage, sink, upstream, wsConnect, wsEcho } from '../../support/index.js'
import type { Harness } from '../harness/harness.js'
import { appOver, ask, bases, below, gatewayTo, said, talk } from './kit.js'

const prefixOf = (base: string): string => (base === '/' ? '' : base)

const cookiesOf = (answer: Awaited<ReturnType<typeof ask>>): readonly string[] =>
  answer.headers.filter(([name]) => name.toLowerCase() === 'set-cookie').map(([, value]) => value)

export function rewriting(harness: Harness): void {
  const { name } = harness
  describe.each(bases)(`${name} at %s: rewriting`, (base) => {
    const shared: readonly Filter[] = [
      rewritePath({ pattern: '/users/:id', to: '/people/{params.id}' }),
      rewriteQuery({ set: { tenant: '{headers.x-tenant}' } }),
      requestHeaders({ set: { 'x-user': '{path}' }, remove: ['x-secret'] }),
      replyHeaders({ set: { 'x-edge': '{base}' }, remove: ['x-upstream'] }),
    ]

    it('changes what is sent and what comes back, and not what routes and logs see', async () => {
      await using far = await upstream(undefined, { name: 'far' })
      await using app = await appOver(harness, far.url, { base, gateway: { filters: shared } })
      const fields = 'X-Tenant: a&b\r\nX-Secret: 1\r\n'
      const answer = await ask(app.port, below(base, '/users/7?q=1'), { fields })
      expect(said(answer).url).toBe('/people/7?q=1&tenant=a%26b')
      expect(said(answer).headers['x-user']).toBe('/users/7')
      expect(said(answer).headers['x-secret']).toBeUndefined()
      expect(answer.header('x-edge')).toBe(base === '/' ? undefined : base)
      expect(answer.header('x-upstream')).toBeUndefined()
    })

    it('changes an upgrade alike, and the fields of its 101', async () => {
      await using far = await wsEcho()
      const filters = [...shared, replyHeaders({ set: { 'x-joined': 'yes' } })]
      await using app = await appOver(harness, far.url.replace('ws', 'http'), { base, gateway: { filters } })
      const socket = await wsConnect(`ws://127.0.0.1:${app.port}${below(base, '/users/7')}`, {
        headers: { 'x-tenant': 'acme', 'x-secret': '1' },
      })
      socket.send('hello')
      expect(await nextMessage(socket)).toBe('hello')
      expect(far.requests[0]!.url).toBe('/people/7?tenant=acme')
      expect([far.requests[0]!.headers['x-user'], far.requests[0]!.headers['x-secret']]).toEqual([
        '/users/7',
        undefined,
      ])
      socket.terminate()
    })

    it.each(['..', '.', '..%2fadmin', '..\\admin'])(
      'H-153 a value %j of a client’s never takes a path out of its place',
      async (value) => {
        await using far = await sink()
        const filters = [rewritePath({ to: '/tenants/{headers.x-tenant}/home' })]
        await using app = await appOver(harness, far.url, { base, gateway: { filters } })
        const answer = await ask(app.port, below(base, '/x'), { fields: `X-Tenant: ${value}\r\n` })
        if (far.requests.length === 0) expect(answer.status).toBe(400)
        else
          expect(oneMessage(far.connections[0]!.received).target).toMatch(/^\/tenants\/\.\.%(?:25|5C)[a-z0-9]+\/home$/)
      },
    )

    it('H-071 rewrites Location and cookies for a client below the base, a line a cookie', async () => {
      await using far = await upstream((request, response) => {
        response.writeHead(302, {
          location: `http://${request.headers.host}/v1/y?z#w`,
          'content-location': '/v1/y',
          refresh: '3; url=/v1/z',
          'set-cookie': ['a=1; Path=/v1; Domain=app.internal', 'b=Domain=app.internal; Path=/v1/x'],
        })
        response.end()
      })
      const filters = [rewriteLocation(), rewriteCookies({ domain: false, path: { '/v1': base } })]
      await using app = await appOver(harness, `${far.url}/v1`, { base, gateway: { filters } })
      const answer = await ask(app.port, below(base, '/x'))
      const prefix = prefixOf(base)
      expect(answer.header('location')).toBe(`http://a.test${prefix}/y?z#w`)
      expect(answer.header('content-location')).toBe(`${prefix}/y`)
      expect(answer.header('refresh')).toBe(`3; url=${prefix}/z`)
      expect(cookiesOf(answer)).toEqual([`a=1; Path=${prefix || '/'}`, `b=Domain=app.internal; Path=${prefix}/x`])
    })
  })

  describe.each(bases)(`${name} at %s: redirects`, (base) => {
    it.each([
      ['/old/a/b?q=1', 'redirect', () => redirect({ to: '/new{path}', status: 301 }), `/new/old/a/b?q=1`, 301],
      ['/r/%C3%BC', 'redirect', () => redirect({ to: 'https://b.test{path}' }), 'https://b.test/r/%C3%BC', 302],
    ] as const)('%s is sent on by %s', async (target, _what, make, location, status) => {
      await using app = await harness.listen(gatewayTo(make()), { base })
      const answer = await ask(app.port, below(base, target))
      expect([answer.status, answer.header('location'), answer.body.length]).toEqual([
        status,
        location.startsWith('/') ? prefixOf(base) + location : location,
        0,
      ])
    })

    it.each([
      ['redirectToHttps', () => redirectToHttps(), '/x/?a', (at: string) => `https://a.test${at}`],
      ['trailingSlash', () => trailingSlash({ mode: 'remove' }), '/x/?a', (at: string) => at.replace('/?', '?')],
    ] as const)('by %s clients get to the one form of a URL', async (_what, make, target, wanted) => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { base, gateway: { filters: [make()] } })
      const answer = await ask(app.port, below(base, target))
      expect([answer.status, answer.header('location')]).toEqual([308, wanted(below(base, target))])
      expect(far.hits).toBe(0)
    })

    it.each(['//evil.test/', '///evil.test/', '/x//evil.test/'])(
      'H-045 %s never leads to another host',
      async (target) => {
        const filters = [trailingSlash({ mode: 'remove' })]
        await using app = await harness.listen(gatewayTo(redirect({ to: '{path}/' }), { filters }), { base })
        const answer = await ask(app.port, `${prefixOf(base)}${target}`)
        const location = answer.header('location') ?? '/'
        expect(URL.parse(location, 'http://a.test/')?.host).toBe('a.test')
        expect(location).not.toMatch(/^\/[/\\]/)
      },
    )

    it.each(['/r/%0d%0aSet-Cookie:x', '/r/%0aSet-Cookie:x', '/r?x=%0d%0aSet-Cookie:x'])(
      'H-023 %s writes no field of the client’s',
      async (target) => {
        await using app = await harness.listen(gatewayTo(redirect({ to: '/new{path}?y={query.x}' })), { base })
        const { reply: answer, text } = await talk(
          app.port,
          `GET ${below(base, target)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
        )
        expect([302, 400, 404]).toContain(answer.status)
        expect(text).not.toMatch(/^set-cookie/im)
      },
    )

    it('H-003 the body of a request that is redirected is no request', async () => {
      const seen: string[] = []
      const watch: Filter = (exchange, next) => {
        seen.push(exchange.target.path)
        return next(exchange)
      }
      await using app = await harness.listen(gatewayTo(redirect({ to: '/new' }), { filters: [watch] }), { base })
      const evil = `GET ${below(base, '/evil')} HTTP/1.1\r\nHost: a\r\n\r\n`
      const { replies } = await talk(
        app.port,
        `POST ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\nContent-Length: ${evil.length}\r\n\r\n${evil}`,
        'POST',
        { hold: 200 },
      )
      expect([replies.map(({ status }) => status), seen]).toEqual([[302], ['/x']])
    })
  })

  describe.each(bases)(`${name} at %s: pages`, (base) => {
    const pages = {
      404: '<h1>none</h1>',
      '4xx': { json: { error: true } },
      '5xx': { html: '<h1>sorry</h1>', json: { sorry: true } },
    }
    const filters = [errorPages({ pages })]

    it('a failure gets its page, in the form that the client accepts, and the outcome tells what failed', async () => {
      const gateway = gatewayTo(
        async () => {
          throw new EdgeError('ERR_EDGE_NO_ENDPOINT', 'secret', { headers: { 'retry-after': '7' } })
        },
        { filters, events: new EventHub() },
      )
      const outcomes: unknown[] = []
      gateway.events.on('exchange', ({ outcome }) => outcomes.push([outcome.status, outcome.error?.code]))
      await using app = await harness.listen(gateway, { base })
      const answer = await ask(app.port, below(base, '/x'), { fields: 'Accept: application/json\r\n' })
      expect([answer.status, answer.body.toString()]).toEqual([503, '{"sorry":true}'])
      expect(answer.header('retry-after')).toBe('7')
      expect(answer.header('content-type')).toBe('application/json')
      expect(answer.header('vary')?.toLowerCase()).toContain('accept')
      expect(app.errors).toEqual([])
      await eventually(() => outcomes.length > 0)
      expect(outcomes).toEqual([[503, 'ERR_EDGE_NO_ENDPOINT']])
    })

    it('a reply gets its page, and nothing of its old body is said', async () => {
      await using far = await sink([
        'waitBody',
        'HTTP/1.1 404 Not\r\nContent-Type: text/x\r\nETag: "x"\r\nContent-Encoding: gzip\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 3\r\n\r\nold',
      ])
      await using app = await appOver(harness, far.url, { base, gateway: { filters } })
      const answer = await ask(app.port, below(base, '/x'))
      expect([answer.status, answer.body.toString()]).toEqual([404, '<h1>none</h1>'])
      expect([answer.header('content-type'), answer.header('etag'), answer.header('content-encoding')]).toEqual([
        'text/html; charset=utf-8',
        undefined,
        undefined,
      ])
      expect(cookiesOf(answer)).toEqual(['a=1', 'b=2'])
    })

    it('H-065 a HEAD is told the length, and gets no body', async () => {
      const bytes = 'HTTP/1.1 404 Not\r\nContent-Length: 3\r\nContent-Type: text/x\r\n\r\n'
      await using far = await sink(['waitBody', bytes])
      await using app = await appOver(harness, far.url, { base, gateway: { filters } })
      const answer = await ask(app.port, below(base, '/x'), { method: 'HEAD' })
      expect([answer.status, answer.body.length, answer.header('content-length')]).toEqual([404, 0, '13'])
      expect(answer.header('content-type')).toBe('text/html; charset=utf-8')
    })

    it('a denial keeps its challenge', async () => {
      const deny: Filter = async () => reply(401, 'who?', { 'www-authenticate': ['Basic', 'Bearer realm="x"'] })
      await using app = await harness.listen(gatewayTo(redirect({ to: '/' }), { filters: [...filters, deny] }), {
        base,
      })
      const answer = await ask(app.port, below(base, '/x'))
      expect([answer.status, answer.body.toString()]).toEqual([401, '{"error":true}'])
      // A web `Response` joins the lines of a challenge.
      const challenges = answer.headers.filter(([field]) => field.toLowerCase() === 'www-authenticate')
      expect(challenges.map(([, value]) => value).join(', ')).toBe('Basic, Bearer realm="x"')
    })

    it.each([
      ['what is no EdgeError', 'behind it', pages],
      ['a page that fails', 'of its own', { 404: () => Promise.reject(new TypeError('boom')) }],
    ] as const)('%s, %s, stays the framework’s to answer', async (_what, where, made) => {
      const handler = async () => {
        if (where === 'behind it') throw new TypeError('boom')
        return reply(404)
      }
      await using app = await harness.listen(gatewayTo(handler, { filters: [errorPages({ pages: made })] }), { base })
      const answer = await ask(app.port, below(base, '/x'))
      expect([answer.status, answer.body.toString(), app.errors.length]).toEqual([500, 'framework: boom', 1])
    })

    it('maintenance answers requests and upgrades alike, until it is over', async () => {
      await using far = await upstream()
      const upkeep = maintenance({ retryAfterMs: 60_000 })
      await using app = await appOver(harness, far.url, { base, gateway: { filters: [upkeep] } })
      const target = below(base, '/x')
      expect((await ask(app.port, target)).status).toBe(200)
      upkeep.begin()
      const handshake =
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
      for (const bytes of ['Connection: close\r\n', handshake]) {
        const { reply: answer } = await talk(app.port, `GET ${target} HTTP/1.1\r\nHost: a\r\n${bytes}\r\n`)
        expect([answer.status, answer.header('retry-after'), answer.complete]).toEqual([503, '60', true])
      }
      upkeep.end()
      expect((await ask(app.port, target)).status).toBe(200)
      expect(far.hits).toBe(2)
    })
  })
}
