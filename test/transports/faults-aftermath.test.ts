import { describe, expect, it, onTestFinished } from 'vitest'
import {
  certificates,
  child,
  drained,
  faultyUpstream,
  rawOpen,
  type SinkScript,
  sink,
  sourceLoader,
  upstream,
} from '../support/index.js'
import { networkSubjects } from './far-side.js'
import { ask, GET, gatewayOver, get, post, steady } from './gateway-over.js'

const partial = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'
const scripts: Record<string, SinkScript> = {
  'a reset for a reply': ['waitBody', 'reset'],
  'an empty reply': ['waitBody', 'end'],
  'a reply cut short by FIN': ['waitBody', partial, 'end'],
  'a reply cut short by RST': ['waitBody', partial, 'reset'],
  'a silent upstream': ['stall'],
  'a silent upstream, mid-body': ['waitBody', partial, 'stall'],
  garbage: ['waitBody', 'SSH-2.0-OpenSSH_9.2p1\r\n'],
  'status 099': ['waitBody', 'HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n'],
  'an unasked 101': [
    'waitBody',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\njunk',
  ],
  'two framings': ['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  'an endless run of 103': ['waitBody', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(150)],
  'bytes behind a 304': ['waitBody', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello'],
  'bytes behind a reply': ['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokEXTRA'],
}

describe.each(networkSubjects)('what faults leave behind through $name', ({ name, transport }) => {
  type Far = { readonly url: string } & AsyncDisposable
  const limits = { connectTimeoutMs: 500, firstByteTimeoutMs: 10, idleTimeoutMs: 10 }

  /** Takes stock, lets 200 requests run ten at a time, puts the gateway away, and expects that nothing is left: the far side stays open. */
  const nothingLeft = async (open: () => Promise<Far>, request: (port: number) => Promise<unknown>): Promise<void> => {
    await using far = await open()
    const run = async (count: number): Promise<void> => {
      const lookup = (_host: string, _options: unknown, done: (error: Error) => void) => done(new Error('no such name'))
      await using gateway = await gatewayOver(transport(), far.url, {
        pool: { ...steady, lookup: lookup as never },
        forward: limits,
      })
      const lane = async (): Promise<void> => {
        for (let nth = 0; nth < count / 10; nth += 1) await request(gateway.port)
      }
      await Promise.all(Array.from({ length: 10 }, lane))
      await gateway.settled(count)
      await gateway.idle()
      expect(gateway.outcomes).toHaveLength(count)
    }
    await run(10) // Loads what is loaded at first use.
    const done = drained()
    await run(200)
    await done()
  }
  const failing = (port: number): Promise<unknown> => ask(port).catch(() => {})

  it.each(Object.entries(scripts))('H-118 200 × %s', async (_, script) => {
    await nothingLeft(() => sink(script), failing)
  })

  it('H-118 200 × a refused connection', async () => {
    await nothingLeft(() => faultyUpstream('refuse'), failing)
  })

  it('H-118 200 × a certificate that is not trusted', async () => {
    await nothingLeft(() => upstream(undefined, { tls: certificates() }), failing)
  })

  it('H-118 200 × a name that cannot be resolved', async () => {
    await nothingLeft(async () => ({ url: 'http://secret.internal', async [Symbol.asyncDispose]() {} }), failing)
  })

  it.each([
    ['before its reply', ['stall'], GET],
    ['in the middle of its reply', ['waitBody', partial, 'stall'], GET],
    ['in the middle of its upload', ['stall'], post('x'.repeat(10)).slice(0, -5)],
  ] as [string, SinkScript, string][])('H-118 H-117 200 × a client that leaves %s', async (_, script, request) => {
    await nothingLeft(
      () => sink(script),
      async (port) => {
        const client = await rawOpen(port)
        await client.write(request)
        client.reset()
      },
    )
  })

  it('H-095 H-097 M6 a process of its own survives every one of them, without a warning', async () => {
    const sinks = await Promise.all(Object.values(scripts).map((script) => sink(script)))
    onTestFinished(async () => void (await Promise.all(sinks.map((each) => each.close()))))
    await using secure = await upstream(undefined, { tls: certificates() })
    const urls = ['http://127.0.0.1:1', ...sinks.map(({ url }) => url), secure.url]
    await using app = await child(
      {
        code: `
          import { createServer } from 'node:http'
          import { createGateway, createPool, forward, http1, httpProxy, undici } from 'edgewise'
          import { toNode } from 'edgewise/node'
          const make = { http1, undici, httpProxy }[process.env.TRANSPORT]
          const routes = process.env.URLS.split(' ').map((url, nth) => {
            const pool = createPool({ name: 'pool ' + nth, endpoints: [url], health: { passive: false } })
            return { path: '/' + nth, handler: forward({ pool, transport: make(), ...${JSON.stringify(limits)} }) }
          })
          const server = createServer(toNode(createGateway({ routes })))
          server.listen(0, '127.0.0.1', () => console.log('READY ' + server.address().port))
        `,
      },
      { imports: [sourceLoader], env: { TRANSPORT: name, URLS: urls.join(' ') } },
    )
    for (const nth of urls.keys()) {
      await brave(app.port, get(`/${nth}`))
      await brave(app.port, post('body', { path: `/${nth}` }))
    }
    expect((await ask(app.port, 'GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n')).status).toBe(400)
    await app.healthy()
  })
})

/** Either a failure with its status or a message broken off; never silence. */
async function brave(port: number, request: string): Promise<void> {
  const reply = await ask(port, request).catch(() => null)
  if (reply?.complete) expect([200, 304, 502, 504]).toContain(reply.status)
}
