import {
  anyOf,
  apiKey,
  authorize,
  basicAuth,
  compose,
  createGateway,
  EventHub,
  type Filter,
  handOver,
  optional,
  reply,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Upstream, upstream, type WireReply, wsConnect, wsEcho } from '../../support/index.js'
import { handshake } from '../../upgrade/ws-front.js'
import type { Harness } from '../harness/harness.js'
import { appOver, ask, bases, below, forwarder, said, talk, telling } from './kit.js'

const ADA = 'Authorization: Basic YWRhOng=\r\n'
const BAD = 'Authorization: Basic YWRhOnk=\r\n'
const users = { ada: 'x' }
const keys = { key: { id: 'acme', roles: ['partner'] } }
const BASIC = 'Basic realm="Restricted", charset="UTF-8"'
const APIKEY = 'ApiKey realm="api"'

const challengeOf = (answer: WireReply): string =>
  // A web `Response` joins the lines of a challenge.
  answer.headers
    .filter(([name]) => name.toLowerCase() === 'www-authenticate')
    .map(([, value]) => value)
    .join(', ')

/** Fields by which a client says that it is somebody. */
const forgeries = [
  'X-User: admin\r\n',
  'x-user: admin\r\nX-USER: root\r\n',
  'X_User: admin\r\n',
  'X.User: admin\r\n',
  'X-User: admin\r\nx_USER: admin\r\n',
  'Connection: X-User\r\nX-User: admin\r\n',
]

export function authentication(harness: Harness): void {
  const { name } = harness

  describe.each(bases)(`${name} at %s: authentication`, (base) => {
    const guarded = () => anyOf(apiKey({ keys, query: 'key', cookie: 'key' }), basicAuth({ users }))

    it.each(['GET', 'HEAD', 'POST', 'PURGE', 'OPTIONS', 'M-SEARCH'])(
      'H-134 a %s is denied without credentials, and passes with them, which go no further',
      async (method) => {
        await using far = await upstream()
        const events = new EventHub()
        const why: string[] = []
        events.on('denied', (event) => why.push(`${event.filter} ${event.status} ${event.why}`))
        const filters = [anyOf(apiKey({ keys, events }), basicAuth({ users, events }))]
        await using app = await appOver(harness, far.url, { base, gateway: { filters } })
        const target = below(base, '/x')
        for (const [fields, told] of [
          ['', 'no credential'],
          [BAD, 'the name or the password is wrong'],
          ['X-Api-Key: a\r\nX-Api-Key: b\r\n', 'more than one key'],
        ] as const) {
          const refused = await ask(app.port, target, { method, fields })
          expect([refused.status, challengeOf(refused)]).toEqual([401, `${APIKEY}, ${BASIC}`])
          expect(refused.header('cache-control')).toBe('no-store')
          expect(why.splice(0)).toEqual([`anyOf 401 ${told}`])
        }
        expect(far.hits).toBe(0)
        expect((await ask(app.port, target, { method, fields: `${ADA}X-Api-Key: key\r\n` })).status).toBe(200)
        expect(far.requests[0]?.headers).not.toHaveProperty('authorization')
        expect(far.requests[0]?.headers).not.toHaveProperty('x-api-key')
        expect((await ask(app.port, target, { method, fields: ADA.repeat(2) })).status).toBe(400)
        expect(far.hits).toBe(1)
      },
    )

    it('H-134 a preflight has no credentials: it is denied, unless something in front answers it', async () => {
      await using far = await upstream()
      const preflight = {
        method: 'OPTIONS',
        fields: 'Origin: https://b.test\r\nAccess-Control-Request-Method: GET\r\n',
      }
      const answering: Filter = async (exchange, next) =>
        exchange.method === 'OPTIONS' ? reply(204, null, { 'access-control-allow-origin': '*' }) : next(exchange)
      for (const [front, status] of [
        [[], 401],
        [[answering], 204],
      ] as const) {
        await using app = await appOver(harness, far.url, { base, gateway: { filters: [...front, guarded()] } })
        expect((await ask(app.port, below(base, '/x'), preflight)).status).toBe(status)
        expect((await ask(app.port, below(base, '/x'))).status).toBe(401)
      }
      expect(far.hits).toBe(0)
    })

    it('H-134 an upgrade is denied on its socket without credentials, and opened with them, which go no further', async () => {
      await using far = await wsEcho()
      const events = new EventHub()
      const gateway = { filters: [guarded()], events }
      await using app = await appOver(harness, far.url.replace('ws:', 'http:'), { base, gateway })
      const target = below(base, '/x')
      for (const more of [[], [BAD.trim()], ['X-Api-Key: key', 'Cookie: key=key']]) {
        const { reply: refused, ended } = await talk(app.port, handshake({ start: `GET ${target}`, more }))
        expect([refused.status, challengeOf(refused), ended]).toEqual([401, `${APIKEY}, ${BASIC}`, 'closed'])
      }
      const open = async (path: string, headers: Record<string, string>): Promise<void> =>
        (await wsConnect(`ws://127.0.0.1:${app.port}${path}`, { headers })).terminate()
      await open(target, { authorization: 'Basic YWRhOng=' })
      await open(`${target}?a=1&key=key`, {})
      await open(target, { cookie: 'a=1; key=key' })
      expect(far.requests.map(({ url, headers }) => [url, headers.authorization, headers.cookie])).toEqual([
        ['/x', undefined, undefined],
        ['/x?a=1', undefined, undefined],
        ['/x', undefined, 'a=1'],
      ])
    })

    it('H-134 who is known and may not gets 403, who is not known 401 with the challenge of who let pass', async () => {
      await using far = await upstream()
      const filters = [optional(guarded()), authorize({ roles: ['partner'] })]
      await using app = await appOver(harness, far.url, { base, gateway: { filters } })
      const answers = await Promise.all(
        ['', ADA, 'X-Api-Key: key\r\n', BAD].map((fields) => ask(app.port, below(base, '/x'), { fields })),
      )
      expect(answers.map((answer) => [answer.status, challengeOf(answer)])).toEqual([
        [401, `${APIKEY}, ${BASIC}`],
        [403, ''],
        [200, ''],
        [401, `${APIKEY}, ${BASIC}`],
      ])
    })

    it.each([
      '/public/%2e%2e/x',
      '/public/..;/x',
      '/public\\..\\x',
      '/PUBLIC/x',
      '/%2e/public/x',
      '/publicx',
      '/x?/public/',
    ])('H-137 %s is not on a skip list of /public/**', async (path) => {
      await using far = await upstream()
      const filters = [basicAuth({ users, skipPaths: ['/public/**'] })]
      await using app = await appOver(harness, far.url, { base, gateway: { filters } })
      const fields = 'X-Original-URL: /public/x\r\nX-Rewrite-URL: /public/x\r\nUser-Agent: kube-probe/1\r\n'
      expect([400, 401]).toContain((await ask(app.port, below(base, path), { fields })).status)
      expect(far.hits).toBe(0)
      expect((await ask(app.port, below(base, '/%70ublic//x'))).status).toBe(200)
    })
  })

  describe.each(bases)(`${name} at %s: who a client says it is`, (base) => {
    const routed = (far: Upstream | { readonly url: string }) => {
      const handler = forwarder(far.url.replace('ws:', 'http:'))
      const known = basicAuth({ users, identityHeaders: { 'X-User': 'id' } })
      return createGateway({
        routes: [
          { path: '/known', filters: [known], handler },
          { path: '/optional', filters: [optional(known)], handler },
          { path: '/open', handler },
          { path: '/own', handler: compose(telling, handOver()) },
          { path: '/own/optional', handler: compose(optional(known), telling, handOver()) },
        ],
      })
    }
    const usersOf = (pairs: readonly (readonly [string, unknown])[]) => pairs.filter(([each]) => /^x.user$/i.test(each))

    it.each(forgeries)('H-064 H-062 %j reaches no upstream, on any route', async (forged) => {
      await using far = await upstream()
      await using app = await harness.listen(routed(far), { base })
      for (const [path, fields, wanted] of [
        ['/optional', '', []],
        ['/open', '', []],
        ['/optional', ADA, [['x-user', 'ada']]],
        ['/known', ADA, [['x-user', 'ada']]],
      ] as const) {
        const answer = await ask(app.port, below(base, path), { fields: forged + fields })
        expect(answer.status).toBe(200)
        expect(usersOf(Object.entries(said(answer).headers))).toEqual(wanted)
      }
    })

    it.each(forgeries.filter((each) => !each.startsWith('Connection')))(
      'H-064 %j reaches no WebSocket',
      async (forged) => {
        await using far = await wsEcho()
        await using app = await harness.listen(routed(far), { base })
        const lines = forged.trim().split('\r\n')
        for (const [path, more] of [
          ['/optional', []],
          ['/open', []],
          ['/known', [ADA.trim()]],
        ] as const) {
          const start = `GET ${below(base, path)}`
          const { text } = await talk(app.port, handshake({ start, more: [...lines, ...more] }), 'GET', {
            until: '\r\n\r\n',
          })
          expect(text.slice(0, 12)).toBe('HTTP/1.1 101')
          const { headers } = far.requests.at(-1)!
          expect(usersOf(Object.entries(headers))).toEqual(more.length === 0 ? [] : [['x-user', 'ada']])
        }
      },
    )

    it.each(forgeries)('H-064 %j reaches no app behind handOver(), however it reads fields', async (forged) => {
      await using far = await upstream()
      for (const outer of [false, true]) {
        await using app = await harness.listen(routed(far), { base, outer })
        for (const [path, fields, who] of [
          ['/own', '', 'nobody'],
          ['/own/optional', '', 'nobody'],
          ['/own/optional', ADA, 'ada'],
        ] as const) {
          const answer = await ask(app.port, below(base, path), { fields: forged + fields })
          expect(said(answer)).toEqual({ app: true, url: below(base, path), body: '', principal: who, base })
        }
      }
    })

    it('H-064 is said to an app whose gateway writes no such field', async () => {
      await using app = await harness.listen(compose(telling, handOver()), { base })
      const answer = await ask(app.port, below(base, '/own'), { fields: 'X-User: ada\r\n' })
      expect(said(answer)).toMatchObject({ raw: ['X-User'] })
      expect(said(answer)).toHaveProperty('users.0', ['x-user', 'ada'])
    })
  })
}
