import * as api from '@opentelemetry/api'
import { EventHub, type OpenTelemetryApi, reply, traceIdOf, traceOf, tracing } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { ran } from '../../filters/ran.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const caller = `00-${TRACE}-00f067aa0ba902b7-01`
const STARTED = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/

describe('tracing without OpenTelemetry', () => {
  it('starts a trace where there is none, another for each request', async () => {
    const filter = tracing()
    const exchange = asked('/', { headers: { accept: '*/*' } })
    const { passed } = await ran(filter, exchange)
    expect(passed!.headers).toEqual({ accept: '*/*', traceparent: expect.stringMatching(STARTED) })
    const trace = traceOf(exchange)!
    expect(`00-${trace.traceId}-${trace.spanId}-01`).toBe(passed!.headers['traceparent'])
    expect([trace.traceparent, trace.sampled, trace.tracestate, trace.run(() => 7)]).toEqual([
      passed!.headers['traceparent'],
      true,
      '',
      7,
    ])
    expect(traceIdOf(passed!)).toBe(trace.traceId)
    const other = asked('/')
    await ran(filter, other)
    expect(traceIdOf(other)).not.toBe(trace.traceId)
    expect([traceIdOf(asked('/')), traceIdOf(undefined)]).toEqual([undefined, undefined])
  })

  it('passes on what a trusted peer began, as it is: no span is missing in between', async () => {
    const headers = { traceparent: caller, tracestate: 'a=1,b=2', baggage: 'user=7' }
    const exchange = asked('/', { headers, client: { trusted: true } })
    const { passed } = await ran(tracing(), exchange)
    expect(passed).toBe(exchange)
    expect(traceOf(exchange)).toMatchObject({
      traceId: TRACE,
      spanId: '00f067aa0ba902b7',
      sampled: true,
      tracestate: 'a=1,b=2',
    })
  })

  it('puts in order what it passes on', async () => {
    const headers = {
      traceparent: `cc-${TRACE}-00f067aa0ba902b7-fd-later`,
      tracestate: ' a=1 , a=2',
      baggage: ' user = 7 , bad member',
    }
    const { passed } = await ran(tracing({ trust: 'always' }), asked('/', { headers }))
    expect(passed!.headers).toEqual({ traceparent: caller, tracestate: 'a=1', baggage: 'user=7' })
  })

  it.each([
    ['proxies', true, true],
    ['proxies', false, false],
    ['always', false, true],
    ['never', true, false],
    [({ client }: { client: { address: string } }) => client.address === '192.0.2.1', false, true],
    [() => false, true, false],
  ] as const)('trust %s, peer a proxy %s: goes on with its trace: %s', async (trust, trusted, taken) => {
    const headers = { traceparent: caller, tracestate: 'a=1', baggage: 'user=7' }
    const { passed } = await ran(tracing({ trust }), asked('/', { headers, client: { trusted } }))
    const { traceparent, tracestate, baggage } = passed!.headers
    expect([traceparent === caller, tracestate, baggage]).toEqual(
      taken ? [true, 'a=1', 'user=7'] : [false, undefined, undefined],
    )
    expect(traceparent).toMatch(STARTED)
  })

  it('trusts nobody where the function throws, and tells it', async () => {
    const events = new EventHub()
    const faults: unknown[] = []
    events.on('fault', ({ where }) => faults.push(where))
    const trust = (): boolean => {
      throw new Error('mine')
    }
    const { passed } = await ran(tracing({ trust, events }), asked('/', { headers: { traceparent: caller } }))
    expect(passed!.headers['traceparent']).not.toBe(caller)
    expect(faults).toEqual(['tracing trust'])
  })

  it.each([
    ['a traceparent that can’t be read', { traceparent: `ff-${TRACE}-00f067aa0ba902b7-01`, tracestate: 'a=1' }],
    ['a repeated one', { traceparent: `${caller}, ${caller}`, tracestate: 'a=1' }],
    ['none', { tracestate: 'a=1' }],
  ])('starts anew at %s, and reads no tracestate then', async (_what, headers) => {
    const { passed } = await ran(tracing({ trust: 'always' }), asked('/', { headers }))
    expect(passed!.headers['traceparent']).toMatch(STARTED)
    expect([passed!.headers['tracestate'], traceIdOf(passed!) === TRACE]).toEqual([undefined, false])
  })

  it('drops baggage where asked to; passes it without a trace, too', async () => {
    const headers = { traceparent: caller, baggage: 'user=7' }
    const dropped = await ran(tracing({ trust: 'always', baggage: 'drop' }), asked('/', { headers }))
    expect(dropped.passed!.headers).toEqual({ traceparent: caller })
    const alone = await ran(tracing({ trust: 'always' }), asked('/', { headers: { baggage: 'user=7' } }))
    expect(alone.passed!.headers['baggage']).toBe('user=7')
  })

  it('marks a share of what it starts as sampled, and leaves the decision of others alone', async () => {
    const none = tracing({ sample: 0, trust: 'always' })
    expect((await ran(none, asked('/'))).passed!.headers['traceparent']).toMatch(/-00$/)
    const exchange = asked('/', { headers: { traceparent: caller } })
    await ran(none, exchange)
    expect(traceOf(exchange)!.sampled).toBe(true)
  })

  it('tells the client where asked to', async () => {
    const answer = reply(200, 'ok', { 'server-timing': 'db;dur=2' })
    const exchange = asked('/')
    const one = await ran(tracing({ tellClient: 'traceresponse' }), exchange, () => answer)
    expect(one.reply.headers['traceresponse']).toBe(traceOf(exchange)!.traceparent)
    const two = await ran(tracing({ tellClient: 'server-timing' }), asked('/'), () => answer)
    expect(two.reply.headers['server-timing']).toMatch(/^db;dur=2, traceparent;desc="00-[0-9a-f-]{52}"$/)
    const three = await ran(tracing({ tellClient: 'server-timing' }), asked('/'))
    expect(three.reply.headers['server-timing']).toMatch(/^traceparent;desc="/)
    expect((await ran(tracing(), asked('/'))).reply.headers['traceresponse']).toBeUndefined()
  })

  it('does nothing in a chain inside another one', async () => {
    const exchange = asked('/')
    const { passed } = await ran(tracing(), exchange)
    const again = await ran(tracing({ tellClient: 'traceresponse' }), passed!)
    expect([again.passed, again.reply.headers['traceresponse']]).toEqual([passed, undefined])
  })

  it('explains, and takes no id for it', () => {
    const { explain } = tracing({ trust: 'always' })
    expect(explain!(asked('/'))).toEqual({ verdict: 'change', why: 'starts a trace' })
    const exchange = asked('/', { headers: { traceparent: caller } })
    expect(explain!(exchange)).toEqual({ verdict: 'pass', why: `continues trace ${TRACE}` })
    expect(tracing().explain!(exchange).why).toBe('starts a trace in place of the one it came with')
    expect(traceOf(exchange)).toBeUndefined()
  })

  it('refuses what makes no sense', () => {
    expect(() => tracing({ sample: 2 })).toThrow(/"sample" is 2; allowed: a number from 0 to 1/)
    expect(() => tracing({ trust: 'proxy' as never })).toThrow(/'proxies', 'always', 'never', or a function/)
    expect(() => tracing({ tellClient: true as never })).toThrow(/'traceresponse', 'server-timing', or false/)
    expect(() => tracing({ smaple: 1 } as never)).toThrow('Did you mean "sample"')
    expect(() => tracing({ openTelemetry: true, sample: 1 })).toThrow(/whose own sampler decides/)
    expect(() => tracing({ openTelemetry: false, api })).toThrow(/"openTelemetry" is false/)
    expect(() => tracing({ probes: true })).toThrow(/only with openTelemetry: true/)
    expect(() => tracing({ urlQuery: 'keep' })).toThrow(/only with openTelemetry: true/)
    expect(() => tracing({ api: {} as never })).toThrow(/the module @opentelemetry\/api/)
    expect(() => tracing({ tracer: {} as never })).toThrow(/a tracer, as trace.getTracer/)
  })
})

describe('tracing with OpenTelemetry, and no SDK', () => {
  it('is as without', async () => {
    const filter = tracing({ openTelemetry: true })
    const { passed } = await ran(filter, asked('/'))
    expect(passed!.headers['traceparent']).toMatch(STARTED)
    const headers = { traceparent: caller, tracestate: 'a=1', baggage: 'user=7' }
    const exchange = asked('/', { headers, client: { trusted: true } })
    expect((await ran(filter, exchange)).passed!.headers).toEqual(headers)
    expect(traceIdOf(exchange)).toBe(TRACE)
  })

  it('takes the module as it is', () => {
    const module: OpenTelemetryApi = api
    expect(tracing({ api: module }).filterName).toBe('tracing')
  })
})
