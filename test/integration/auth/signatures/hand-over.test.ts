import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { compose, handOver, keepRawBody, webhookSignature } from 'edgewise'
import { toExpress } from 'edgewise/express'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { ask, said } from '../../../adapters/contract/kit.js'
import { fastify } from '../../../adapters/harness/fastify.js'
import { hono } from '../../../adapters/harness/hono.js'

const SECRET = 'a secret of some length'
const hooks = compose(webhookSignature({ form: 'github', secrets: [SECRET] }), handOver())

const delivery = (body: string) => ({
  method: 'POST',
  fields: `Content-Type: application/json\r\nX-Hub-Signature-256: sha256=${createHmac('sha256', SECRET).update('{"a": 1}').digest('hex')}\r\n`,
  body,
})

describe('a signed webhook that the application answers', () => {
  it.each([hono, fastify])('is there for the parsers of $name', async (harness) => {
    await using app = await harness.listen(hooks)
    const answer = await ask(app.port, '/own', delivery('{"a": 1}'))
    expect([answer.status, JSON.parse(said(answer).body)]).toEqual([200, { a: 1 }])
    expect((await ask(app.port, '/own', delivery('{"a": 2}'))).status).toBe(401)
  })

  it('is there for Express behind a parser that keeps the bytes', async () => {
    const app = express()
    app.use('/hooks', express.json({ verify: keepRawBody }))
    app.use('/hooks', toExpress(hooks, { base: '/hooks' }))
    app.post('/hooks/orders', (req, res) => void res.json({ got: req.body }))
    const server = createServer(app)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const answer = await ask(port, '/hooks/orders', delivery('{"a": 1}'))
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([200, { got: { a: 1 } }])
    expect((await ask(port, '/hooks/orders', delivery('{"a":1}'))).status).toBe(401)
    await new Promise((resolve) => server.close(resolve))
  })
})
