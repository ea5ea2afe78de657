import { allowMethods, compose, createGateway, forward, ipRules, uriLimits } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked, judge } from './asked.js'

describe('a denial', () => {
  it('tells the client the status and nothing of the reason, and listeners all of it', async () => {
    const exchange = asked({ address: '203.0.113.7' })
    const { reply, denied } = await judge((events) => ipRules({ deny: ['203.0.113.0/24'], events }), exchange)
    expect(reply).toMatchObject({
      status: 403,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
    })
    expect(Buffer.from((reply.body as { bytes: Uint8Array }).bytes).toString()).toBe('403 Forbidden\n')
    expect(denied).toEqual([{ exchange, filter: 'ipRules', status: 403, why: '203.0.113.7 is on the deny list' }])
  })

  it('carries the fields that its status asks for', async () => {
    const { reply } = await judge(
      (events) => allowMethods({ methods: ['GET', 'PUT'], events }),
      asked({ method: 'POST' }),
    )
    expect([reply.status, reply.headers['allow']]).toEqual([405, 'GET, HEAD, PUT'])
  })

  it('H-177 comes of a guard, which a cache must not stand outside of', () => {
    const store = Object.assign(async (_: unknown, next: (each: never) => never) => next(_ as never), {
      filterName: 'cache',
      stage: 'store' as const,
    })
    const filters = [store as never, uriLimits({ maxLength: 10 })]
    const handler = forward('http://127.0.0.1:1')
    expect(() => createGateway({ routes: [{ path: '/**', filters, handler }] })).toThrow(/"cache".*"uriLimits"/)
    expect(compose(uriLimits({ maxLength: 10 }), handler).chain?.filters[0]?.stage).toBe('guard')
    return handler.close?.()
  })
})
