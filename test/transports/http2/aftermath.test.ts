import { http2 } from 'edgewise'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dataFrame, goAwayFrame, headFrames, replyFrames } from '../../support/h2-frames.js'
import { h2Error, resetFrame } from '../../support/h2-raw.js'
import { type H2Script, type H2SinkOptions, h2Sink } from '../../support/h2-sink.js'
import { certificates, child, drained, faultyUpstream, rawOpen, sink, sourceLoader } from '../../support/index.js'
import { ask, GET, gatewayOver, get, post, steady } from '../gateway-over.js'

const partial = (stream: number): Buffer => Buffer.concat([headFrames(stream), dataFrame(stream, 'part')])
const scripts: Record<string, H2Script> = {
  'a whole reply': (stream) => [replyFrames(stream)],
  'a reset stream': (stream) => [resetFrame(stream, h2Error.internal)],
  'a refused stream': (stream) => [resetFrame(stream, h2Error.refused)],
  'a GOAWAY': () => [goAwayFrame(0, h2Error.none)],
  'a GOAWAY with an error': (stream) => [goAwayFrame(stream, h2Error.internal)],
  'a connection that is reset': () => ['reset'],
  'a reply cut short by a reset': (stream) => [partial(stream), resetFrame(stream, h2Error.none)],
  'a reply cut short by FIN': (stream) => [partial(stream), 'end'],
  'a reply cut short by RST': (stream) => [partial(stream), 'reset'],
  'a silent upstream': () => [],
  'a silent upstream, mid-body': (stream) => [partial(stream)],
  'a head and no end, without a body': (stream) => [headFrames(stream, 304)],
  garbage: () => [Buffer.alloc(100, 0xff)],
  'status 099': (stream) => [headFrames(stream, '099', [], { end: true })],
  'an unasked 101': (stream) => [headFrames(stream, 101)],
  'two lengths': (stream) => [
    headFrames(stream, 200, [
      ['content-length', '1'],
      ['content-length', '2'],
    ]),
  ],
  'more than its length': (stream) => [replyFrames(stream, 'hello', [['content-length', '1']])],
  'an endless run of 103': (stream) => Array(150).fill(headFrames(stream, 103)),
}
const silences: Record<string, H2SinkOptions> = {
  'says nothing at all': { settings: null },
  'grants no stream': { settings: { 3: 0 } },
}
const limits = { connectTimeoutMs: 50, firstByteTimeoutMs: 10, idleTimeoutMs: 10 }

describe('what faults leave behind through http2', () => {
  type Far = { readonly url: string } & AsyncDisposable

  /** Takes stock, lets 200 requests run ten at a time, puts the gateway away, and expects that nothing is left: the far side stays open. */
  const nothingLeft = async (open: () => Promise<Far>, request: (port: number) => Promise<unknown>): Promise<void> => {
    await using far = await open()
    const run = async (count: number): Promise<void> => {
      await using gateway = await gatewayOver(http2({ pingTimeoutMs: 50 }), far.url, { pool: steady, forward: limits })
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
    await nothingLeft(() => h2Sink(script), failing)
  })

  it.each(Object.entries(silences))('H-118 200 × an upstream that %s', async (_, options) => {
    await nothingLeft(() => h2Sink(() => [], options), failing)
  })

  it('H-118 200 × a refused connection', async () => {
    await nothingLeft(() => faultyUpstream('refuse'), failing)
  })

  it('H-118 200 × an upstream that speaks HTTP/1.1', async () => {
    await nothingLeft(() => sink([], { greet: ['HTTP/1.1 400 Bad Request\r\n\r\n'] }), failing)
  })

  it('H-118 200 × a certificate that is not trusted', async () => {
    await nothingLeft(() => h2Sink(() => [], { tls: certificates() }), failing)
  })

  it.each([
    ['before its reply', () => [], GET],
    ['in the middle of its reply', (stream: number) => [partial(stream)], GET],
    ['in the middle of its upload', () => [], post('x'.repeat(10)).slice(0, -5)],
  ] as [string, H2Script, string][])('H-118 H-117 200 × a client that leaves %s', async (_, script, request) => {
    await nothingLeft(
      () => h2Sink(script),
      async (port) => {
        const client = await rawOpen(port)
        await client.write(request)
        client.reset()
      },
    )
  })

  it('H-116 an idle connection, and one with a PING timer, keep no process alive', async () => {
    await using far = await h2Sink((stream) => [replyFrames(stream)])
    await using app = await child(
      {
        code: `
          import http from 'node:http'
          import { forward, http2 } from 'edgewise'
          import { toNode } from 'edgewise/node'
          const transport = http2({ keepAliveMs: 60_000, pingIntervalMs: 60_000 })
          const server = http.createServer(toNode(forward(process.env.URL, { transport, totalTimeoutMs: 60_000 })))
          server.listen(0, '127.0.0.1', () => {
            console.log('READY ' + server.address().port)
            http.get({ port: server.address().port, agent: false }, (reply) => {
              process.send(reply.statusCode)
              reply.resume().on('end', () => server.close(() => process.disconnect?.()))
            })
          })
        `,
      },
      { imports: [sourceLoader], env: { URL: far.url } },
    )
    const since = performance.now()
    expect([await app.exit, app.stderr, app.messages]).toEqual([{ code: 0, signal: null }, '', [200]])
    expect(performance.now() - since).toBeLessThan(10_000)
  })

  it('H-095 H-097 M6 a process of its own survives every one of them, without a warning', async () => {
    const sinks = await Promise.all([
      ...Object.values(scripts).map((script) => h2Sink(script)),
      ...Object.values(silences).map((options) => h2Sink(() => [], options)),
    ])
    onTestFinished(async () => void (await Promise.all(sinks.map((each) => each[Symbol.asyncDispose]()))))
    const urls = ['http://127.0.0.1:1', ...sinks.map(({ url }) => url)]
    await using app = await child(
      {
        code: `
          import { createServer } from 'node:http'
          import { createGateway, createPool, forward, http2 } from 'edgewise'
          import { toNode } from 'edgewise/node'
          const routes = process.env.URLS.split(' ').map((url, nth) => {
            const pool = createPool({ name: 'pool ' + nth, endpoints: [url], health: { passive: false } })
            return { path: '/' + nth, handler: forward({ pool, transport: http2(), ...${JSON.stringify(limits)} }) }
          })
          const server = createServer(toNode(createGateway({ routes })))
          server.listen(0, '127.0.0.1', () => console.log('READY ' + server.address().port))
        `,
      },
      { imports: [sourceLoader], env: { URLS: urls.join(' ') } },
    )
    for (const nth of urls.keys()) {
      for (const request of [get(`/${nth}`), post('body', { path: `/${nth}` })]) {
        const reply = await ask(app.port, request).catch(() => null)
        if (reply?.complete) expect([200, 304, 502, 503, 504]).toContain(reply.status)
      }
    }
    await app.healthy()
  })
})
