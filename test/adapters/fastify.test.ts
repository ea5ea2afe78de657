import { forward, reply } from 'edgewise'
import { toFastify } from 'edgewise/fastify'
import Fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, it } from 'vitest'
import { upstream } from '../support/index.js'
import { adapterContract } from './adapter-contract.js'
import { ask, forwarder, gatewayTo, said } from './contract/kit.js'
import { fastify } from './harness/fastify.js'
import { serve } from './harness/harness.js'

adapterContract(fastify)

async function served(app: FastifyInstance, plugin: ReturnType<typeof toFastify>) {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return serve(app.server, plugin, {}, { errors: [], finished: [] }, () => app.close())
}

describe('fastify: its own ways', () => {
  it('H-029 stands before the parsers: a body it would refuse is forwarded as it came, and its own routes still parse', async () => {
    await using far = await upstream()
    const plugin = toFastify(forwarder(far.url), { base: '/api' })
    const app = Fastify()
    await app.register(plugin)
    app.post('/own', async (request) => ({ app: true, body: request.body }))
    await using running = await served(app, plugin)
    const json = { method: 'POST', fields: 'Content-Type: application/json\r\n' } as const
    expect(said(await ask(running.port, '/api/x', { ...json, body: '{not json' })).body).toBe('{not json')
    expect(said(await ask(running.port, '/own', { ...json, body: '{"a":1}' }))).toEqual({ app: true, body: { a: 1 } })
  })

  it('counts for the whole app, whatever it is registered in, and for paths no route matches', async () => {
    await using far = await upstream()
    const plugin = toFastify(forwarder(far.url), { base: '/api' })
    const app = Fastify()
    await app.register(plugin, { prefix: '/ignored' })
    app.get('/api/mine', async () => 'never: the plugin owns what is below its base')
    await using running = await served(app, plugin)
    expect(said(await ask(running.port, '/api/mine')).url).toBe('/mine')
    expect(said(await ask(running.port, '/api/none')).url).toBe('/none')
    expect((await ask(running.port, '/none')).status).toBe(404)
  })

  it('keeps headers that hooks set on Fastify’s reply or on Node’s, also on a denial', async () => {
    const plugin = toFastify(
      gatewayTo(async () => reply(403, 'no')),
      { base: '/api' },
    )
    const app = Fastify()
    app.addHook('onRequest', async (_request, out) => {
      out.header('x-fastify', '1')
      out.raw.setHeader('x-node', '1')
    })
    await app.register(plugin)
    app.get('/own', async () => 'own')
    await using running = await served(app, plugin)
    for (const target of ['/api/x', '/own']) {
      const answer = await ask(running.port, target)
      expect([answer.header('x-fastify'), answer.header('x-node')]).toEqual(['1', '1'])
    }
  })

  it('runs onResponse hooks, and no onSend ones, for what it answered', async () => {
    const hooks: string[] = []
    const plugin = toFastify(gatewayTo(async () => reply(200, 'ok')))
    const app = Fastify()
    app.addHook('onSend', async () => void hooks.push('onSend'))
    app.addHook('onResponse', async (_request, out) => void hooks.push(`onResponse ${out.raw.statusCode}`))
    await app.register(plugin)
    await using running = await served(app, plugin)
    expect((await ask(running.port, '/x')).body.toString()).toBe('ok')
    expect(hooks).toEqual(['onResponse 200'])
  })

  it('H-040 leaves a target that Fastify itself cannot read to Fastify, which refuses it', async () => {
    const plugin = toFastify(forward('http://127.0.0.1:1'), { base: '/api' })
    const app = Fastify()
    await app.register(plugin)
    await using running = await served(app, plugin)
    expect((await ask(running.port, '/other/%zz')).status).toBe(400)
    expect((await ask(running.port, '/api/%zz')).status).toBe(400)
  })

  it('ends with the app when the app closes it', async () => {
    const plugin = toFastify(gatewayTo(async () => reply(200, 'ok')))
    const app = Fastify()
    await app.register(plugin)
    app.addHook('onClose', () => plugin.close())
    await app.listen({ port: 0, host: '127.0.0.1' })
    await app.close()
    expect(plugin.gateway.traffic.draining).toBe(true)
  })
})
