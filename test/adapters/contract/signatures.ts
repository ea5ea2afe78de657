import { createHash, createHmac } from 'node:crypto'
import { compose, handOver, httpSignature, webhookSignature } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { upstream, wsEcho } from '../../support/index.js'
import { keys, type Pair, SECRET, signedFields, type ToSign } from '../../unit/filters/auth/signatures/signed.js'
import { handshake } from '../../upgrade/ws-front.js'
import type { Harness } from '../harness/harness.js'
import { appOver, ask, bases, below, gatewayTo, request, said, talk } from './kit.js'

const BODY = '{"a": 1}'
const DIGEST = `sha-256=:${createHash('sha256').update(BODY).digest('base64')}:`

/** Header lines of a request that is signed now. */
const signed = async (target: string, sign: ToSign = {}): Promise<string> => {
  const fields = await signedFields(`http://a.test${target}`, { params: { created: new Date() }, ...sign })
  return linesOf(fields)
}
const linesOf = (fields: readonly Pair[]): string => fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')

const ofBody: ToSign = {
  method: 'POST',
  headers: { 'Content-Digest': DIGEST },
  components: ['@method', '@target-uri', 'content-digest'],
}

export function signatures(harness: Harness): void {
  const { name } = harness
  describe.each(bases)(`${name} at %s: signatures`, (base) => {
    const rule = httpSignature({ keys, identityHeaders: { 'X-Partner': 'id' } })

    it('are held against the target as it was sent, mount point and all', async () => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { base, mount: base, gateway: { filters: [rule] } })
      const target = below(base, '/%6frders/a%2dz?b=2&a=%31')
      const fields = await signed(target)
      const answer = await ask(app.port, target, { fields: `${fields}X-Partner: forged\r\n` })
      expect([answer.status, said(answer).url]).toEqual([200, '/orders/a-z?b=2&a=%31'])
      const { headers } = said(answer)
      expect([headers['x-partner'], headers['signature'], headers['signature-input']]).toEqual([
        'k1',
        undefined,
        undefined,
      ])
      // The same to whoever matches and forwards it, and yet not what was signed.
      for (const other of [below(base, '/orders/a-z?b=2&a=%31'), `${target}&c`, target.replace('%6f', '%6F')])
        expect((await ask(app.port, other, { fields })).status).toBe(401)
      expect((await ask(app.port, target)).status).toBe(401)
      expect(far.hits).toBe(1)
    })

    it.each(['with a length', 'in chunks'])('hold a body %s against its digest, and forward it', async (how) => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { base, gateway: { filters: [rule] } })
      const target = below(base, '/x')
      const fields = await signed(target, ofBody)
      for (const [body, status] of [
        [BODY, 200],
        [BODY.replace('1', '2'), 401],
      ] as const) {
        const chunked = `Transfer-Encoding: chunked\r\n${fields}\r\n1\r\n${body[0]}\r\n${(body.length - 1).toString(16)}\r\n${body.slice(1)}\r\n0\r\n\r\n`
        const bytes =
          how === 'in chunks'
            ? `POST ${target} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n${chunked}`
            : request(target, { method: 'POST', fields, body })
        const { reply: answer } = await talk(app.port, bytes, 'POST')
        expect(answer.status).toBe(status)
        if (status === 200) expect(said(answer).body).toBe(BODY)
      }
      expect(far.hits).toBe(1)
    })

    it('refuse a body that is too long with 413, before it is there', async () => {
      await using far = await upstream()
      const filters = [httpSignature({ keys, maxBodyBytes: 4 })]
      await using app = await appOver(harness, far.url, { base, gateway: { filters } })
      const target = below(base, '/x')
      const fields = await signed(target, ofBody)
      const { reply: answer } = await talk(
        app.port,
        `POST ${target} HTTP/1.1\r\nHost: a.test\r\n${fields}Content-Length: 5\r\n\r\n`,
        'POST',
      )
      expect([answer.status, far.hits]).toEqual([413, 0])
    })

    it('guard upgrades, too', async () => {
      await using far = await wsEcho()
      await using app = await appOver(harness, far.url.replace('ws', 'http'), { base, gateway: { filters: [rule] } })
      const target = below(base, '/chat?room=1')
      const shake = (more: readonly string[]) =>
        talk(app.port, handshake({ start: `GET ${target}`, host: 'a.test', more }), 'GET', {
          until: (text) => text.startsWith('HTTP/1.1 101') && text.includes('\r\n\r\n'),
        })
      const refused = await shake([])
      expect([refused.reply.status, refused.reply.complete, refused.ended]).toEqual([401, true, 'closed'])
      const lines = (await signed(target)).trimEnd().split('\r\n')
      expect((await shake(lines)).reply.status).toBe(101)
      expect(far.requests).toHaveLength(1)
    })

    it('guard the framework’s own handlers', async () => {
      await using app = await harness.listen(gatewayTo(compose(rule, handOver())), { base })
      const target = below(base, '/own')
      const answer = await ask(app.port, target, { fields: await signed(target) })
      expect([answer.status, said(answer).app]).toEqual([200, true])
      expect((await ask(app.port, target)).status).toBe(401)
    })

    it('guard what the framework answers to a body, where its parsers find what was read', async () => {
      await using app = await harness.listen(gatewayTo(compose(rule, handOver())), { base })
      const target = below(base, '/own')
      const fields = `Content-Type: application/json\r\n${await signed(target, ofBody)}`
      const answer = await ask(app.port, target, { method: 'POST', fields, body: BODY })
      if (harness.traits.findsKept) expect(JSON.parse(said(answer).body)).toEqual(JSON.parse(BODY))
      else expect([answer.status, answer.body.toString()]).toEqual([500, '500 ERR_EDGE_BODY_CONSUMED\n'])
    })

    it('of webhooks hold what was sent against it', async () => {
      await using far = await upstream()
      const filters = [webhookSignature({ form: 'github', secrets: [SECRET] })]
      await using app = await appOver(harness, far.url, { base, gateway: { filters } })
      const fields = `X-Hub-Signature-256: sha256=${createHmac('sha256', SECRET).update(BODY).digest('hex')}\r\n`
      const target = below(base, '/hooks')
      const answer = await ask(app.port, target, { method: 'POST', fields, body: BODY })
      expect([answer.status, said(answer).body]).toEqual([200, BODY])
      expect((await ask(app.port, target, { method: 'POST', fields, body: `${BODY} ` })).status).toBe(401)
      expect(far.hits).toBe(1)
    })
  })
}
