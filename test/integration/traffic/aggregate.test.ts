import { aggregate, createPool, forward, http1, requestId, respond } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { drained, eventually, sink, upstream } from '../../support/index.js'
import { ask } from '../client.js'
import { gatewayOver } from '../front.js'

describe('aggregate over sockets', () => {
  it('asks upstreams, a handler here, and leaves nothing behind when one hangs or breaks', async () => {
    await using users = await upstream((req, res) =>
      res
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ url: req.url, id: req.headers['x-request-id'] })),
    )
    await using hanging = await sink(['stall'])
    await using breaking = await sink([
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"',
      'reset',
    ])
    const rest = drained()
    const pools = [users.url, hanging.url, breaking.url].map((url) => createPool({ name: url, endpoints: [url] }))
    const [user, slow, broken] = pools.map((pool) => forward({ pool }))
    const home = aggregate({
      timeoutMs: 200,
      parts: {
        user: { handler: user!, path: '/users/{params.id}', timeoutMs: 5_000 },
        slow: { handler: slow!, fallback: null },
        broken: { handler: broken!, fallback: { x: 1 } },
        fixed: { handler: respond({ json: [1] }) },
      },
    })
    const front = await gatewayOver(http1(), ['http://127.0.0.1:1'], {
      gateway: { filters: [requestId({ accept: 'always' })], routes: [{ path: '/home/:id', handler: home }] },
    })
    const answer = await ask(front.port, '/home/7', { headers: { 'x-request-id': 'r-1' } })
    expect(answer.headers['edge-partial']).toBe('slow, broken')
    expect(JSON.parse(answer.body)).toEqual({
      user: { url: '/users/7', id: 'r-1' },
      slow: null,
      broken: { x: 1 },
      fixed: [1],
    })
    await eventually(() => pools.every((pool) => pool.endpoints.every(({ inFlight }) => inFlight === 0)))
    await front[Symbol.asyncDispose]()
    for (const pool of pools) await pool.close()
    await Promise.all([users.stop(), hanging.close(), breaking.close()])
    await rest()
  })
})
