import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { http2, reply, tracing } from 'edgewise'
import { describe, expect, it } from 'vitest'
import {
  eventually,
  type H2Field,
  h2Request,
  rawH2,
  type Sink,
  type SinkScript,
  sink,
  upstream,
  wsConnect,
  wsEcho,
} from '../../support/index.js'
import { ask } from '../client.js'
import { transports } from '../front.js'
import { http2Front } from '../http2/front.js'
import { parts, recorder, traced } from './recorder.js'

const caller = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const { ERROR, UNSET } = SpanStatusCode
const DIES: SinkScript = ['waitBody', 'reset']
const answer = (status: number): SinkScript => ['waitBody', `HTTP/1.1 ${status} X\r\nContent-Length: 2\r\n\r\nok`]

/** The spans that a raw upstream's requests name. */
const named = ({ requests }: Sink): readonly string[] =>
  requests.map((each) => parts(each.header('traceparent')).spanId)
const idOf = (span: ReadableSpan | undefined): string | undefined => span?.spanContext().spanId

describe.each(transports)('spans over %s', (_name, make) => {
  it('name the exchange and its attempt, whose id the upstream sees', async () => {
    using recorded = recorder()
    await using far = await upstream()
    await using front = await traced(make(), [far.url], recorded)
    await ask(front.port, '/users/7?token=secret&plain', { headers: { traceparent: caller, 'user-agent': 'test/1' } })
    await recorded.all(2)
    const [server] = recorded.of('server')
    const [client] = recorded.of('client')
    expect(server!.name).toBe('GET /**')
    expect(server!.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'http.route': '/**',
      'url.path': '/users/7',
      'url.query': 'token=REDACTED&REDACTED',
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': front.port,
      'client.address': '127.0.0.1',
      'network.peer.address': '127.0.0.1',
      'network.protocol.version': '1.1',
      'user_agent.original': 'test/1',
    })
    expect(client!.name).toBe('GET')
    expect(client!.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.full': `${far.url}/users/7?token=REDACTED&REDACTED`,
      'server.address': '127.0.0.1',
      'server.port': far.port,
      'edgewise.pool': 'test',
      'edgewise.endpoint': far.url,
    })
    expect([server!.parentSpanContext?.spanId, client!.parentSpanContext?.spanId]).toEqual([
      parts(caller).spanId,
      idOf(server),
    ])
    const { traceId, spanId } = client!.spanContext()
    expect(parts(far.requests[0]!.headers['traceparent'])).toEqual({ traceId, spanId, flags: '01' })
    expect(traceId).toBe(parts(caller).traceId)
    expect([server!.status.code, client!.status.code]).toEqual([UNSET, UNSET])
  })

  it('go on in an upstream that traces, too', async () => {
    using recorded = recorder()
    await using far = await upstream()
    await using inner = await traced(make(), [far.url], recorded)
    await using outer = await traced(make(), [`http://127.0.0.1:${inner.port}`], recorded)
    await ask(outer.port, '/')
    const spans = await recorded.all(4)
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1)
    const innermost = spans.find((span) => idOf(span) === parts(far.requests[0]!.headers['traceparent']).spanId)
    const line: string[] = []
    for (let at = innermost; at !== undefined; at = spans.find((span) => idOf(span) === at?.parentSpanContext?.spanId))
      line.push(at.name)
    expect(line).toEqual(['GET', 'GET /**', 'GET', 'GET /**'])
  })

  it('tell retries apart: each attempt has its own, with its count', async () => {
    using recorded = recorder()
    await using dead = await sink(DIES)
    await using far = await sink(answer(503))
    await using front = await traced(make(), [dead.url, far.url], recorded, {
      forward: { retry: { attempts: 4, on: ['empty-response', 503], backoffMs: 0 } },
      pool: { retryBudget: { minPerSecond: 100 }, health: { passive: false } },
    })
    expect((await ask(front.port)).status).toBe(503)
    await recorded.all(5)
    const attempts = [...recorded.of('client')].sort((a, b) => count(a) - count(b))
    expect(attempts.map(count)).toEqual([0, 1, 2, 3])
    expect(attempts[0]!.attributes['http.request.resend_count']).toBeUndefined()
    expect([...named(dead), ...named(far)].toSorted()).toEqual(attempts.map(idOf).toSorted())
    const failed = attempts.filter(({ attributes }) => attributes['error.type'] === 'ERR_EDGE_UPSTREAM_RESET')
    expect(failed.length).toBeGreaterThan(0)
    expect(attempts.every(({ status }) => status.code === ERROR)).toBe(true)
    expect(attempts.find(({ attributes }) => attributes['error.type'] === '503')?.status).toEqual({ code: ERROR })
    const [server] = recorded.of('server')
    expect([server!.status.code, server!.attributes['error.type']]).toEqual([ERROR, '503'])
  })

  it('tell a hedge apart, and do not call the one that lost an error', async () => {
    using recorded = recorder()
    await using slow = await sink(['waitBody', 'stall'])
    await using quick = await sink()
    await using front = await traced(make(), [slow.url, quick.url], recorded, {
      forward: { hedge: { afterMs: 20 }, retry: false },
      pool: { retryBudget: { minPerSecond: 100 } },
    })
    for (let nth = 0; nth < 2; nth++) await ask(front.port)
    await front.atRest()
    await eventually(() => recorded.begun === recorded.ended)
    const hedge = recorded.of('client').find((span) => count(span) === 1)
    const lost = recorded.of('client').find(({ attributes }) => attributes['error.type'] === 'ERR_EDGE_HEDGE_LOST')
    expect([lost!.status.code, hedge!.status.code, hedge!.attributes['http.response.status_code']]).toEqual([
      UNSET,
      UNSET,
      200,
    ])
    expect(hedge!.parentSpanContext).toEqual(lost!.parentSpanContext)
    expect([named(slow)[0], named(quick).includes(idOf(hedge)!)]).toEqual([idOf(lost), true])
  })

  it.each([
    [404, UNSET, undefined, ERROR, '404'],
    [500, ERROR, '500', ERROR, '500'],
    [302, UNSET, undefined, UNSET, undefined],
  ])('a %i is an error to whom it is one', async (status, server, type, client, clientType) => {
    using recorded = recorder()
    await using far = await sink(answer(status))
    await using front = await traced(make(), [far.url], recorded)
    await ask(front.port)
    await recorded.all(2)
    const [ours] = recorded.of('server')
    const [theirs] = recorded.of('client')
    expect([ours!.status.code, ours!.attributes['error.type']]).toEqual([server, type])
    expect([theirs!.status.code, theirs!.attributes['error.type']]).toEqual([client, clientType])
  })

  it('a failure is named by its code, and says nothing that a client sent', async () => {
    using recorded = recorder()
    await using front = await traced(make(), ['http://127.0.0.1:1'], recorded)
    expect((await ask(front.port, '/secret')).status).toBe(502)
    await recorded.all(2)
    for (const span of recorded.spans) {
      expect([span.attributes['error.type'], span.status.code]).toEqual(['ERR_EDGE_CONNECT', ERROR])
      expect(span.status.message).toMatch(/^no connection to the upstream/)
    }
    expect(recorded.of('server')[0]!.attributes['http.response.status_code']).toBe(502)
  })

  it('end once, whatever happens', async () => {
    using recorded = recorder()
    await using stalls = await sink(['waitBody', 'stall'])
    await using breaks = await sink(['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 'reset'])
    await using flows = await sink(['waitBody', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 'stall'])
    await using left = await traced(make(), [stalls.url], recorded)
    const leaving = new AbortController()
    const gone = expect(ask(left.port, '/', { signal: leaving.signal })).rejects.toThrow()
    await stalls.waitForRequests(1)
    leaving.abort()
    await gone
    await recorded.all(2)
    await using broken = await traced(make(), [breaks.url], recorded)
    await expect(ask(broken.port)).rejects.toThrow()
    await recorded.all(4)
    await using late = await traced(make(), [stalls.url], recorded, {
      forward: { firstByteTimeoutMs: 30, retry: false },
    })
    expect((await ask(late.port)).status).toBe(504)
    await recorded.all(6)
    await using closing = await traced(make(), [flows.url], recorded)
    const cut = expect(ask(closing.port)).rejects.toThrow()
    await flows.waitForRequests(1)
    await closing.gateway.close({ graceMs: 20 })
    await cut
    await recorded.all(8)
    for (const front of [left, broken, late, closing]) await front.atRest()
    expect([recorded.begun, recorded.ended]).toEqual([8, 8])
    expect(recorded.of('server').map(({ status, attributes }) => [status.code, attributes['error.type']])).toEqual([
      [UNSET, 'ERR_EDGE_CLIENT_CLOSED'],
      [ERROR, expect.stringMatching(/^ERR_EDGE_(UPSTREAM_RESET|BAD_REPLY)$/)],
      [ERROR, 'ERR_EDGE_FIRST_BYTE_TIMEOUT'],
      [expect.any(Number), expect.stringMatching(/^ERR_EDGE_/)],
    ])
  })

  it('say how long a request waited for an endpoint', async () => {
    using recorded = recorder()
    await using far = await sink(['waitBody', 30, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'])
    await using front = await traced(make(), [{ url: far.url, maxConnections: 1 }], recorded)
    await Promise.all([ask(front.port), ask(front.port)])
    await recorded.all(4)
    const waits = recorded.of('client').map(({ attributes }) => attributes['edgewise.queue_ms'])
    expect(waits).toEqual([undefined, expect.any(Number)])
    expect(waits[1]).toBeGreaterThan(10)
  })

  it('what a rule takes away stays away, in every attempt', async () => {
    using recorded = recorder()
    await using dead = await sink(DIES)
    await using front = await traced(make(), [dead.url, dead.url.replace('127.0.0.1', 'localhost')], recorded, {
      forward: { requestHeaders: { remove: ['traceparent', 'tracestate', 'baggage'] } },
    })
    await ask(front.port, '/', { headers: { traceparent: caller, tracestate: 'a=1', baggage: 'b=2' } })
    await eventually(() => dead.requests.length > 0)
    for (const request of dead.requests)
      for (const name of ['traceparent', 'tracestate', 'baggage']) expect(request.header(name)).toBeUndefined()
  })
})

describe('spans of other ways', () => {
  it('HTTP/2: the attempt is named to the upstream', async () => {
    using recorded = recorder()
    const seen: unknown[] = []
    const far = createServer((request, response) => {
      seen.push(request.headers['traceparent'])
      response.end('ok')
    })
    await new Promise<void>((resolve) => far.listen(0, '127.0.0.1', resolve))
    const { port } = far.address() as AddressInfo
    await using front = await traced(http2(), [`http://127.0.0.1:${port}`], recorded)
    expect((await ask(front.port)).status).toBe(200)
    await recorded.all(2)
    expect(parts(seen[0]).spanId).toBe(idOf(recorded.of('client')[0]))
    await front.pool.close()
    far.close()
  })

  it('clients of HTTP/2: the version is told, and a repeated field starts a trace anew', async () => {
    using recorded = recorder()
    await using far = await upstream()
    const filters = [tracing({ tracer: recorded.tracer, trust: 'always' })]
    await using front = await http2Front(far.url, { gateway: { filters } })
    await using client = await rawH2(front.port)
    client.headers(1, h2Request('/', [['traceparent', caller]]))
    expect(await client.status(1)).toBe(200)
    const twice: H2Field[] = [
      ['traceparent', caller],
      ['traceparent', caller],
      ['tracestate', 'a=1'],
    ]
    client.headers(3, h2Request('/', twice))
    expect(await client.status(3)).toBe(200)
    await recorded.all(4)
    const [good, anew] = recorded.of('server')
    expect([good!.parentSpanContext?.spanId, anew!.parentSpanContext]).toEqual([parts(caller).spanId, undefined])
    expect(good!.attributes['network.protocol.version']).toBe('2')
    expect(far.requests[1]!.headers['tracestate']).toBeUndefined()
  })

  it('a WebSocket: they end with the tunnel, and say how it closed', async () => {
    using recorded = recorder()
    await using echo = await wsEcho()
    await using front = await traced(transports[0]![1](), [echo.url.replace('ws', 'http')], recorded)
    const socket = await wsConnect(`ws://127.0.0.1:${front.port}/`)
    expect(recorded.begun).toBe(2)
    expect(recorded.spans).toHaveLength(0)
    socket.close(4000)
    await recorded.all(2)
    await front.atRest()
    const [server] = recorded.of('server')
    const [client] = recorded.of('client')
    expect(server!.attributes).toMatchObject({
      'http.response.status_code': 101,
      'edgewise.websocket.close_code': 4000,
    })
    expect(parts(echo.requests[0]!.headers['traceparent']).spanId).toBe(idOf(client))
    expect([server!.status.code, client!.status.code, recorded.ended]).toEqual([UNSET, UNSET, 2])
  })

  it('a handler as an endpoint: an internal span, whose id it sees', async () => {
    using recorded = recorder()
    const seen: unknown[] = []
    const handler = async (exchange: { headers: Readonly<Record<string, unknown>> }) => {
      seen.push(exchange.headers['traceparent'])
      return reply(200, 'ok')
    }
    await using front = await traced(transports[0]![1](), [{ name: 'own', handler }], recorded)
    await ask(front.port)
    await recorded.all(2)
    const [attempt] = recorded.of('internal')
    expect(attempt!.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'edgewise.pool': 'test',
      'edgewise.endpoint': 'own',
    })
    expect(parts(seen[0]).spanId).toBe(idOf(attempt))
  })

  it('a made-up method makes no name of its own', async () => {
    using recorded = recorder()
    await using far = await upstream()
    await using front = await traced(transports[0]![1](), [far.url], recorded)
    await ask(front.port, '/', { method: 'PURGE' })
    await recorded.all(2)
    const [server] = recorded.of('server')
    expect(server!.name).toBe('HTTP /**')
    expect(server!.attributes).toMatchObject({
      'http.request.method': '_OTHER',
      'http.request.method_original': 'PURGE',
    })
    expect(recorded.of('client')[0]!.name).toBe('HTTP')
  })
})

function count({ attributes }: ReadableSpan): number {
  return (attributes['http.request.resend_count'] as number | undefined) ?? 0
}
