import {
  connect as connectHttp2,
  constants,
  createServer as createHttp2,
  createSecureServer,
  type Http2Server,
  type ServerHttp2Stream,
} from 'node:http2'
import { createServer as createHttps } from 'node:https'
import type net from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Server as TlsServer } from 'node:tls'
import { type HardenableServer, type HardenOptions, hardenServer } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { certificates, drained, eventually, raw, rawOpen } from '../../support/index.js'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const HOLD = { hold: Number.POSITIVE_INFINITY }

async function listening<S extends HardenableServer>(server: S, options: HardenOptions) {
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => sockets.add(socket.on('close', () => sockets.delete(socket))))
  hardenServer(server, options)
  await new Promise<void>((resolve) => (server as net.Server).listen(0, '127.0.0.1', resolve))
  return {
    server,
    sockets,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('a hardened TLS server', () => {
  const https = (options: HardenOptions) => {
    const { key, cert } = certificates()
    return listening(
      createHttps({ key, cert }, (_req, res) => res.end('ok')),
      options,
    )
  }

  it('H-094 ends a handshake that does not come', async () => {
    await using edge = await https({ handshakeTimeoutMs: 200 })
    const quiet = await raw(edge.port, '', HOLD)
    const halfHello = await raw(edge.port, [Buffer.from([22, 3, 1, 0, 200, 1]), 50, Buffer.from([0])], HOLD)
    expect([quiet.text, quiet.ended === 'open', halfHello.ended === 'open']).toEqual(['', false, false])
  })

  it('H-094 ends a head that comes a byte at a time behind it, and leaves requests alone', async () => {
    await using edge = await https({ handshakeTimeoutMs: 1_000, headersTimeoutMs: 200, keepAliveTimeoutMs: 200 })
    const bytes = [...`GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(100)}`].flatMap((byte) => [byte, 20])
    const slow = await raw(edge.port, bytes, { ...HOLD, tls: true })
    expect(slow.text).toMatch(/^HTTP\/1.1 408 /)
    await using client = await rawOpen(edge.port, { tls: true })
    for (let at = 1; at <= 3; at++) {
      await new Promise((resolve) => setTimeout(resolve, 120))
      await client.write(GET)
      await client.waitFor((text) => text.split('HTTP/1.1 200').length === at + 1)
    }
  })

  it('H-085 counts connections by address before their handshake', async () => {
    await using edge = await https({ maxConnectionsPerAddress: 2 })
    await using one = await rawOpen(edge.port)
    await using other = await rawOpen(edge.port)
    expect([one.ended, other.ended]).toEqual(['open', 'open'])
    expect((await raw(edge.port, '', HOLD)).ended).not.toBe('open')
  })

  it('H-116 leaves no timer when its connections have closed', async () => {
    await using edge = await https({})
    const gone = drained({ files: false })
    const { text } = await raw(edge.port, GET, { tls: true, until: 'ok' })
    expect(text).toMatch(/200 OK/)
    await eventually(() => edge.sockets.size === 0)
    await gone()
  })
})

describe.each([
  ['over TLS', () => createSecureServer({ ...certificates(), allowHTTP1: true }), 'https'],
  ['in cleartext', () => createHttp2(), 'http'],
] as const)('a hardened HTTP/2 server %s', (_name, make, scheme) => {
  const start = async (options: HardenOptions, answer: (stream: ServerHttp2Stream) => void = () => {}) => {
    const server = make() as Http2Server & TlsServer
    server.on('stream', (stream) => {
      stream.on('error', () => {})
      answer(stream)
    })
    const edge = await listening(server as Http2Server, options)
    const connect = () => {
      const session = connectHttp2(`${scheme}://127.0.0.1:${edge.port}`, { rejectUnauthorized: false })
      session.on('error', () => {})
      return session
    }
    return { edge, connect }
  }

  it('H-094 ends a session that asks nothing, and one that has been idle', async () => {
    const { edge, connect } = await start({ headersTimeoutMs: 200, keepAliveTimeoutMs: 200 }, (stream) => {
      stream.respond()
      stream.end()
    })
    await using _ = edge
    const quiet = connect()
    await new Promise((resolve) => quiet.once('close', resolve))
    const busy = connect()
    const stream = busy.request({ ':path': '/' }).resume()
    await new Promise((resolve) => stream.once('close', resolve))
    expect(busy.closed).toBe(false)
    await new Promise((resolve) => busy.once('close', resolve))
  })

  it('H-070 says how many streams there may be, and refuses those past it', async () => {
    const { edge, connect } = await start({ maxConcurrentStreams: 2 })
    await using _ = edge
    const session = connect()
    await new Promise((resolve) => session.once('remoteSettings', resolve))
    expect(session.remoteSettings.maxConcurrentStreams).toBe(2)
    session.destroy()
  })

  it('H-093 resets a stream whose client does not read, and leaves the session to others', async () => {
    let reset = 0
    const { edge, connect } = await start({ stallTimeoutMs: 200 }, (out) => {
      out.on('close', () => {
        reset = out.rstCode
      })
      out.respond({ ':status': 200 })
      out.end(Buffer.alloc(4 * 1024 * 1024))
    })
    await using _ = edge
    const session = connect()
    const stream = session.request({ ':path': '/' })
    stream.on('error', () => {})
    stream.pause()
    await eventually(() => reset === constants.NGHTTP2_CANCEL, { timeoutMs: 5_000 })
    expect(session.destroyed).toBe(false)
    session.destroy()
  })
})
