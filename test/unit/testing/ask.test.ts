import { compose, createGateway, EdgeError, type Filter, ipRules, type Outcome, rateLimit, reply } from 'edgewise'
import { ask } from 'edgewise/testing'
import { describe, expect, it } from 'vitest'

const gateway = createGateway({
  filters: [ipRules({ deny: ['198.51.100.0/24'] }), rateLimit({ limit: 2, windowMs: 60_000 })],
  routes: [
    {
      path: '/users/:id',
      methods: ['GET'],
      handler: async ({ params, route }) => reply(200, JSON.stringify({ ...params, route }), { 'x-a': 'b' }),
    },
    {
      path: '/broken',
      handler: async () => {
        throw new EdgeError('ERR_EDGE_NO_ENDPOINT', 'nobody')
      },
    },
    {
      path: '/bug',
      handler: async () => {
        throw new TypeError('mine')
      },
    },
  ],
})

describe('ask', () => {
  it('goes through routes, filters and handlers, without a socket', async () => {
    const client = { address: '192.0.2.7' }
    const first = await ask(gateway, '/users/7', { client })
    expect([first.status, first.headers['x-a'], await first.json()]).toEqual([
      200,
      'b',
      { id: '7', route: '/users/:id' },
    ])
    expect((await ask(gateway, '/users/7', { client, method: 'HEAD' })).status).toBe(200)
    expect((await ask(gateway, '/users/7', { client })).status).toBe(429)
    expect((await ask(gateway, '/users/7', { client: { address: '198.51.100.1' } })).status).toBe(403)
  })

  it('answers what no route does as plain Node’s adapter', async () => {
    expect((await ask(gateway, '/nowhere')).status).toBe(404)
    const { status, headers } = await ask(gateway, '/users/7', { method: 'PUT' })
    expect([status, headers['allow']]).toEqual([405, 'GET, HEAD'])
  })

  it('answers a failure of Edgewise’s by its status; any other is thrown', async () => {
    expect((await ask(gateway, '/broken')).status).toBe(503)
    await expect(ask(gateway, '/bug')).rejects.toThrow('mine')
  })

  it('says what may be wrong with a filter that resolves without a reply', async () => {
    const forgets = compose((async () => {}) as unknown as Filter, async () => reply(200))
    await expect(ask(forgets, '/')).rejects.toThrow('forget to return next(exchange)')
  })

  it('takes a bare handler, and settles when the body is read', async () => {
    const asked = await ask(async () => reply(201, 'made'), '/')
    const heard: Outcome[] = []
    asked.exchange.onSettled((outcome) => heard.push(outcome))
    expect(await asked.text()).toBe('made')
    expect(heard).toMatchObject([{ status: 201 }])
  })
})
