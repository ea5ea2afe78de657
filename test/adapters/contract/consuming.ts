import { consumerOf, consumers, type Filter, type Handler, handOver, limitsOf, planLimits, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { keyed } from '../../integration/consumers/keyed.js'
import type { Harness } from '../harness/harness.js'
import { ask, bases, below, gatewayTo, said, talk } from './kit.js'

const HANDSHAKE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

export function consuming(harness: Harness): void {
  const { name } = harness
  const filters = (): Filter[] => [
    keyed(),
    consumers({
      list: [
        { id: 'acme', plan: 'free', principals: ['k1', 'k2'] },
        { id: 'initech', plan: 'free' },
      ],
      identityHeaders: { 'x-consumer': 'id' },
    }),
    planLimits({
      plans: { free: { limits: [{ limit: 2, windowMs: 60_000 }], quotas: [{ limit: 100, period: 'month' }] } },
    }),
  ]
  const tells: Handler = async (exchange) =>
    reply(200, JSON.stringify([consumerOf(exchange)?.id, exchange.headers['x-consumer'], limitsOf(exchange).length]))

  describe.each(bases)(`${name} at %s: consumers and plans`, (base) => {
    it('hold a consumer to its plan, whatever its key, requests and handshakes alike', async () => {
      await using app = await harness.listen(gatewayTo(tells, { filters: filters() }), { base })
      const target = below(base, '/x')
      const first = await ask(app.port, target, { fields: 'X-Key: k1\r\nX-Consumer: initech\r\n' })
      expect([first.status, JSON.parse(first.body.toString())]).toEqual([200, ['acme', 'acme', 2]])
      const handshake = `GET ${target} HTTP/1.1\r\nHost: a\r\nX-Key: k2\r\n${HANDSHAKE}\r\n`
      expect((await talk(app.port, handshake)).reply.status).not.toBe(429)
      for (const method of ['GET', 'HEAD', 'POST']) {
        const denied = await ask(app.port, target, { method, fields: 'X-Key: k1\r\n' })
        expect([method, denied.status, Number(denied.header('retry-after')) > 0]).toEqual([method, 429, true])
        expect(denied.header('ratelimit')).toMatch(/"free:limit-in-1min"; r=0; t=\d+/)
      }
      expect((await talk(app.port, handshake)).reply.status).toBe(429)
      expect((await ask(app.port, target, { fields: 'X-Key: initech\r\n' })).status).toBe(200)
      expect((await ask(app.port, target, { fields: 'X-Key: nobody\r\n' })).status).toBe(403)
      expect((await ask(app.port, target, { fields: 'X-Consumer: acme\r\n' })).status).toBe(403)
      expect(app.errors).toEqual([])
    })
  })

  it(`${name}: stands in front of the framework's own handlers`, async () => {
    await using app = await harness.listen(gatewayTo(handOver(), { filters: filters() }))
    for (const status of [200, 200, 429]) {
      const answer = await ask(app.port, '/x', { fields: 'X-Key: k1\r\n' })
      expect(answer.status).toBe(status)
      if (status !== 200) continue
      expect(said(answer).app).toBe(true)
      expect(answer.header('ratelimit-policy')).toContain('"free:limit-per-month"; q=100')
    }
  })
}
