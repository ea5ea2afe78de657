import { SpanStatusCode } from '@opentelemetry/api'
import { cache, createGateway, createPool, EventHub, forward, http1, ipRules, rateLimit, tracing } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, upstream } from '../../support/index.js'
import { ask } from '../client.js'
import { type Recorder, recorder, traced } from './recorder.js'

const marks = (recorded: Recorder): readonly object[] =>
  recorded
    .of('server')
    .map(({ attributes }) =>
      Object.fromEntries(Object.entries(attributes).filter(([name]) => name.startsWith('edgewise.'))),
    )

describe('spans are marked', () => {
  it('with what a cache answered, who denied, and which limit was reached', async () => {
    using recorded = recorder()
    const events = new EventHub()
    await using far = await upstream((_request, response) => {
      response.setHeader('cache-control', 'max-age=60').end('ok')
    })
    const options = { tracing: { events }, gateway: { events } }
    await using cached = await traced(http1(), [far.url], recorded, {
      ...options,
      gateway: { events, filters: [cache({ events })] },
    })
    await ask(cached.port)
    await ask(cached.port)
    await using closed = await traced(http1(), [far.url], recorded, {
      ...options,
      gateway: { events, filters: [ipRules({ deny: ['127.0.0.1'], events })] },
    })
    await ask(closed.port)
    await using limited = await traced(http1(), [far.url], recorded, {
      ...options,
      gateway: { events, filters: [rateLimit({ limit: 1, windowMs: 60_000, events })] },
    })
    await ask(limited.port)
    await ask(limited.port)
    await eventually(() => recorded.of('server').length === 5)
    expect(marks(recorded)).toEqual([
      { 'edgewise.cache.result': 'miss' },
      { 'edgewise.cache.result': 'hit' },
      { 'edgewise.denied.by': 'ipRules', 'edgewise.denied.why': expect.stringContaining('127.0.0.1') },
      {},
      {
        'edgewise.denied.by': 'rateLimit',
        'edgewise.denied.why': expect.any(String),
        'edgewise.limit.name': '1-in-1min',
      },
    ])
  })

  it('as long as a gateway has the filter, and no longer', async () => {
    using recorded = recorder()
    const events = new EventHub()
    const filter = tracing({ tracer: recorded.tracer, probes: true, events })
    const gateway = () => createGateway({ filters: [filter], routes: [], events })
    const routes = [{ path: '/', filters: [filter], handler: forward('http://127.0.0.1:1') }]
    const first = createGateway({ routes, events })
    await first.ready
    expect([events.has('cache'), events.has('probe')]).toEqual([true, true])
    const second = createGateway({ routes, events })
    await second.ready
    await first.close()
    expect(events.has('cache')).toBe(true)
    await second.close()
    expect(['cache', 'denied', 'limited', 'probe'].map((name) => events.has(name as 'cache'))).toEqual(
      Array(4).fill(false),
    )
    await gateway().close()
  })
})

describe('probes', () => {
  it('are told to whoever listens, and are traces of their own where asked for', async () => {
    using recorded = recorder()
    const events = new EventHub()
    await using far = await upstream((request, response) => {
      response.statusCode = request.url === '/ill' ? 500 : 200
      response.end()
    })
    const filter = tracing({ tracer: recorded.tracer, probes: true, events })
    await filter.start!()
    const told: object[] = []
    events.on('probe', (probe) => told.push(probe))
    const pool = (name: string, path: string) =>
      createPool({ name, endpoints: [far.url], events, health: { active: { path, intervalMs: 20 } } })
    {
      await using _well = pool('well', '/')
      await recorded.all(1)
    }
    {
      await using _ill = pool('ill', '/ill')
      await eventually(() => recorded.spans.some(({ status }) => status.code === SpanStatusCode.ERROR))
    }
    const [first] = recorded.spans
    const ill = recorded.spans.find(({ status }) => status.code === SpanStatusCode.ERROR)
    expect([first!.name, first!.parentSpanContext, first!.attributes]).toEqual([
      'health check',
      undefined,
      { 'edgewise.pool': 'well', 'edgewise.endpoint': far.url, 'edgewise.probe.well': true },
    ])
    expect(ill!.status.message).toBe('probe answered no')
    const at = first!.startTime[0] * 1_000 + first!.startTime[1] / 1e6
    expect(Math.abs(Date.now() - at)).toBeLessThan(10_000)
    expect(first!.duration[0]).toBe(0)
    expect(told[0]).toMatchObject({ pool: 'well', endpoint: far.url, well: true, why: '' })
    await filter.close!()
  })
})
