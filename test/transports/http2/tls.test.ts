import { createSecureServer, type ServerHttp2Session } from 'node:http2'
import { createServer as createHttp1Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { type Http2Options, http2, type UpstreamTls } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { certificates, eventually, sink } from '../../support/index.js'
import { ask, expectFailure, GET, gatewayOver, steady } from '../gateway-over.js'

const own = certificates({ names: ['localhost'] })

/** A secure upstream that tells its protocol and the name it was asked for. */
async function secure({ names = ['localhost'], http1 = false, requestCert = false } = {}) {
  const options = { ...certificates({ names }), ...(requestCert ? { requestCert, ca: own.ca } : {}) }
  let handshakes = 0
  const sessions = new Set<ServerHttp2Session>()
  const answer = (req: { httpVersion: string; socket: unknown }, res: { end(text: string): void }): void => {
    const socket = req.socket as TLSSocket
    const client = requestCert ? ` client=${String(socket.getPeerCertificate().subject?.CN)}` : ''
    res.end(`${req.httpVersion} sni=${String(socket.servername)}${client}`)
  }
  const server = http1 ? createHttp1Server(options, answer as never) : createSecureServer(options, answer as never)
  server.on('secureConnection', () => {
    handshakes += 1
  })
  server.on('session', (session: ServerHttp2Session) => sessions.add(session))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    get handshakes() {
      return handshakes
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy()
      if ('closeAllConnections' in server) (server as { closeAllConnections(): void }).closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const through = async (port: number, tls: UpstreamTls, options: Http2Options = {}) => {
  await using gateway = await gatewayOver(http2(options), `https://localhost:${port}`, { pool: { tls, ...steady } })
  return await ask(gateway.port, 'GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n')
}

describe('HTTP/2 over TLS', () => {
  it('H-199 an authority that is not trusted is refused', async () => {
    await using far = await secure()
    expectFailure(await through(far.port, {}), 502, 'ERR_EDGE_TLS')
  })

  it("H-199 a trusted one is accepted, by ALPN; the name asked for is the endpoint's, not the client's Host", async () => {
    await using far = await secure()
    expect((await through(far.port, { ca: own.ca })).body.toString()).toBe('2.0 sni=localhost')
  })

  it('H-199 a certificate of another name is refused, unless that name is configured', async () => {
    await using far = await secure({ names: ['other.example'] })
    expectFailure(await through(far.port, { ca: own.ca }), 502, 'ERR_EDGE_TLS')
    const named = await through(far.port, { ca: own.ca, servername: 'other.example' })
    expect(named.body.toString()).toBe('2.0 sni=other.example')
  })

  it('H-199 an address is verified as such, and no name is asked for', async () => {
    await using far = await secure({ names: ['127.0.0.1'] })
    await using gateway = await gatewayOver(http2(), `https://127.0.0.1:${far.port}`, { pool: { tls: { ca: own.ca } } })
    expect((await ask(gateway.port)).body.toString()).toBe('2.0 sni=false')
  })

  it('H-199 verification is off by name only, and for that pool only', async () => {
    await using far = await secure()
    const transport = http2()
    const over = async (tls: UpstreamTls) => {
      await using gateway = await gatewayOver(transport, `https://localhost:${far.port}`, { pool: { tls } })
      return await ask(gateway.port)
    }
    expect((await over({ rejectUnauthorized: false })).status).toBe(200)
    expectFailure(await over({}), 502, 'ERR_EDGE_TLS')
  })

  it('H-199 a client certificate proves who asks', async () => {
    await using far = await secure({ requestCert: true })
    const { ca, cert, key } = certificates({ names: ['gateway.test'] })
    expect((await through(far.port, { ca, cert, key })).body.toString()).toBe('2.0 sni=localhost client=gateway.test')
    expect((await through(far.port, { ca })).status).toBe(502)
  })

  it('H-098 a handshake that stalls is a 504 like a connect that does', async () => {
    await using far = await sink(['stall'])
    await using gateway = await gatewayOver(http2(), `https://127.0.0.1:${far.port}`, {
      forward: { connectTimeoutMs: 60 },
    })
    expectFailure(await ask(gateway.port, GET), 504, 'ERR_EDGE_CONNECT_TIMEOUT')
    await far.connections[0]!.gone
  })

  describe('an endpoint that chooses HTTP/1.1', () => {
    it('is spoken to so, by everybody who waited, and is not asked again for a while', async () => {
      await using far = await secure({ http1: true })
      await using gateway = await gatewayOver(http2(), `https://localhost:${far.port}`, {
        pool: { tls: { ca: own.ca } },
      })
      const replies = await Promise.all(Array.from({ length: 5 }, () => ask(gateway.port)))
      expect(replies.map(({ body }) => body.toString())).toEqual(Array(5).fill('1.1 sni=localhost'))
      await gateway.idle()
      const before = far.handshakes
      expect(before).toBeLessThanOrEqual(6)
      for (let nth = 0; nth < 5; nth += 1) await ask(gateway.port)
      expect(far.handshakes).toBe(before)
      expect(gateway.outcomes.every(({ attempts, error }) => attempts.length === 1 && error === null)).toBe(true)
    })

    it('is asked again when the memory of it has grown as old as a connection may', async () => {
      await using far = await secure({ http1: true })
      await using gateway = await gatewayOver(http2({ maxConnectionAgeMs: 50 }), `https://localhost:${far.port}`, {
        pool: { tls: { ca: own.ca } },
      })
      await ask(gateway.port)
      const before = far.handshakes
      await eventually(async () => {
        expect((await ask(gateway.port)).body.toString()).toBe('1.1 sni=localhost')
        return far.handshakes >= before + 2
      })
    })

    it('is refused with allowHttp1: false', async () => {
      await using far = await secure({ http1: true })
      expectFailure(await through(far.port, { ca: own.ca }, { allowHttp1: false }), 502, 'ERR_EDGE_TLS')
    })
  })
})
