import { createServer } from 'node:http'
import { createGateway, forward, reply } from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { adapterContract } from './adapter-contract.js'
import { ask, gatewayTo } from './contract/kit.js'
import { serve } from './harness/harness.js'
import { node } from './harness/node.js'

adapterContract(node)

const log = { errors: [], finished: [] }

describe('node: a server of its own', () => {
  it('answers what is not ours with 404 and 405, as there is nobody else', async () => {
    const listener = toNode(
      createGateway({ routes: [{ path: '/known', methods: ['GET'], handler: async () => reply(200) }] }),
      { base: '/api' },
    )
    await using app = await serve(createServer(listener), listener, {}, log)
    expect((await ask(app.port, '/api/known')).status).toBe(200)
    expect((await ask(app.port, '/api/known', { method: 'PUT' })).status).toBe(405)
    for (const target of ['/api/other', '/elsewhere', '/apiknown'])
      expect((await ask(app.port, target)).status).toBe(404)
    for (const target of ['/api/%2e%2e/x', '/else/%2e%2e/api']) expect((await ask(app.port, target)).status).toBe(400)
  })

  it('answers an unexpected error with 500 and nothing of it, also when told to fall through to nobody', async () => {
    const listener = toNode(
      gatewayTo(() => Promise.reject(new Error('secret'))),
      { fallThrough: true },
    )
    await using app = await serve(createServer(listener), listener, {}, log)
    const faults: unknown[] = []
    const stop = listener.gateway.events.on('fault', ({ error }) => faults.push((error as Error).message))
    const answer = await ask(app.port, '/x')
    stop()
    expect([answer.status, answer.body.toString()]).toEqual([500, ''])
    // Nobody else would ever hear of it.
    expect(faults).toEqual(['secret'])
  })

  it('answers OPTIONS * itself, and GET * with 400 (H-015)', async () => {
    const listener = toNode(forward('http://127.0.0.1:1'))
    await using app = await serve(createServer(listener), listener, {}, log)
    expect((await ask(app.port, '*', { method: 'OPTIONS' })).status).toBe(204)
    expect((await ask(app.port, '*')).status).toBe(400)
  })
})
