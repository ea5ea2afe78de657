import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createSecureServer } from 'node:http2'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Server } from 'node:tls'
import { EventHub, http2, tlsOptions } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { ask } from '../integration/client.js'
import { gatewayOver, transports } from '../integration/front.js'
import { secure, shake } from '../integration/tls/secure.js'
import { certificates, eventually } from '../support/index.js'

const good = certificates()
const expired = certificates({ expired: true })

/** An upstream that keeps no connection: each request shakes hands. */
async function upstreamWith({ cert, key }: { cert: string; key: string }, overHttp2: boolean) {
  const answer = (_request: unknown, response: { end(text: string): unknown }): void => void response.end('ok')
  const server: Server = overHttp2
    ? createSecureServer({ cert, key }, answer)
    : createServer({ cert, key }, (request, response) => answer(request, response.setHeader('connection', 'close')))
  server.on('secureConnection', (socket) => socket.on('error', () => {}))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  }
}

describe.each([...transports, ['http2', () => http2()] as const])(
  'a certificate has expired, over %s',
  (name, make) => {
    it("H-199 an upstream's: refused with 502 and ERR_EDGE_TLS, and good again without a restart once it has another", async () => {
      await using far = await upstreamWith(expired, name === 'http2')
      await using front = await gatewayOver(make(), [far.url], {
        pool: { tls: { ca: good.ca }, health: { passive: false } },
      })
      const { status, body } = await ask(front.port)
      expect([status, body]).toEqual([502, '502 ERR_EDGE_TLS\n'])
      expect(front.attempts.at(-1)?.error?.message).toContain('CERT_HAS_EXPIRED')
      far.server.setSecureContext(good)
      expect((await ask(front.port)).status).toBe(200)
      await front.atRest()
    })
  },
)

describe('a certificate has expired', () => {
  it("an upstream's: a check by TLS takes the endpoint out and says why; with another it is back", async () => {
    await using far = await upstreamWith(expired, false)
    await using front = await gatewayOver(transports[0]![1](), [far.url], {
      pool: { tls: { ca: good.ca }, health: { active: { probe: 'tls', intervalMs: 30, rise: 1, fall: 1 } } },
    })
    await eventually(() => !front.endpoint(0).available)
    expect(front.endpoint(0).why).toContain('expired')
    expect((await ask(front.port)).status).toBe(503)
    far.server.setSecureContext(good)
    await eventually(() => front.endpoint(0).available)
    expect((await ask(front.port)).status).toBe(200)
  })

  it('ours: it is served on, its end is told, and the next handshake has the new one as soon as it is there', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'edgewise-expired-'))
    const put = async ({ cert, key }: { cert: string; key: string }): Promise<void> => {
      await writeFile(join(dir, 'key.pem'), key)
      await writeFile(join(dir, 'cert.pem'), cert)
    }
    await put(expired)
    const events = new EventHub()
    const told: string[] = []
    events.on('certificate', ({ change }) => told.push(change))
    {
      await using front = await secure({
        certificates: [{ certFile: join(dir, 'cert.pem'), keyFile: join(dir, 'key.pem') }],
        events,
      })
      expect(front.tls.inUse[0]!.validTo).toBeLessThan(Date.now())
      const trusting = { ca: good.ca, servername: 'localhost' }
      await expect(shake(front.port, trusting)).rejects.toThrow(/expired/)
      const careless = await shake(front.port, { ...trusting, rejectUnauthorized: false })
      await put(good)
      await eventually(() => told.includes('loaded'), { timeoutMs: 10_000 })
      const socket = await shake(front.port, trusting)
      expect(front.tls.inUse[0]!.validTo).toBeGreaterThan(Date.now())
      // What is open goes on.
      expect(careless.destroyed).toBe(false)
      careless.destroy()
      socket.destroy()
    }
    await rm(dir, { recursive: true })
  })

  it('ours is no reason not to start: clients say so themselves', () => {
    const tls = tlsOptions({ certificates: [{ cert: expired.cert, key: expired.key }] })
    expect(tls.inUse).toHaveLength(1)
    tls.close()
  })
})
