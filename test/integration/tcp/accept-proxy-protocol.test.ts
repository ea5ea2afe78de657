import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import { createServer, type Server, type Socket } from 'node:net'
import { createGateway, reply } from 'edgewise'
import { toNode } from 'edgewise/node'
import { type AcceptProxyProtocolOptions, acceptProxyProtocol } from 'edgewise/tcp'
import { describe, expect, it } from 'vitest'
import { drained } from '../../support/drained.js'
import { installed } from '../../support/program.js'
import { raw } from '../../support/raw.js'
import { haproxy } from './haproxy.js'

const HEADER = 'PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n'
const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const post = (body: string): string =>
  `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`

async function listening(server: Server, options: Partial<AcceptProxyProtocolOptions> = {}) {
  acceptProxyProtocol(server, { from: ['loopback'], ...options })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

const gateway = createGateway({
  routes: [{ path: '/**', handler: async ({ client }) => reply(200, `${client.address} ${client.peer}`) }],
})

describe("a server of the user's behind a PROXY header", () => {
  it.each([
    ['in one piece', [`${HEADER}${GET}`]],
    ['apart', [HEADER, 20, GET]],
    [
      'byte by byte',
      [...`${HEADER}${GET}`].flatMap((byte) => [byte, () => new Promise((resolve) => setImmediate(resolve))]),
    ],
  ])('sees the client: http, header and request %s', async (_what, steps) => {
    await using server = await listening(http.createServer(toNode(gateway)))
    expect((await raw(server.port, steps)).text).toMatch(/^HTTP\/1.1 200 OK.*192.0.2.1 192.0.2.1$/s)
  })

  it('gets a large body whole, and serves more requests on the connection', async () => {
    let count = 0
    const app = http.createServer(async (req, res) => {
      let size = 0
      for await (const chunk of req) size += chunk.length
      res.end(`<${++count} ${size} ${req.socket.remoteAddress} ${req.socket.remotePort} ${req.socket.remoteFamily}>`)
    })
    await using server = await listening(app)
    const keep = GET.replace('Connection: close\r\n', '')
    const { text } = await raw(server.port, [`${HEADER}${keep}`, 20, keep, post('x'.repeat(3_000_000))])
    expect(text.match(/<.*?>/g)).toEqual([
      '<1 0 192.0.2.1 5000 IPv4>',
      '<2 0 192.0.2.1 5000 IPv4>',
      '<3 3000000 192.0.2.1 5000 IPv4>',
    ])
  })

  it('sees the client: net, also when it begins to read later', async () => {
    const app = createServer(async (socket: Socket) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      socket.write(`${socket.remoteAddress}:`)
      socket.pipe(socket)
    })
    await using server = await listening(app)
    expect((await raw(server.port, [`${HEADER}hello`, 'end'])).text).toBe('192.0.2.1:hello')
  })

  it.each([
    ['no header', {}, GET],
    ['a malformed header', {}, `PROXY TCP4 1 2 3 4\r\n${GET}`],
    ['half a header', { prereadTimeoutMs: 100 }, 'PROXY TCP4'],
    ['an untrusted peer', { from: ['10.0.0.0/8'] }, `${HEADER}${GET}`],
  ])('H-084 closes the connection of %s, and asks nobody', async (_what, options, bytes) => {
    const gone = drained()
    {
      const asked: unknown[] = []
      await using server = await listening(
        http.createServer((req, res) => {
          asked.push(req.url)
          res.end()
        }),
        options,
      )
      expect(await raw(server.port, bytes)).toMatchObject({ text: '', ended: expect.stringMatching(/closed|reset/) })
      expect(asked).toEqual([])
    }
    await gone()
  })

  it('is told of what was refused as clientError, where it listens', async () => {
    const app = http.createServer()
    app.on('clientError', (error: NodeJS.ErrnoException, socket) => socket.end(`no: ${error.code}`))
    await using server = await listening(app)
    expect((await raw(server.port, GET)).text).toBe('no: ERR_EDGE_PROXY_HEADER')
  })

  it('serves peers that need not send one as they are', async () => {
    await using server = await listening(http.createServer(toNode(gateway)), { from: ['10.0.0.0/8'], required: false })
    expect((await raw(server.port, GET)).text).toMatch(/127.0.0.1 127.0.0.1$/)
    // What a header would be is no HTTP.
    expect((await raw(server.port, `${HEADER}${GET}`)).text).toMatch(/^HTTP\/1.1 400/)
  })

  it('is refused where it ends TLS, and without peers to trust', () => {
    expect(() => acceptProxyProtocol(https.createServer(), { from: ['loopback'] })).toThrow(/not a TLS one/)
    expect(() => acceptProxyProtocol(http.createServer(), { from: [] })).toThrow(/"from"/)
    expect(() => acceptProxyProtocol(http.createServer(), { from: ['nowhere'] })).toThrow(/"from" is "nowhere"/)
    expect(() => acceptProxyProtocol(http.createServer(), {} as never)).toThrow(/"from"/)
    expect(() => acceptProxyProtocol(http.createServer(), { from: ['loopback'], timeout: 1 } as never)).toThrow(
      /unknown/,
    )
  })

  it.skipIf(!installed('haproxy'))('sees the client behind a real haproxy (Debian)', async () => {
    await using server = await listening(http.createServer(toNode(gateway)))
    for (const option of ['send-proxy', 'send-proxy-v2']) {
      await using proxy = await haproxy('', server.port, option)
      expect((await raw(proxy.port, GET)).text).toMatch(/127.0.0.1 127.0.0.1$/)
    }
  })
})
