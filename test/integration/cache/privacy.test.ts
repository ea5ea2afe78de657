import { cache, createGateway, defineFilter, reply, stickyCookie } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { cached, numbered } from './cached.js'

const fresh = { 'cache-control': 'max-age=60' }

describe('what is for one client alone', () => {
  it.each([
    ['max-age=60', ['miss', 'miss']],
    ['public, max-age=60', ['miss', 'hit']],
    ['must-revalidate, max-age=60', ['miss', 'hit']],
    ['s-maxage=60', ['miss', 'hit']],
  ])('H-174 a reply to credentials with %s: %s', async (field, results) => {
    await using front = await cached(numbered({ 'cache-control': field }))
    await front.get('/', { headers: { authorization: 'Bearer one' } })
    await front.get('/', { headers: { authorization: 'Bearer two' } })
    expect(front.results).toEqual(results)
  })

  it('H-174 a reply to credentials is not for those who have none', async () => {
    await using front = await cached(numbered(fresh))
    await front.get('/', { headers: { authorization: 'Bearer one' } })
    expect((await front.get()).body).toBe('answer 2')
  })

  it.each(['max-age=60', 'public, max-age=60', 'public, s-maxage=60, immutable'])(
    'H-175 a reply with Set-Cookie and %s is not stored',
    async (field) => {
      await using front = await cached(numbered({ 'cache-control': field, 'set-cookie': ['s=1', 't=2'] }))
      const first = await front.get()
      expect(first.headers['set-cookie']).toEqual(['s=1', 't=2'])
      expect(first.headers['cache-status']).toBe('Edgewise; fwd=uri-miss; fwd-status=200; detail=set-cookie')
      expect((await front.get()).body).toBe('answer 2')
    },
  )

  it('H-175 a cookie can be left out of what is stored; who caused it still gets it', async () => {
    await using front = await cached(numbered({ ...fresh, 'set-cookie': 's=1' }), { setCookie: 'strip' })
    expect((await front.get()).headers['set-cookie']).toEqual(['s=1'])
    const hit = await front.get()
    expect([hit.body, hit.headers['set-cookie']]).toEqual(['answer 1', undefined])
  })

  it('H-175 a cookie is given to everybody only when told so', async () => {
    await using front = await cached(numbered({ ...fresh, 'set-cookie': 's=1' }), { setCookie: 'store' })
    await front.get()
    expect((await front.get()).headers['set-cookie']).toEqual(['s=1'])
  })

  it.each(['cookie', 'authorization'])(
    'H-175 one client’s variant by %s is not stored; that of all others is',
    async (name) => {
      await using front = await cached(numbered({ 'cache-control': 'public, max-age=60', vary: name }))
      for (const headers of [{ [name]: 'one' }, { [name]: 'one' }, {}, {}, { [name]: 'two' }])
        await front.get('/', { headers })
      expect(front.results).toEqual(['miss', 'miss', 'miss', 'hit', 'miss'])
    },
  )

  it.each(['private', 'Private, max-age=60', 'max-age=60, private=""', 'max-age="60, private'])(
    'H-175 a reply that is %s is not stored',
    async (field) => {
      await using front = await cached(numbered({ 'cache-control': field, etag: '"a"' }))
      await front.get()
      await front.get()
      expect(front.results).toEqual(['miss', 'miss'])
    },
  )

  it('H-175 a 304 gives its cookie to whoever it was asked for, and to nobody else', async () => {
    await using front = await cached((request, response) => {
      if (request.headers['if-none-match'] === undefined)
        return response.writeHead(200, { 'cache-control': 'max-age=10', etag: '"a"' }).end('kept')
      response.writeHead(304, { 'cache-control': 'max-age=10', etag: '"a"', 'set-cookie': ['s=1'] }).end()
    })
    await front.get()
    front.later(20)
    expect((await front.get()).headers['set-cookie']).toEqual(['s=1'])
    const next = await front.get()
    expect([next.body, next.headers['set-cookie']]).toEqual(['kept', undefined])
    expect(front.results).toEqual(['miss', 'revalidated', 'hit'])
  })

  it('H-175 the cookie of a sticky session keeps nothing out of the cache, and stays with its client', async () => {
    await using front = await cached(numbered(fresh), {
      pool: { balancer: stickyCookie({ name: 'far', secret: 'x'.repeat(32) }) },
    })
    const first = await front.get()
    expect(first.headers['set-cookie']?.[0]).toMatch(/^far=/)
    const hit = await front.get()
    expect([hit.body, hit.headers['set-cookie']]).toEqual(['answer 1', undefined])
    expect(front.results).toEqual(['miss', 'hit'])
  })

  it('H-175 the upstream’s own cookie counts next to that of a sticky session', async () => {
    await using front = await cached(numbered({ ...fresh, 'set-cookie': 's=1' }), {
      pool: { balancer: stickyCookie({ name: 'far', secret: 'x'.repeat(32) }) },
    })
    expect((await front.get()).headers['set-cookie']).toHaveLength(2)
    expect((await front.get()).body).toBe('answer 2')
  })

  it('H-177 a cache in front of a guard is refused, whatever stands between', () => {
    const guard = defineFilter({ filterName: 'guard', stage: 'guard' }, (exchange, next) => next(exchange))
    const handler = async () => reply(200)
    const chain = (...filters: (typeof guard)[]) => createGateway({ routes: [{ path: '/**', filters, handler }] })
    expect(() => chain(cache(), guard)).toThrow(/"cache" \(store\) stands outside "guard" \(guard\)/)
    expect(() => createGateway({ filters: [cache()], routes: [{ path: '/**', filters: [guard], handler }] })).toThrow(
      /guard/,
    )
    expect(() => chain(guard, cache())).not.toThrow()
  })

  it('H-177 what a guard denies is not stored: the next one is let through', async () => {
    let allowed = false
    const guard = defineFilter({ filterName: 'guard', stage: 'guard' }, async (exchange, next) =>
      allowed ? next(exchange) : reply(403, 'no', { 'cache-control': 'max-age=60' }),
    )
    await using front = await cached(numbered(fresh))
    const gateway = createGateway({
      filters: [guard, front.pages],
      routes: [{ path: '/**', handler: async () => reply(200, 'yes', fresh) }],
    })
    const { toNode } = await import('edgewise/node')
    const { createServer } = await import('node:http')
    const { ask } = await import('../client.js')
    const server = createServer(toNode(gateway))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    try {
      expect((await ask(port, '/x')).status).toBe(403)
      allowed = true
      expect((await ask(port, '/x')).body).toBe('yes')
      allowed = false
      expect((await ask(port, '/x')).status).toBe(403)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it.each([401, 403, 429, 500, 502, 503, 504])('H-177 a %i that says nothing is not stored', async (status) => {
    const fields = { etag: '"a"', 'last-modified': 'Tue, 24 Nov 2026 10:00:00 GMT' }
    await using front = await cached(numbered(fields, status), { heuristics: true })
    for (let at = 0; at < 2; at++)
      expect((await front.get()).headers['cache-status']).toMatch(/; fwd=uri-miss; .*; detail=no-lifetime$/)
    expect(front.far.requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, undefined])
  })
})
