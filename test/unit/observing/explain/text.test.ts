import {
  apiKey,
  cache,
  createGateway,
  createPool,
  EventHub,
  type ExplainRequest,
  forward,
  type Gateway,
  rateLimit,
  requestHeaders,
  respond,
  split,
} from 'edgewise'
import { afterAll, describe, expect, it } from 'vitest'

const users = createPool({
  name: 'users',
  endpoints: [
    { url: 'http://10.0.0.1:3000', name: 'a' },
    { url: 'http://10.0.0.2:3000', name: 'b', weight: 2 },
  ],
})
users.maintenance('b')

const gateway: Gateway = createGateway({
  events: new EventHub(),
  trustedProxies: ['10.0.0.0/8'],
  routes: [
    {
      path: '/users/:id',
      methods: ['GET'],
      filters: [
        apiKey({ keys: { k1: { id: 'ada' } }, identityHeaders: { 'x-user': 'id' } }),
        rateLimit({ limit: 10, windowMs: 60_000 }),
        requestHeaders({ remove: ['cookie'] }),
        cache(),
      ],
      handler: forward({ pool: users, via: 'edge' }),
    },
    { path: '/users/**', handler: respond({ status: 410 }) },
    {
      path: '/shop',
      handler: split({
        branches: { old: { handler: respond(), weight: 3 }, new: { handler: respond({ status: 204 }), weight: 1 } },
      }),
    },
  ],
})
afterAll(() => users.close())

const told = async (request: ExplainRequest): Promise<string> =>
  String(await gateway.explain(request, { base: '/api' }))

describe('an explanation for people', () => {
  it('tells of a request that is forwarded', async () => {
    const headers = {
      'x-api-key': 'k1',
      cookie: 'a=b',
      'x-forwarded-for': '1.2.3.4, 198.51.100.7',
      connection: 'x-hop',
      'x-hop': '1',
    }
    expect(await told({ url: '/api//users/%37?token=abc', clientAddress: '10.0.0.9', headers })).toBe(
      `GET /api//users/%37?token=*** HTTP/1.1

target   /users/7?token=***, below the base /api, made canonical
client   198.51.100.7: the trusted proxy 10.0.0.9 speaks for 1.2.3.4, 198.51.100.7: the last of them that is no trusted proxy
fields   without connection: it ends at this hop
         without x-hop: Connection names it
route    /users/:id  id=7
not      /users/**  fits, but /users/:id is more specific
         /shop      another path
filters  apiKey          pass    it is api-key: ada
         rateLimit       pass    it leaves 9 of 10 of "10-in-1min"
         requestHeaders  change  removes cookie
         cache           pass    nothing is stored under http://localhost/api/users/7?token=***
handler  forward: to a of pool users
pool     users, roundRobin: a; next in turn, 1 passed over
without  b  maintenance
sends    GET /users/7?token=*** over http
         host: localhost
         x-forwarded-for: 1.2.3.4, 198.51.100.7, 10.0.0.9
         x-user: ada
         via: 1.1 edge
         x-forwarded-proto: http
         x-forwarded-port: 80
         x-forwarded-host: localhost
         x-forwarded-prefix: /api
limits   connect 5000 ms, first byte 60000 ms, idle 60000 ms
retry    each endpoint once, on conn-failure, empty-response
outcome  forwarded to a of pool users`,
    )
  })

  it('tells of a request that is denied, and what it does not come to', async () => {
    expect(await told({ url: '/api/users/7' })).toBe(`GET /api/users/7 HTTP/1.1

target   /users/7, below the base /api
client   127.0.0.1: the other end of the connection, which is no trusted proxy
route    /users/:id  id=7
not      /users/**  fits, but /users/:id is more specific
         /shop      another path
filters  apiKey          deny 401   no credential
         rateLimit       unreached
         requestHeaders  unreached
         cache           unreached
outcome  denied 401 by apiKey: no credential`)
  })

  it('tells of a method that no route has, and of a target that is refused', async () => {
    expect(await told({ url: '/api/shop/x', method: 'put' })).toBe(`PUT /api/shop/x HTTP/1.1

target   /shop/x, below the base /api
client   127.0.0.1: the other end of the connection, which is no trusted proxy
not      /shop       another path
         /users/**   another path
         /users/:id  another path; method: for GET
outcome  unmatched 404: no route matches, or the framework’s own handlers where the adapter falls through`)
    expect(await told({ url: '/api/%2e%2e/x' })).toBe(
      'GET /api/%2e%2e/x HTTP/1.1\n\noutcome  refused 400: request target refused: dot segment',
    )
  })

  it('tells of branches, each with what is behind it', async () => {
    expect(await told({ url: '/api/shop' })).toContain(`handler    split: by chance
branch     old: 75 %
  handler  respond: 200, a fixed reply
branch     new: 25 %
  handler  respond: 204, a fixed reply
outcome    as far as can be told: open by split: by chance`)
  })

  it('H-195 stays as many lines as it has, whatever a request says', async () => {
    const breaks = ['\n', '\r\n', '\u0085', '\u2028', '\u001b[2J']
    for (const each of breaks) {
      const url = `/api/users/7${each}outcome  answered 200`
      const text = await told({ url, headers: { 'x-api-key': 'k1', [`x${each}a`]: `b${each}outcome  answered 200` } })
      const lines = text.split(/[\n\r\u0085\u2028]/)
      expect([lines.filter((line) => line.startsWith('outcome')).length, text.includes('\u001b')]).toEqual([1, false])
    }
  })

  it('H-195 has nothing in it that turns or hides what stands beside it', async () => {
    const method = 'POST'
    const text = await told({ url: '/api/other/\u202eadmin\u2066', method, headers: { host: 'a\u200b.test' } })
    expect(text).not.toMatch(/[\p{Cf}]/u)
    expect(text).toContain('\\u202E')
  })
})
