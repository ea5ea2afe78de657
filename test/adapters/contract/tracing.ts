import * as api from '@opentelemetry/api'
import { createGateway, type Filter, handOver, tracing as traced, traceIdOf } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { recorder } from '../../integration/observing/recorder.js'
import { raw, upstream } from '../../support/index.js'
import { type Harness, principal } from '../harness/harness.js'
import { appOver, ask, gatewayTo, said } from './kit.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const caller = `00-${TRACE}-00f067aa0ba902b7-01`
const STARTED = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/

export function tracing(harness: Harness): void {
  const { name } = harness
  describe(`${name}: tracing`, () => {
    it('passes a trace on, starts one at whatever can’t be read, and stays up', async () => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { gateway: { filters: [traced({ trust: 'always' })] } })
      const seen = async (fields: string): Promise<Record<string, string>> =>
        said(await ask(app.port, '/', { fields })).headers
      const good = await seen(`traceparent: ${caller}\r\nTraceState: a=1\r\ntracestate: b=2\r\nbaggage: user=7\r\n`)
      expect([good['traceparent'], good['tracestate'], good['baggage']]).toEqual([caller, 'a=1,b=2', 'user=7'])
      for (const hostile of [
        `traceparent: ${caller}\r\nTraceparent: ${caller}\r\ntracestate: a=1\r\n`,
        `traceparent: ${caller.toUpperCase()}\r\ntracestate: a=1\r\n`,
        `traceparent: ff${caller.slice(2)}\r\ntracestate: a=1\r\n`,
        `traceparent: ${caller},\xe4\r\ntracestate: a=1\r\n`,
        'traceparent: \r\ntracestate: a=1\r\n',
        `traceparent: ${'0'.repeat(9_000)}\r\ntracestate: a=1\r\n`,
      ]) {
        const started = await seen(hostile)
        expect(started['traceparent']).toMatch(STARTED)
        expect([started['traceparent']!.includes(TRACE), started['tracestate']]).toEqual([false, undefined])
      }
      const long = await seen(`baggage: ${'a=1,'.repeat(3_000)}\r\nbaggage: b=\xff\r\n`)
      expect(long['baggage']).toBe(Array(64).fill('a=1').join(','))
      expect(
        (await raw(app.port, `GET / HTTP/1.1\r\nHost: a\r\nbaggage: ${'a=1,'.repeat(16_000)}\r\n\r\n`)).text,
      ).toMatch(/^HTTP\/1.1 431 /)
      expect((await seen(`traceparent: ${caller}\r\n`))['traceparent']).toBe(caller)
    })

    it('believes no stranger', async () => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { gateway: { filters: [traced()] } })
      const fields = `traceparent: ${caller}\r\ntracestate: a=1\r\nbaggage: user=admin\r\n`
      const { headers } = said(await ask(app.port, '/', { fields }))
      expect(headers['traceparent']).toMatch(STARTED)
      expect([headers['traceparent']!.includes(TRACE), headers['tracestate'], headers['baggage']]).toEqual([
        false,
        undefined,
        undefined,
      ])
    })

    it('the app’s own handlers run in the span of the exchange, which ends with their answer', async () => {
      using recorded = recorder()
      const asking: Filter = (exchange, next) => {
        // Read by the app's handler, when it writes what it was left.
        const now = { toJSON: () => api.trace.getActiveSpan()?.spanContext().traceId === traceIdOf(exchange) }
        exchange.set(principal, now as never)
        return next(exchange)
      }
      const filters = [traced({ tracer: recorded.tracer }), asking]
      await using app = await harness.listen(gatewayTo(handOver(), { filters }), { base: '/' })
      expect(said(await ask(app.port, '/own'))).toMatchObject({ app: true, principal: true })
      await recorded.all(1)
      expect(recorded.of('server')[0]!.attributes).toMatchObject({
        'http.response.status_code': 200,
        'url.path': '/own',
      })
    })

    it('H-195 spans tell no secret, and no control byte', async () => {
      using recorded = recorder()
      await using far = await upstream()
      const filters = [traced({ tracer: recorded.tracer, trust: 'always' })]
      await using app = await appOver(harness, far.url, { gateway: { filters } })
      for (const line of ['GET /a%0d%0ab', 'GET /%1b%5b31m', 'GET /\x1b[31m'])
        expect((await raw(app.port, `${line} HTTP/1.1\r\nHost: a.test\r\n\r\n`)).text).toMatch(/^HTTP\/1.1 400 /)
      expect((await raw(app.port, 'GET / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: \x1b[31m\r\n\r\n')).text).toContain(
        ' 400 ',
      )
      const fields =
        'Authorization: Bearer s3cret\r\nCookie: id=s3cret\r\nX-Api-Key: s3cret\r\nUser-Agent: a\x9b[31m\r\nbaggage: k=s3cret\r\n'
      await ask(app.port, '/a?token=s3cret&s3cret', { fields })
      await recorded.all(2)
      const told = JSON.stringify(recorded.spans.map((span) => [span.name, span.attributes, span.events, span.status]))
      expect([told.includes('s3cret'), told.includes('\\u'), /\p{Cc}/u.test(told)]).toEqual([false, false, false])
      expect(recorded.of('server')[0]!.attributes['user_agent.original']).toBe('a\\x9B[31m')
      expect(recorded.of('server')[0]!.attributes['url.query']).toBe('token=REDACTED&REDACTED')
    })

    it('names what clients ask: behind the base, by the route’s pattern', async () => {
      using recorded = recorder()
      const filters = [traced({ tracer: recorded.tracer })]
      const gateway = createGateway({ routes: [{ path: '/users/:id', filters, handler: handOver() }] })
      await using app = await harness.listen(gateway, { base: '/api', mount: '/api' })
      await ask(app.port, '/api/users/7')
      await recorded.all(1)
      const [span] = recorded.of('server')
      expect([span!.name, span!.attributes['http.route'], span!.attributes['url.path']]).toEqual([
        'GET /api/users/:id',
        '/api/users/:id',
        '/api/users/7',
      ])
    })
  })
}
