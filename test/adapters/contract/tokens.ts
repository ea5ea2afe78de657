import { compose, forwardAuth, handOver, introspect, jwt } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { nextMessage, raw, upstream, wsConnect, wsEcho } from '../../support/index.js'
import { ed, jwk, minted, otherRsa, pem, rsa } from '../../unit/filters/auth/tokens/minting.js'
import type { Harness } from '../harness/harness.js'
import { appOver, ask, bases, below, gatewayTo, said, talk, telling } from './kit.js'

const HANDSHAKE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

export function tokens(harness: Harness): void {
  const { name } = harness
  describe.each(bases)(`${name} at %s: tokens`, (base) => {
    const bearer = (token: string) => ({ fields: `Authorization: Bearer ${token}\r\n` })
    const good = minted({ scope: 'read' })

    it('H-121 H-122 H-128 H-129 a good one passes, to the upstream without it; others get a 401 with a challenge', async () => {
      await using far = await upstream()
      const filters = [jwt({ key: pem(rsa), identityHeaders: { 'x-user': 'id', 'x-scopes': 'scopes' } })]
      await using app = await appOver(harness, far.url, { base, gateway: { filters } })
      const target = below(base, '/x')
      const { headers } = said(await ask(app.port, target, bearer(good)))
      expect([headers['x-user'], headers['x-scopes'], headers['authorization']]).toEqual(['ada', 'read', undefined])
      const [header, payload] = good.split('.')
      for (const bad of [
        `${header}.${payload}.`,
        `${good}=`,
        `${good} x`,
        ` ${good}`,
        minted({}, { key: otherRsa.privateKey }),
        minted({}, { alg: 'HS256', key: pem(rsa) }),
        minted({ exp: 1 }),
      ]) {
        const answer = await ask(app.port, target, bearer(bad))
        expect([answer.status, answer.header('www-authenticate')]).toEqual([
          401,
          'Bearer realm="api", error="invalid_token"',
        ])
      }
      expect((await ask(app.port, target)).header('www-authenticate')).toBe('Bearer realm="api"')
      expect((await ask(app.port, target, { fields: bearer(good).fields.repeat(2) })).status).toBe(400)
      expect(far.hits).toBe(1)
    })

    it('tell the app behind handOver() who asks', async () => {
      const handler = compose(jwt({ key: pem(rsa) }), telling, handOver())
      await using app = await harness.listen(gatewayTo(handler), { base })
      const answer = await ask(app.port, below(base, '/own'), { method: 'POST', body: 'hello', ...bearer(good) })
      expect(said(answer)).toMatchObject({ app: true, principal: 'ada', body: 'hello' })
      expect((await ask(app.port, below(base, '/own'))).status).toBe(401)
    })

    it('H-129 of a WebSocket come in query or cookie, and go no further', async () => {
      await using far = await wsEcho()
      const filters = [jwt({ key: pem(rsa), from: [{ query: 'access_token' }, { cookie: 'sid' }] })]
      await using app = await appOver(harness, far.url.replace('ws', 'http'), { base, gateway: { filters } })
      const url = `ws://127.0.0.1:${app.port}${below(base, '/ws')}`
      for (const socket of [
        await wsConnect(`${url}?a=1&access_token=${good}`),
        await wsConnect(`${url}?a=1`, { headers: { cookie: `b=2; sid=${good}` } }),
      ]) {
        socket.send('hello')
        expect(await nextMessage(socket)).toBe('hello')
        socket.terminate()
      }
      expect(far.requests.map((each) => [each.url, each.headers.cookie])).toEqual([
        ['/ws?a=1', undefined],
        ['/ws?a=1', 'b=2'],
      ])
      const denied = await talk(app.port, `GET ${below(base, '/ws')} HTTP/1.1\r\nHost: a\r\n${HANDSHAKE}\r\n`)
      expect([denied.reply.status, denied.reply.complete]).toEqual([401, true])
    })

    it('H-131 of a hundred requests with unknown keys make one fetch', async () => {
      await using issuer = await upstream((_request, response) =>
        response.end(JSON.stringify({ keys: [jwk(rsa, { kid: 'a' })] })),
      )
      await using app = await harness.listen(gatewayTo(compose(jwt({ jwksUri: issuer.url }), telling, handOver())), {
        base,
      })
      const unknown = Array.from({ length: 100 }, (_, at) => {
        const { fields } = bearer(minted({}, { alg: 'EdDSA', key: ed.privateKey, header: { kid: `b${at}` } }))
        return `GET ${below(base, '/own')} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`
      })
      await raw(app.port, unknown.join(''), { until: (text) => text.split('HTTP/1.1 401').length > 100 })
      const known = bearer(minted({}, { header: { kid: 'a' } }))
      expect([(await ask(app.port, below(base, '/own'), known)).status, issuer.hits]).toEqual([200, 1])
    })

    it('that are opaque are asked about, and nobody passes while nobody answers', async () => {
      await using issuer = await upstream(async (request, response) => {
        let body = ''
        for await (const chunk of request) body += chunk
        response.end(JSON.stringify({ active: body.startsWith('token=good&'), sub: 'ada' }))
      })
      const filter = introspect({ endpoint: issuer.url })
      await using app = await harness.listen(gatewayTo(compose(filter, telling, handOver())), { base })
      const status = async (token: string) => (await ask(app.port, below(base, '/own'), bearer(token))).status
      expect([await status('good'), await status('bad')]).toEqual([200, 401])
      await issuer.stop()
      expect([await status('good'), await status('other')]).toEqual([200, 503])
    })

    it('another service is asked with what the client asked for, and its no is the client’s', async () => {
      await using service = await upstream((request, response) => {
        const status = request.headers.authorization === undefined ? 401 : 200
        response.writeHead(status, { 'www-authenticate': 'Basic realm="there"', 'x-user': 'ada' }).end()
      })
      await using far = await upstream()
      const filters = [forwardAuth({ url: `${service.url}/check`, requestHeaders: ['x-user'] })]
      await using app = await appOver(harness, far.url, { base, gateway: { filters } })
      const target = below(base, '/x?a=%2f')
      const asking = { method: 'POST', body: 'hello', fields: 'Authorization: Basic YTpi\r\nX-User: root\r\n' }
      const passed = said(await ask(app.port, target, asking))
      expect([passed.body, passed.headers['x-user']]).toEqual(['hello', 'ada'])
      const denied = await ask(app.port, target)
      expect([denied.status, denied.header('www-authenticate')]).toEqual([401, 'Basic realm="there"'])
      const [question] = service.requests
      expect([question!.method, question!.url, question!.headers['content-length']]).toEqual([
        'GET',
        '/check',
        undefined,
      ])
      expect([question!.headers['x-original-method'], question!.headers['x-original-uri']]).toEqual(['POST', target])
      const upgrade = await talk(app.port, `GET ${target} HTTP/1.1\r\nHost: a\r\n${HANDSHAKE}\r\n`)
      expect([upgrade.reply.status, far.hits]).toEqual([401, 1])
    })
  })
}
