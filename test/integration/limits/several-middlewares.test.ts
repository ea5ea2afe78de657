import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { compose, handOver, rateLimit } from 'edgewise'
import { toExpress } from 'edgewise/express'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { ask } from '../client.js'

describe('rate limits of several middlewares', () => {
  it('show side by side in front of the application’s own handlers, and deny each for itself', async () => {
    const app = express()
    app.use(toExpress(compose(rateLimit({ name: 'all', limit: 10 }), handOver())))
    app.use(toExpress(compose(rateLimit({ name: 'few', limit: 1 }), handOver())))
    app.get('/', (_req, res) => void res.send('own'))
    const server = createServer(app).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      const first = await ask(port)
      expect(first.body).toBe('own')
      expect(first.headers['ratelimit']).toMatch(/^"all"; r=9; t=\d+, "few"; r=0; t=\d+$/)
      expect(first.headers['ratelimit-policy']).toMatch(/^"all"; q=10.*, "few"; q=1;/)
      const second = await ask(port)
      expect([second.status, second.headers['ratelimit']]).toEqual([429, expect.stringContaining('"few"; r=0')])
    } finally {
      server.close()
    }
  })
})
