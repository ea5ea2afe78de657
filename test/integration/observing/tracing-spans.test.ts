import { SpanStatusCode } from '@opentelemetry/api'
import { tracing, type TracingOptions } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { sink, upstream } from '../../support/index.js'
import { ask } from '../client.js'
import { type Front, type FrontOptions, gatewayOver, transports } from '../front.js'
import { parts, recorder, type Recorder } from './recorder.js'

const caller = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

describe.each(transports)('spans over %s', (_name, make) => {
  const traced = (
    endpoints: readonly string[],
    { tracer }: Recorder,
    options: FrontOptions & { readonly tracing?: TracingOptions } = {},
  ): Promise<Front> =>
    gatewayOver(make(), endpoints, {
      ...options,
      gateway: { filters: [tracing({ tracer, trust: 'always', ...options.tracing })], ...options.gateway },
    })

  it('name the exchange and its attempt, whose id the upstream sees', async () => {
    using recorded = recorder()
    await using far = await upstream()
    await using front = await traced([far.url], recorded)
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
      '00f067aa0ba902b7',
      server!.spanContext().spanId,
    ])
    const { traceId, spanId } = client!.spanContext()
    expect(parts(far.requests[0]!.headers['traceparent'])).toEqual({ traceId, spanId, flags: '01' })
    expect(traceId).toBe(parts(caller).traceId)
    expect([server!.status.code, client!.status.code]).toEqual([SpanStatusCode.UNSET, SpanStatusCode.UNSET])
  })
})
