import express from 'express'
import express4 from 'express-4'
import { describe, expect, it } from 'vitest'
import { appOver } from '../../adapters/contract/kit.js'
import { expressHarness } from '../../adapters/harness/express.js'
import { fastify } from '../../adapters/harness/fastify.js'
import { hono } from '../../adapters/harness/hono.js'
import { koa } from '../../adapters/harness/koa.js'
import { node } from '../../adapters/harness/node.js'
import { closed, eventually, nextMessage, wsConnect, wsEcho } from '../../support/index.js'

const harnesses = [
  node,
  expressHarness('express 5', express),
  expressHarness('express 4', express4 as never),
  koa,
  hono,
  fastify,
]

describe.each(harnesses.map((harness) => [harness.name, harness] as const))(
  'WebSockets through %s',
  (_name, harness) => {
    it('pass compressed messages both ways, pings, and a subprotocol', async () => {
      await using far = await wsEcho({
        server: { perMessageDeflate: { threshold: 0 }, handleProtocols: (offered) => [...offered][1] ?? false },
      })
      await using app = await appOver(harness, far.url.replace('ws', 'http'), { base: '/api' })
      const socket = await wsConnect(`ws://127.0.0.1:${app.port}/api/chat`, {
        protocols: ['one', 'two'],
        perMessageDeflate: { threshold: 0 },
      })
      expect([socket.protocol, socket.extensions]).toEqual(['two', 'permessage-deflate'])
      const text = 'again and again and again '.repeat(10_000)
      socket.send(text)
      expect(await nextMessage(socket)).toBe(text)
      const pong = new Promise((resolve) => socket.once('pong', (data) => resolve(data.toString())))
      socket.ping('there?')
      expect(await pong).toBe('there?')
      const { bytes, messages } = app.middleware.gateway.traffic.tunnelTotals
      expect(messages).toEqual({ in: 1, out: 1 })
      // What went through is what was compressed.
      expect(bytes.in + bytes.out).toBeLessThan(text.length / 10)
      socket.close(1000)
      expect((await closed(socket)).code).toBe(1000)
    })

    it('H-080 H-113 see 1001 at both ends when the gateway closes', async () => {
      const ends: number[] = []
      await using far = await wsEcho({ onConnection: (socket) => socket.on('close', (code) => ends.push(code)) })
      await using app = await appOver(harness, far.url.replace('ws', 'http'))
      const sockets = await Promise.all(Array.from({ length: 3 }, () => wsConnect(`ws://127.0.0.1:${app.port}/`)))
      await app.middleware.close({ graceMs: 5_000 })
      expect(await Promise.all(sockets.map(closed))).toEqual(sockets.map(() => ({ code: 1001, reason: 'drain' })))
      await eventually(() => ends.length === 3)
      expect(ends).toEqual([1001, 1001, 1001])
    })
  },
)
