import { compose, concurrencyLimit, type Filter, handOver, rateLimit } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, rawOpen, upstream, wsConnect, wsEcho } from '../../support/index.js'
import type { Harness } from '../harness/harness.js'
import { appOver, ask, below, gatewayTo, request, talk } from './kit.js'

const base = '/api'

const handshake = 'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

const policy = /^"2-in-1min"; q=2; w=60; pk=:[A-Za-z0-9+/]{16}:$/

export function rateLimiting(harness: Harness): void {
  describe(`${harness.name}: limits`, () => {
    it.each([
      [
        'an upstream',
        async (filter: Filter, url: string) => appOver(harness, url, { base, gateway: { filters: [filter] } }),
      ],
      ['handOver()', async (filter: Filter) => harness.listen(gatewayTo(compose(filter, handOver())), { base })],
    ])('H-149 in front of %s count all spellings of a path together, and say how they stand', async (_what, listen) => {
      await using far = await upstream()
      const filter = rateLimit({ limit: 2, algorithm: 'fixed-window', keyGenerator: ['address', 'path'] })
      await using app = await listen(filter, far.url)
      const replies = []
      for (const path of ['/login', '/%6cogin', '/LOGIN', '/login/', '//login'])
        replies.push(await ask(app.port, below(base, path)))
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 429, 429, 429])
      expect(replies.map((reply) => reply.header('ratelimit'))).toEqual([
        '"2-in-1min"; r=1; t=60',
        ...Array.from({ length: 4 }, () => '"2-in-1min"; r=0; t=60'),
      ])
      expect(replies[0]!.header('ratelimit-policy')).toMatch(policy)
      expect(replies[4]!.header('retry-after')).toBe('60')
      expect(app.errors).toEqual([])
    })

    it('H-003 the body of a request that is denied is no request', async () => {
      const seen: string[] = []
      const watch: Filter = (exchange, next) => {
        seen.push(exchange.target.path)
        return next(exchange)
      }
      const filters = [watch, rateLimit({ limit: 1, cost: 2 })]
      await using app = await harness.listen(gatewayTo(handOver(), { filters }), { base })
      const evil = `GET ${below(base, '/evil')} HTTP/1.1\r\nHost: a\r\n\r\n`
      const { replies } = await talk(
        app.port,
        `POST ${below(base, '/x')} HTTP/1.1\r\nHost: a\r\nContent-Length: ${evil.length}\r\n\r\n${evil}`,
        'POST',
        { hold: 200 },
      )
      expect([replies.map(({ status }) => status), seen]).toEqual([[429], ['/x']])
    })

    it('H-146 a WebSocket takes a unit with its handshake, and a turn until it has closed', async () => {
      await using far = await wsEcho()
      const turns = concurrencyLimit({ limit: 1 })
      const filters = [turns, rateLimit({ limit: 2, algorithm: 'fixed-window' })]
      await using app = await appOver(harness, far.url.replace('ws', 'http'), { base, gateway: { filters } })
      const url = `ws://127.0.0.1:${app.port}${below(base, '/x')}`
      const shake = async (): Promise<number> =>
        (
          await talk(
            app.port,
            request(below(base, '/x'), { fields: `Connection: Upgrade\r\n${handshake}` }).replace(
              'Connection: close\r\n',
              '',
            ),
          )
        ).reply.status
      const first = await wsConnect(url)
      for (let message = 0; message < 5; message++) first.send('hello')
      expect(turns.active).toBe(1)
      expect(await shake()).toBe(429)
      first.close()
      await eventually(() => turns.active === 0)
      const second = await wsConnect(url)
      second.close()
      await eventually(() => turns.active === 0)
      // Units are gone, turns are not.
      const denied = await ask(app.port, below(base, '/x'))
      expect([denied.status, denied.header('ratelimit')]).toEqual([429, '"2-in-1min"; r=0; t=60'])
    })

    it('H-146 a turn comes back from a client that leaves in the middle', async () => {
      await using far = await upstream((_request, response) => response.write('never ends'))
      const turns = concurrencyLimit({ limit: 1 })
      await using app = await appOver(harness, far.url, { base, gateway: { filters: [turns] } })
      const stays = await rawOpen(app.port)
      await stays.write(request(below(base, '/x')))
      await eventually(() => turns.active === 1)
      expect((await ask(app.port, below(base, '/x'))).status).toBe(429)
      stays.reset()
      await eventually(() => turns.active === 0)
    })
  })
}
