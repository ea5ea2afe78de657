import { createGateway, createPool, type Explanation, forward, rewritePath } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { upstream } from '../../support/index.js'
import type { Harness } from '../harness/harness.js'
import { ask, said } from './kit.js'

export function explaining(harness: Harness): void {
  const { name } = harness

  /** What would be sent, as an upstream that describes its requests says it. */
  const sent = ({ chain }: Explanation): object => {
    const { path, headers } = chain!.handler.forward!
    return { url: path, prefix: headers['x-forwarded-prefix'], for: headers['x-forwarded-for'], host: headers['host'] }
  }

  describe(`${name}: explain`, () => {
    it.each([
      ['/', '/', '/users/1?x=%20'],
      ['/', '/', '//users//%7Eada'],
      ['/api', '/api', '/api/users/1?x=1'],
      ['/api', '/api', '/api'],
      ['/api/v1', '/api/v1', '/api/v1/users'],
    ])('mounted at %s with base %s, tells of %s what the upstream then gets', async (mount, base, target) => {
      await using far = await upstream()
      const pool = createPool({ name: 'far', endpoints: [`${far.url}/deep`] })
      const told: Promise<Explanation>[] = []
      const gateway = createGateway({
        filters: [
          (exchange, next) => {
            const { raw, requestTarget, base: own } = exchange
            told.push(gateway.explain(exchange))
            // Koa's mount strips Node's request and leaves nothing of what it was.
            if (((raw as { originalUrl?: string }).originalUrl ?? raw.url) === requestTarget)
              told.push(gateway.explain(raw, { base: own }))
            return next(exchange)
          },
          rewritePath({ add: '/v2' }),
        ],
        routes: [{ path: '/**', handler: forward({ pool }) }],
      })
      await using app = await harness.listen(gateway, { base, ...(mount === '/' ? {} : { mount }) })
      const { url, headers } = said(await ask(app.port, target))
      const real = {
        url,
        prefix: headers['x-forwarded-prefix'],
        for: headers['x-forwarded-for'],
        host: headers['host'],
      }
      const asData = await gateway.explain({ url: target, headers: { host: 'a.test' } }, { base })
      const all = [asData, ...(await Promise.all(told))].map(sent)
      expect(all.length).toBeGreaterThan(1)
      expect(all).toEqual(all.map(() => real))
      await pool.close()
    })

    it('tells of a target outside of the base, and of one that is refused, what becomes of it', async () => {
      await using far = await upstream()
      const pool = createPool({ name: 'far', endpoints: [far.url] })
      const gateway = createGateway({ routes: [{ path: '/users/:id', methods: ['GET'], handler: forward({ pool }) }] })
      await using app = await harness.listen(gateway, { base: '/api', fallThrough: false })
      for (const [method, target] of [
        ['GET', '/other'],
        ['GET', '/api/none'],
        ['PUT', '/api/users/1'],
        ['GET', '/api/%2e%2e/x'],
        ['GET', '/api/users/%zz'],
      ] as const) {
        const { status } = await ask(app.port, target, { method })
        const { outcome } = await gateway.explain({ method, url: target }, { base: '/api' })
        expect([target, outcome.status]).toEqual([target, status])
      }
      expect(far.requests).toHaveLength(0)
      await pool.close()
    })
  })
}
