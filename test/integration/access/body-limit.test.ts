import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type BodyLimitOptions,
  bodyLimit,
  bytes,
  compose,
  createGateway,
  createPool,
  EventHub,
  type Filter,
  forward,
  handOver,
  keepRawBody,
  reply,
} from 'edgewise'
import { toExpress } from 'edgewise/express'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { request, said, talk } from '../../adapters/contract/kit.js'
import { eventually, parseReplies, raw, sink, upstream } from '../../support/index.js'
import { gatewayOver, transports } from '../front.js'
import { frameworks } from './frameworks.js'

const EVIL = 'GET /evil HTTP/1.1\r\nHost: a\r\n\r\n'

const chunked = (...sizes: readonly number[]): string[] =>
  sizes.map((size) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`)
const head = (fields: string, path = '/'): string => `POST ${path} HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n\r\n`

/** A limit of 100 bytes, and what it told. */
function limit(options: Partial<BodyLimitOptions> = {}): { filter: Filter; denied: string[] } {
  const events = new EventHub()
  const denied: string[] = []
  events.on('denied', ({ filter, status, why }) => denied.push(`${filter} ${status}: ${why}`))
  return { filter: bodyLimit({ maxBytes: 100, events, ...options }), denied }
}

describe.each(transports)('a body limit over %s', (_name, make) => {
  const front = (url: string, filter: Filter, forwarding = {}) => {
    const pool = createPool({ name: 'far', endpoints: [url] })
    const handler = forward({ pool, transport: make(), ...forwarding })
    return gatewayOver(make(), [url], { gateway: { routes: [{ path: '/**', filters: [filter], handler }] } })
  }

  it.each([
    ['100 bytes', 100, 200],
    ['101 bytes', 101, 413],
    ['no byte', 0, 200],
  ])('H-021 answers %s by Content-Length with %i → %i', async (_what, size, status) => {
    await using far = await upstream()
    const { filter, denied } = limit()
    await using edge = await front(far.url, filter)
    const { reply: answer } = await talk(edge.port, request('/', { method: 'POST', body: 'x'.repeat(size) }))
    expect([answer.status, far.hits]).toEqual([status, status === 200 ? 1 : 0])
    expect(denied).toEqual(status === 200 ? [] : ['bodyLimit 413: the body is longer than 100 bytes'])
  })

  it('lets chunks pass up to the limit, to the byte', async () => {
    await using far = await upstream()
    await using edge = await front(far.url, limit().filter)
    const { reply: answer } = await talk(edge.port, [
      head('Transfer-Encoding: chunked\r\nConnection: close'),
      ...chunked(60, 40),
      '0\r\n\r\n',
    ])
    expect([answer.status, said(answer).body]).toEqual([200, 'x'.repeat(100)])
  })

  it('H-008 H-021 ends a chunked upload as soon as it has passed the limit, and breaks off what went upstream', async () => {
    await using far = await sink(['stall'])
    const { filter, denied } = limit()
    await using edge = await front(far.url, filter)
    const { replies, ended } = await talk(
      edge.port,
      [
        head('Transfer-Encoding: chunked'),
        ...chunked(60),
        () => eventually(() => far.connections[0]?.received.includes('x'.repeat(60))),
        ...chunked(60, 30, 30),
      ],
      'POST',
      { hold: Number.POSITIVE_INFINITY },
    )
    expect(replies.map(({ status }) => status)).toEqual([413])
    expect([replies[0]!.header('connection'), ended === 'open']).toEqual(['close', false])
    expect(denied).toHaveLength(1)
    await edge.atRest()
    expect(far.connections[0]!.received.toString()).not.toMatch(/\r\n0\r\n\r\n$/)
    expect(edge.outcomes[0]!.status).toBe(413)
  })

  it('holds for a body that is recorded for another try, too', async () => {
    await using far = await upstream()
    const { filter, denied } = limit()
    await using edge = await front(far.url, filter, {
      retry: { on: [503], methods: ['POST'], bodyLimit: 4_096 },
    })
    const { reply: answer } = await talk(edge.port, [
      head('Transfer-Encoding: chunked'),
      ...chunked(60, 60),
      '0\r\n\r\n',
    ])
    expect([answer.status, far.hits, denied.length]).toEqual([413, 0, 1])
    const { reply: good } = await talk(edge.port, [
      head('Transfer-Encoding: chunked\r\nConnection: close'),
      ...chunked(60),
      '0\r\n\r\n',
    ])
    expect([good.status, said(good).body.length]).toEqual([200, 60])
  })
})

describe('a body limit', () => {
  it('answers for a handler that swallows the failure, or has answered half a body', async () => {
    const { filter } = limit()
    await using edge = await gatewayOver(transports[0]![1](), ['http://127.0.0.1:1'], {
      gateway: {
        routes: [
          {
            path: '/**',
            filters: [filter],
            handler: async ({ body }) =>
              bytes(body, 10_000).then(
                () => reply(200),
                () => reply(500, 'swallowed'),
              ),
          },
        ],
      },
    })
    const { reply: answer } = await talk(edge.port, [head('Transfer-Encoding: chunked'), ...chunked(60, 60)])
    expect(answer.status).toBe(413)
  })

  it('of 0 lets no body pass, and explains what it would do', async () => {
    const { filter } = limit({ maxBytes: 0 })
    await using edge = await gatewayOver(transports[0]![1](), ['http://127.0.0.1:1'], {
      gateway: { routes: [{ path: '/**', filters: [filter], handler: async () => reply(204) }] },
    })
    expect((await talk(edge.port, request('/'))).reply.status).toBe(204)
    expect((await talk(edge.port, request('/', { method: 'POST', body: 'x' }))).reply.status).toBe(413)
    const explain = (length: number | undefined): string =>
      filter.explain!({ body: { length }, headers: {} } as never).verdict
    expect([explain(0), explain(1), explain(undefined)]).toEqual(['pass', 'deny', 'depends'])
  })

  it.each([{}, { maxBytes: -1 }, { maxBytes: Number.NaN }, { maxBytes: '1mb' }, { max: 1 }])(
    'H-155 refuses %j',
    (options) => expect(() => bodyLimit(options as never)).toThrow(/bodyLimit/),
  )
})

describe.each(frameworks)('a body limit under $name', (harness) => {
  const gateway = (filter: Filter, url: string) =>
    createGateway({
      routes: [
        { path: '/**', filters: [filter], handler: forward({ pool: createPool({ name: 'far', endpoints: [url] }) }) },
      ],
    })

  it.each([
    { framing: 'Content-Length', fields: `Content-Length: ${EVIL.length + 100}`, rest: 'x'.repeat(100) + EVIL },
    {
      framing: 'chunks',
      fields: 'Transfer-Encoding: chunked',
      rest: `${chunked(101)[0]}${EVIL.length.toString(16)}\r\n${EVIL}\r\n0\r\n\r\n`,
    },
  ])('H-003 H-021 denies by $framing, and never takes the rest of the body for a request', async ({ fields, rest }) => {
    await using far = await upstream()
    const { filter, denied } = limit()
    await using app = await harness.listen(gateway(filter, far.url))
    const seen: (string | undefined)[] = []
    app.server.on('request', ({ url }) => seen.push(url))
    const { replies, ended } = await talk(app.port, [head(fields, '/x'), `${rest}${request('/last')}`], 'GET', {
      hold: Number.POSITIVE_INFINITY,
    })
    expect([replies[0]!.status, denied.length, ended === 'open']).toEqual([413, 1, false])
    expect(seen.filter((url) => url !== '/x' && url !== '/last')).toEqual([])
    await eventually(() => far.requests.every(({ url, outcome }) => url === '/last' || outcome === 'aborted'))
  })

  it('counts what Content-Length said of a body that a parser has read already', async () => {
    await using far = await upstream()
    await using app = await harness.listen(gateway(limit().filter, far.url), { reader: true })
    const json = JSON.stringify({ a: 'x'.repeat(100) })
    const { reply: answer } = await talk(
      app.port,
      request('/', { method: 'POST', fields: 'Content-Type: application/json\r\n', body: json }),
    )
    expect([answer.status, far.hits]).toEqual([413, 0])
  })

  it('H-003 asks for a length in front of handOver(), if told so', async () => {
    const handler = compose(limit({ requireLength: true }).filter, handOver())
    await using app = await harness.listen(handler)
    const { reply: refused } = await talk(app.port, [head('Transfer-Encoding: chunked'), ...chunked(10), '0\r\n\r\n'])
    expect(refused.status).toBe(411)
    const { reply: passed } = await talk(app.port, request('/', { method: 'POST', body: 'hello' }))
    expect([passed.status, said(passed).app]).toEqual([200, true])
  })
})

describe('a body limit behind express.json()', () => {
  const start = async (url: string, reserializeBody: boolean) => {
    const pool = createPool({ name: 'far', endpoints: [url] })
    const middleware = toExpress(compose(limit().filter, forward({ pool, reserializeBody })))
    const app = express().use(express.json(reserializeBody ? {} : { verify: keepRawBody }), middleware)
    const server = createServer(app)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return {
      port: (server.address() as AddressInfo).port,
      async [Symbol.asyncDispose]() {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
        await middleware.close({ graceMs: 0 })
      },
    }
  }
  const post = (json: string): string[] => [
    head('Transfer-Encoding: chunked\r\nContent-Type: application/json\r\nConnection: close'),
    `${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`,
  ]

  it('counts the bytes that keepRawBody kept', async () => {
    await using far = await upstream()
    await using app = await start(far.url, false)
    const fits = JSON.stringify({ a: 'x'.repeat(50) })
    expect(said((await talk(app.port, post(fits))).reply).body).toBe(fits)
    expect((await talk(app.port, post(JSON.stringify({ a: 'x'.repeat(100) })))).reply.status).toBe(413)
    expect(far.hits).toBe(1)
  })

  it('lets a body that is written out again pass by its stated length', async () => {
    await using far = await upstream()
    await using app = await start(far.url, true)
    const fits = JSON.stringify({ a: 'x'.repeat(50) })
    const { text } = await raw(
      app.port,
      request('/', { method: 'POST', fields: 'Content-Type: application/json\r\n', body: fits }),
    )
    expect(said(parseReplies(text, { closed: true })[0]!).body).toBe(fits)
  })
})
