import { basicAuth, compose, createGateway, forward, handOver, optional } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { fastify } from '../../adapters/harness/fastify.js'
import { hono } from '../../adapters/harness/hono.js'
import { koa } from '../../adapters/harness/koa.js'
import { node } from '../../adapters/harness/node.js'
import { h2Client, upstream } from '../../support/index.js'

const known = basicAuth({ users: { ada: 'x' }, identityHeaders: { 'X-User': 'id' } })

// Express's own request crashes on node:http2.
describe.each([node, koa, hono, fastify])('$name over HTTP/2', (harness) => {
  it.each(['x-user', 'x_user', 'x.user'])('H-064 %s reaches neither an upstream nor the app', async (name) => {
    await using far = await upstream()
    const gateway = createGateway({
      routes: [
        { path: '/far', filters: [optional(known)], handler: forward(far.url) },
        { path: '/own', handler: compose(handOver()) },
      ],
    })
    await using app = await harness.listen(gateway, { http2: true, outer: true })
    await using client = h2Client(app.port)
    const own = await client.ask('/own', { headers: { [name]: 'admin' } })
    expect(JSON.parse(own.body)).toEqual({ app: true, url: '/own', body: '', principal: null, base: '/' })
    await client.ask('/far', { headers: { [name]: 'admin' } })
    await client.ask('/far', { headers: { [name]: 'admin', authorization: 'Basic YWRhOng=' } })
    const users = far.requests.map(({ headers }) => Object.entries(headers).filter(([each]) => /^x.user$/.test(each)))
    expect(users).toEqual([[], [['x-user', 'ada']]])
  })

  it('H-134 a denial has its challenge', async () => {
    await using app = await harness.listen(compose(known, handOver()), { http2: true })
    await using client = h2Client(app.port)
    const refused = await client.ask('/own')
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      401,
      'Basic realm="Restricted", charset="UTF-8"',
    ])
    expect((await client.ask('/own', { headers: { authorization: 'Basic YWRhOng=' } })).status).toBe(200)
  })
})
