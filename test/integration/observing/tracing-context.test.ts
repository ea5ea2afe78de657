import { setImmediate as turn } from 'node:timers/promises'
import * as api from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { AlwaysOffSampler, ParentBasedSampler, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import {
  createPool,
  EventHub,
  type Filter,
  forward,
  http1,
  mirror,
  type OpenTelemetryApi,
  type Tracer,
  traceOf,
  tracing,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, upstream } from '../../support/index.js'
import { ask } from '../client.js'
import { type Front, gatewayOver } from '../front.js'
import { parts, type Recorder, recorder, traced } from './recorder.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const caller = `00-${TRACE}-00f067aa0ba902b7-01`
const idOf = (span: ReadableSpan | undefined): string | undefined => span?.spanContext().spanId

/** Zipkin's single field, as far as the tests need it. */
const b3: api.TextMapPropagator = {
  fields: () => ['b3'],
  inject: (context, carrier, setter) => {
    const known = api.trace.getSpanContext(context)
    if (known !== undefined) setter.set(carrier, 'b3', `${known.traceId}-${known.spanId}-${known.traceFlags}`)
  },
  extract: (context, carrier, getter) => {
    const [traceId, spanId, flags] = String(getter.get(carrier, 'b3') ?? '').split('-')
    if (traceId === undefined || spanId === undefined) return context
    return api.trace.setSpanContext(context, { traceId, spanId, traceFlags: Number(flags), isRemote: true })
  },
}

/** Makes a server's span around all that a server does, as an instrumentation of HTTP. */
function instrument(
  { server }: Front,
  { tracer }: Recorder,
  extract: (headers: object) => api.Context = () => api.ROOT_CONTEXT,
): void {
  const [listener] = server.listeners('request') as [(...args: unknown[]) => void]
  server.removeAllListeners('request')
  server.on('request', (request, response) =>
    tracer.startActiveSpan('instrumented', { kind: api.SpanKind.SERVER }, extract(request.headers), (span) => {
      response.on('close', () => span.end())
      listener(request, response)
    }),
  )
}

describe('where spans belong', () => {
  it('spans of the application’s own filters are children, across awaits, and parents of what they ask', async () => {
    using recorded = recorder()
    await using far = await upstream()
    const checking: Filter = (exchange, next) =>
      recorded.tracer.startActiveSpan('check', async (span) => {
        await turn()
        recorded.tracer.startSpan('look up').end()
        try {
          return await next(exchange)
        } finally {
          span.end()
        }
      })
    await using front = await traced(http1(), [far.url], recorded, { gateway: { filters: [checking] } })
    await ask(front.port)
    const spans = await recorded.all(4)
    const parentOf = (name: string): string | undefined => {
      const own = spans.find((span) => span.name === name)
      return spans.find((span) => idOf(span) === own?.parentSpanContext?.spanId)?.name
    }
    expect([parentOf('look up'), parentOf('GET'), parentOf('check'), parentOf('GET /**')]).toEqual([
      'check',
      'check',
      'GET /**',
      undefined,
    ])
  })

  it('work that comes from elsewhere is brought in by run()', async () => {
    using recorded = recorder()
    await using far = await upstream()
    await using front = await traced(http1(), [far.url], recorded)
    front.hub.on('exchange', ({ exchange }) => traceOf(exchange)!.run(() => recorded.tracer.startSpan('later').end()))
    await ask(front.port)
    await recorded.all(3)
    expect(recorded.of('internal')[0]!.parentSpanContext?.spanId).toBe(idOf(recorded.of('server')[0]))
  })

  it('an instrumentation that stands around has the server’s span: ours is inside it, and trusts its decision', async () => {
    using recorded = recorder()
    await using far = await upstream()
    await using front = await traced(http1(), [far.url], recorded)
    instrument(front, recorded)
    await ask(front.port, '/', { headers: { traceparent: caller } })
    await recorded.all(3)
    const [outer] = recorded.of('server')
    const [ours] = recorded.of('internal')
    expect([outer!.name, ours!.name, ours!.parentSpanContext?.spanId]).toEqual(['instrumented', 'GET /**', idOf(outer)])
    expect(ours!.spanContext().traceId).not.toBe(TRACE)
  })

  it('a span that has ended is not taken for one around, as that of the application’s start', async () => {
    using recorded = recorder()
    await using far = await upstream()
    await using front = await recorded.tracer.startActiveSpan('boot', async (span) => {
      const made = await traced(http1(), [far.url], recorded)
      span.end()
      return made
    })
    await ask(front.port)
    await recorded.all(3)
    expect([recorded.of('server')[0]!.name, recorded.of('server')[0]!.parentSpanContext]).toEqual([
      'GET /**',
      undefined,
    ])
  })

  it('a copy (mirror) is in the trace of what it is a copy of', async () => {
    using recorded = recorder()
    await using far = await upstream()
    await using shadow = await upstream()
    const to = forward({ pool: createPool({ name: 'shadow', endpoints: [shadow.url] }) })
    await using front = await traced(http1(), [far.url], recorded, { gateway: { filters: [mirror({ to })] } })
    await ask(front.port)
    const spans = await recorded.all(3)
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1)
    const copy = recorded.of('client').find(({ attributes }) => attributes['edgewise.pool'] === 'shadow')
    expect(parts(shadow.requests[0]!.headers['traceparent']).spanId).toBe(idOf(copy))
  })
})

describe('what is recorded', () => {
  it('a caller that does not record is not recorded, and nobody behind is told to', async () => {
    using recorded = recorder({ sampler: new ParentBasedSampler({ root: new AlwaysOffSampler() }) })
    await using far = await upstream()
    let inside: string | undefined
    const child: Filter = (exchange, next) => {
      inside = recorded.tracer.startSpan('child').spanContext().traceId
      return next(exchange)
    }
    await using front = await traced(http1(), [far.url], recorded, { gateway: { filters: [child] } })
    await ask(front.port, '/', { headers: { traceparent: `${caller.slice(0, -1)}0`, tracestate: 'a=1' } })
    await ask(front.port)
    await front.atRest()
    const [first, second] = far.requests.map(({ headers }) => headers)
    expect(parts(first!['traceparent'])).toMatchObject({ traceId: TRACE, flags: '00' })
    expect([parts(first!['traceparent']).spanId === parts(caller).spanId, first!['tracestate']]).toEqual([false, 'a=1'])
    expect([parts(second!['traceparent']).traceId, parts(second!['traceparent']).flags]).toEqual([inside, '00'])
    expect(recorded.begun).toBe(0)
  })

  it('a stranger’s trace is linked, and does not decide', async () => {
    using recorded = recorder()
    await using far = await upstream()
    await using front = await traced(http1(), [far.url], recorded, { tracing: { trust: 'proxies' } })
    const headers = { traceparent: caller, tracestate: 'a=1', baggage: 'user=admin' }
    await ask(front.port, '/', { headers })
    await recorded.all(2)
    const [server] = recorded.of('server')
    expect(server!.parentSpanContext).toBeUndefined()
    expect(server!.links.map(({ context }) => [context.traceId, context.spanId])).toEqual([[TRACE, '00f067aa0ba902b7']])
    const seen = far.requests[0]!.headers
    expect([parts(seen['traceparent']).traceId === TRACE, seen['tracestate'], seen['baggage']]).toEqual([
      false,
      undefined,
      undefined,
    ])
  })
})

describe('a registered propagator', () => {
  it('is used in place of W3C Trace Context (B3), for strangers and others', async () => {
    using recorded = recorder({ propagator: b3 })
    await using far = await upstream()
    await using front = await traced(http1(), [far.url], recorded)
    await ask(front.port, '/', { headers: { b3: `${TRACE}-00f067aa0ba902b7-1`, traceparent: caller } })
    await recorded.all(2)
    const [server] = recorded.of('server')
    expect(server!.parentSpanContext?.spanId).toBe('00f067aa0ba902b7')
    const seen = far.requests[0]!.headers
    expect(seen['b3']).toBe(`${TRACE}-${idOf(recorded.of('client')[0])}-1`)
    expect(seen['traceparent']).toBeUndefined()
    await using guarded = await traced(http1(), [far.url], recorded, { tracing: { trust: 'never' } })
    await ask(guarded.port, '/', { headers: { b3: `${TRACE}-00f067aa0ba902b7-1` } })
    await recorded.all(4)
    const stranger = recorded.of('server')[1]!
    expect([stranger.parentSpanContext, stranger.links[0]?.context.traceId]).toEqual([undefined, TRACE])
    expect(String(far.requests[1]!.headers['b3'])).not.toContain(TRACE)
  })

  it('sees W3C fields only in good order; baggage reaches the application, and goes on', async () => {
    const propagators = [new W3CTraceContextPropagator(), new W3CBaggagePropagator()]
    using recorded = recorder({ propagator: new CompositePropagator({ propagators }) })
    await using far = await upstream()
    const read: unknown[] = []
    const reading: Filter = (exchange, next) => {
      read.push(api.propagation.getActiveBaggage()?.getEntry('user')?.value)
      return next(exchange)
    }
    const gateway = { filters: [reading] }
    const headers = { traceparent: caller, tracestate: 'a=1', baggage: 'user=7,bad member' }
    await using front = await traced(http1(), [far.url], recorded, { gateway })
    await ask(front.port, '/', { headers })
    await ask(front.port, '/', { headers: { ...headers, traceparent: caller.toUpperCase() } })
    await using border = await traced(http1(), [far.url], recorded, { gateway, tracing: { baggage: 'drop' } })
    await ask(border.port, '/', { headers })
    await recorded.all(6)
    expect(read).toEqual(['7', '7', undefined])
    const [first, second, third] = far.requests.map((request) => request.headers)
    expect([first!['baggage'], first!['tracestate'], parts(first!['traceparent']).traceId]).toEqual([
      'user=7',
      'a=1',
      TRACE,
    ])
    expect([second!['tracestate'], parts(second!['traceparent']).traceId === TRACE]).toEqual([undefined, false])
    expect([third!['baggage'], parts(third!['traceparent']).traceId]).toEqual([undefined, TRACE])
  })
})

describe('an instrumentation around, which believes everybody', () => {
  const propagators = [new W3CTraceContextPropagator(), new W3CBaggagePropagator()]

  it.each([
    ['passes baggage on of whom is trusted', { trust: 'always' }, 'user=7', 'user=7'],
    ['none of a stranger', { trust: 'never' }, 'user=7', undefined],
    ['none where it is dropped', { trust: 'always', baggage: 'drop' }, 'user=7', undefined],
    ['none where it is dropped, of its own either', { trust: 'always', baggage: 'drop' }, undefined, undefined],
  ] as const)('%s', async (_what, options, baggage, wanted) => {
    using recorded = recorder({ propagator: new CompositePropagator({ propagators }) })
    await using far = await upstream()
    await using front = await traced(http1(), [far.url], recorded, { tracing: options })
    instrument(front, recorded, (headers) => {
      const context = api.propagation.extract(api.ROOT_CONTEXT, headers)
      const own = api.propagation.createBaggage({ user: { value: '7' } })
      return baggage === undefined ? api.propagation.setBaggage(context, own) : context
    })
    await ask(front.port, '/', { headers: baggage === undefined ? {} : { baggage } })
    expect(far.requests[0]!.headers['baggage']).toBe(wanted)
  })
})

describe('what goes wrong in OpenTelemetry', () => {
  const broken = (): never => {
    throw new Error('broken')
  }

  it.each<[string, (tracer: Tracer) => { readonly tracer?: Tracer; readonly api?: OpenTelemetryApi }, number]>([
    ['a tracer', () => ({ tracer: { startSpan: broken } }), 1],
    [
      'a tracer, at an attempt',
      (tracer) => ({
        tracer: {
          startSpan: (name, options, ...rest) =>
            options?.kind === 2 ? broken() : tracer.startSpan(name, options, ...rest),
        },
      }),
      1,
    ],
    [
      'a span, at its end',
      (tracer) => ({
        tracer: { startSpan: (...args) => Object.assign(tracer.startSpan(...args), { end: broken }) },
      }),
      2,
    ],
    ['a propagator', (tracer) => ({ tracer, api: { ...api, propagation: { ...noPropagation, inject: broken } } }), 2],
  ])('%s that throws harms no request, and is told', async (_what, make, count) => {
    using recorded = recorder()
    await using far = await upstream()
    const events = new EventHub()
    const faults: string[] = []
    events.on('fault', ({ where }) => faults.push(where))
    const filters = [tracing({ ...make(recorded.tracer), events })]
    await using front = await gatewayOver(http1(), [far.url], { gateway: { filters } })
    expect((await ask(front.port)).status).toBe(200)
    await eventually(() => faults.length === count)
    expect(faults.every((where) => where.startsWith('tracing '))).toBe(true)
    await front.atRest()
  })

  const noPropagation = { fields: () => ['x-trace'], extract: (context: unknown) => context, inject: () => {} }

  it('a value that cannot be sent is left out', async () => {
    const bad: api.TextMapPropagator = { ...b3, inject: (_, carrier, setter) => setter.set(carrier, 'b3', 'a\r\nx: y') }
    using recorded = recorder({ propagator: bad })
    await using far = await upstream()
    await using front = await traced(http1(), [far.url], recorded)
    expect((await ask(front.port)).status).toBe(200)
    expect(far.requests[0]!.headers).not.toHaveProperty('b3')
  })

  it('without a context manager attempts are children of the exchange all the same', async () => {
    using recorded = recorder()
    api.context.disable()
    await using far = await upstream()
    await using front = await traced(http1(), [far.url], recorded)
    await ask(front.port)
    await recorded.all(2)
    expect(recorded.of('client')[0]!.parentSpanContext?.spanId).toBe(idOf(recorded.of('server')[0]))
    api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  })
})
