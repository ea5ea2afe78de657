import { createServer } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { createPool, EventHub, forward } from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { faultyUpstream, raw } from '../support/index.js'
import { ask, frontTo, pairOver, transports } from './forwarded-front.js'

const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

describe.each(transports)('what a reply tells of this hop, over %s', (_, transport) => {
  it('H-058 a reply without Date gets one', async () => {
    await using pair = await pairOver(transport())
    expect(Date.parse((await ask(pair.front.port)).header('date') ?? '')).toBeGreaterThan(Date.now() - 60_000)
  })

  it('H-058 the upstream’s Date and Server pass as they are, and nothing of ours is added', async () => {
    const fields = 'Date: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: far/1\r\nX-Powered-By: Far\r\n'
    await using pair = await pairOver(transport(), {}, [`HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`])
    const reply = await ask(pair.front.port)
    expect(reply.header('date')).toBe('Mon, 01 Jan 2024 00:00:00 GMT')
    expect(reply.header('server')).toBe('far/1')
    expect(reply.header('x-powered-by')).toBe('Far')
  })

  it('H-058 a reply of an upstream without Server and X-Powered-By has neither', async () => {
    await using pair = await pairOver(transport())
    const reply = await ask(pair.front.port)
    expect([reply.header('server'), reply.header('x-powered-by')]).toEqual([undefined, undefined])
  })

  it.each(['refuse', 'reset-at', 'end-at', 'garbage', 'stall'] as const)(
    'H-058 the error reply for an upstream that does "%s" tells neither its address nor the cause',
    async (kind) => {
      await using far = await faultyUpstream(kind, { at: 0 })
      await using front = await frontTo([far.url], transport(), {
        forward: { firstByteTimeoutMs: 50, handshakeTimeoutMs: 50 },
      })
      for (const upgrade of ['', UPGRADE]) {
        const { text } = await raw(
          front.port,
          `POST / HTTP/1.1\r\nHost: edge.test\r\nContent-Length: 0\r\n\r\n`.replace(
            /^POST.*$/s,
            upgrade === '' ? '$&' : `GET / HTTP/1.1\r\nHost: edge.test\r\n${upgrade}\r\n`,
          ),
        )
        expect(text).toMatch(/^HTTP\/1\.1 50[24] /)
        expect(text).not.toContain(String(far.port))
        expect(text).not.toMatch(/127\.0\.0\.1|ECONN|HPE_|UND_ERR|socket|\bat /)
      }
    },
  )

  it('H-058 the error reply for a name that does not resolve does not tell the name', async () => {
    const lookup: LookupFunction = (name, _options, done) =>
      done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }), '', 4)
    await using pool = createPool({
      name: 'secret-pool',
      endpoints: ['http://secret-host.internal:1'],
      lookup,
      events: new EventHub(),
    })
    const server = createServer(toNode(forward({ pool, transport: transport() })))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { text } = await raw(
        (server.address() as AddressInfo).port,
        'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      )
      expect(text).toMatch(/^HTTP\/1\.1 502 /)
      expect(text).not.toMatch(/secret|ENOTFOUND|getaddrinfo/)
    } finally {
      server.close()
    }
  })

  it('H-058 the error reply when no endpoint may take traffic does not name the pool', async () => {
    await using front = await frontTo([], transport())
    const reply = await ask(front.port)
    expect(reply.status).toBe(503)
    expect(reply.body.toString()).not.toMatch(/\bfar\b|pool/)
  })
})
