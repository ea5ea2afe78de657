import { compose, cors, createGateway, csrf, type Filter, forward, handOver, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { upstream, wsEcho } from '../../support/index.js'
import { handshake } from '../../upgrade/ws-front.js'
import type { Harness } from '../harness/harness.js'
import { appOver, ask, bases, below, gatewayTo, talk } from './kit.js'

const PAGE = 'https://app.example.com'
const EVIL = 'https://evil-app.example.com'

const rules = cors({ origin: [PAGE], credentials: true })
const deny: Filter = async (exchange, next) =>
  exchange.headers['authorization'] === undefined ? reply(401, 'who?', { 'www-authenticate': 'Basic' }) : next(exchange)

/** The lines of a field, so that a doubled one shows. */
const linesOf = (answer: Awaited<ReturnType<typeof ask>>, name: string): readonly string[] =>
  answer.headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value)

const allowed = (answer: Awaited<ReturnType<typeof ask>>) => linesOf(answer, 'access-control-allow-origin')

export function crossOrigin(harness: Harness): void {
  const { name } = harness
  describe.each(bases)(`${name} at %s: cross-origin`, (base) => {
    const asks = (origin: string, method = 'PUT'): string =>
      `Origin: ${origin}\r\nAccess-Control-Request-Method: ${method}\r\nAccess-Control-Request-Headers: authorization\r\n`

    it('answers a preflight by the method it asks about, in front of authentication, and forwards none', async () => {
      await using far = await upstream()
      const routes = [{ path: '/x', methods: ['PUT'], filters: [rules, deny], handler: forward(far.url) }]
      await using app = await harness.listen(createGateway({ routes }), { base, mount: base })
      const answer = await ask(app.port, below(base, '/x'), { method: 'OPTIONS', fields: asks(PAGE) })
      expect([answer.status, answer.body.length, answer.complete]).toEqual([204, 0, true])
      expect(allowed(answer)).toEqual([PAGE])
      expect(linesOf(answer, 'access-control-allow-headers')).toEqual(['authorization'])
      const evil = await ask(app.port, below(base, '/x'), { method: 'OPTIONS', fields: asks(EVIL) })
      expect([evil.status, allowed(evil), evil.header('vary')]).toEqual([
        204,
        [],
        'Origin, Access-Control-Request-Headers',
      ])
      expect(far.hits).toBe(0)
    })

    it('H-198 replaces what the upstream says, and varies by Origin', async () => {
      await using far = await upstream((_request, response) => {
        response.setHeader('access-control-allow-origin', ['*', 'https://b.test'])
        response.writeHead(200, { 'access-control-allow-credentials': 'true', vary: 'Accept' }).end('x')
      })
      await using app = await appOver(harness, far.url, { base, gateway: { filters: [rules] } })
      for (const [origin, lines] of [
        [PAGE, [PAGE]],
        [EVIL, []],
        ['null', []],
      ] as const) {
        const answer = await ask(app.port, below(base, '/x'), { fields: `Origin: ${origin}\r\n` })
        expect([answer.status, allowed(answer), answer.header('vary')]).toEqual([200, lines, 'Accept, Origin'])
        expect(linesOf(answer, 'access-control-allow-credentials')).toEqual(lines.map(() => 'true'))
      }
    })

    it('lets a page read a denial and a failure', async () => {
      await using app = await appOver(harness, 'http://127.0.0.1:1', { base, gateway: { filters: [rules, deny] } })
      for (const [fields, status] of [
        ['', 401],
        ['Authorization: me\r\n', 502],
      ] as const) {
        const answer = await ask(app.port, below(base, '/x'), { fields: `Origin: ${PAGE}\r\n${fields}` })
        expect([answer.status, allowed(answer)]).toEqual([status, [PAGE]])
      }
      expect(app.errors).toEqual([])
    })

    it('lets a page read what the framework answers', async () => {
      await using app = await harness.listen(gatewayTo(compose(rules, handOver())), { base })
      const answer = await ask(app.port, below(base, '/own'), { fields: `Origin: ${PAGE}\r\n` })
      expect([answer.status, allowed(answer), answer.header('vary')?.toLowerCase()]).toEqual([
        200,
        [PAGE],
        expect.stringContaining('origin'),
      ])
      const evil = await ask(app.port, below(base, '/own'), { fields: `Origin: ${EVIL}\r\n` })
      expect([evil.status, allowed(evil)]).toEqual([200, []])
    })

    it.each([
      ['a page elsewhere', 'Sec-Fetch-Site: cross-site\r\nOrigin: https://evil.test\r\n', 403],
      ['an old browser elsewhere', 'Origin: https://evil.test\r\n', 403],
      ['the page itself', 'Sec-Fetch-Site: same-origin\r\nOrigin: http://a.test\r\n', 200],
      ['no browser', '', 200],
    ])('csrf: a POST of %s', async (_who, fields, status) => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { base, gateway: { filters: [csrf()] } })
      const answer = await ask(app.port, below(base, '/x'), { method: 'POST', fields, body: 'a=1' })
      expect([answer.status, far.hits]).toEqual([status, status === 200 ? 1 : 0])
      expect((await ask(app.port, below(base, '/x'), { fields })).status).toBe(200)
    })

    it('H-078 csrf: a WebSocket of a page elsewhere gets a complete denial, that of its own page opens', async () => {
      await using far = await wsEcho()
      const filters = [rules, csrf()]
      await using app = await appOver(harness, far.url.replace('ws', 'http'), { base, gateway: { filters } })
      const shake = (origin: string) =>
        talk(
          app.port,
          handshake({ start: `GET ${below(base, '/x')}`, host: 'a.test', more: [`Origin: ${origin}`] }),
          'GET',
          {
            until: (text) => text.startsWith('HTTP/1.1 101') && text.includes('\r\n\r\n'),
          },
        )
      const evil = await shake(EVIL)
      expect([evil.reply.status, evil.reply.complete, evil.ended]).toEqual([403, true, 'closed'])
      expect((await shake('http://a.test')).reply.status).toBe(101)
      expect(far.requests).toHaveLength(1)
    })
  })
}
