import {
  apiKey,
  authorize,
  concurrencyLimit,
  cors,
  type Filter,
  hmacSignature,
  idempotency,
  rateLimit,
  requestId,
  shed,
  transformJson,
  validateJson,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { upstream } from '../../../support/index.js'
import { appOver } from '../kit.js'
import type { Http2Cell } from './cell.js'

const ORIGIN = 'https://shop.example'

/** The filters of an API gateway, by requests of HTTP/2: what differs is how fields come and bodies go. */
export function http2Gateway({ harness, title, over, ask }: Http2Cell): void {
  describe(`${title}: the filters of a gateway`, () => {
    const json = { 'content-type': 'application/json' }
    const chain = (): readonly Filter[] => [
      shed({ maxInFlight: 100 }),
      requestId(),
      cors({ origin: [ORIGIN], credentials: true }),
      apiKey({ keys: { 'k-1': { id: 'ann', roles: ['admin'] } }, identityHeaders: { 'x-user': 'id' } }),
      authorize({ roles: ['admin'] }),
      rateLimit({ name: 'api', limit: 3, keyGenerator: 'principal' }),
      concurrencyLimit({ limit: 10 }),
      validateJson({ body: { type: 'object', required: ['name'] } }),
      idempotency(),
      transformJson({ request: { set: { '/seen': true } } }),
    ]

    it('H-064 H-134 know, limit, judge and change, one behind the other', async () => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { ...over, gateway: { filters: chain() } })
      const post = (headers: Record<string, string>, body: string): ReturnType<typeof ask> =>
        ask(app.port, '/x', { method: 'POST', headers: { ...json, ...headers }, body })
      const unknown = await post({ 'x-user': 'root', origin: ORIGIN }, '{"name":1}')
      expect([
        unknown.status,
        unknown.headers['www-authenticate'],
        unknown.headers['access-control-allow-origin'],
      ]).toEqual([401, expect.stringContaining('realm'), ORIGIN])
      const key = { 'x-api-key': 'k-1' }
      const good = await post({ ...key, 'x-user': 'root', 'idempotency-key': 'a', origin: ORIGIN }, '{"name":1}')
      const said = JSON.parse(good.body)
      expect([good.status, said.headers['x-user'], said.headers['x-api-key'], said.body]).toEqual([
        200,
        'ann',
        undefined,
        '{"name":1,"seen":true}',
      ])
      expect(good.headers['ratelimit']).toMatch(/^"api"; r=2;/)
      expect(said.headers['x-request-id']).toBe(good.headers['x-request-id'])
      const again = await post({ ...key, 'idempotency-key': 'a' }, '{"name":1}')
      expect([again.headers['idempotency-replayed'], again.body]).toEqual(['true', good.body])
      expect((await post(key, '{}')).status).toBe(400)
      const limited = await post(key, '{"name":1}')
      expect([limited.status, Number(limited.headers['retry-after']) >= 1, far.hits]).toEqual([429, true, 1])
    })

    it('H-198 answer a preflight, and a signed body is read whole', async () => {
      await using far = await upstream()
      const rule = hmacSignature({ form: 'github', secrets: ['a secret of the hooks'] })
      await using app = await appOver(harness, far.url, {
        ...over,
        gateway: { filters: [cors({ origin: [ORIGIN] }), rule] },
      })
      const headers = { origin: ORIGIN, 'access-control-request-method': 'POST' }
      const preflight = await ask(app.port, '/x', { method: 'OPTIONS', headers })
      expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, ORIGIN])
      const signature = `sha256=${'0'.repeat(64)}`
      const wrong = await ask(app.port, '/x', {
        method: 'POST',
        headers: { 'x-hub-signature-256': signature },
        body: 'x',
      })
      expect([wrong.status, far.hits]).toEqual([401, 0])
    })
  })
}
