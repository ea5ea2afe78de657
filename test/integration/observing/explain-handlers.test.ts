import {
  adminApi,
  createGateway,
  createPool,
  EventHub,
  explain,
  type Handler,
  liveness,
  metrics,
  metricsPage,
  readiness,
  statusPage,
} from 'edgewise'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { type Asked, asked } from '../../unit/asked.js'

const events = new EventHub()
const register = new Registry()
const none = createPool({ name: 'none', endpoints: [] })
const page = (): Handler => statusPage({ pools: [none], events })
const scraped = (): Handler => metricsPage({ register: new Registry(), events })

type Row = [verdict: string, status: number | undefined, make: () => Handler, target: string, odd?: Asked]

const rows: readonly Row[] = [
  ['answer', 200, liveness, '/livez'],
  ['answer', 200, readiness, '/readyz'],
  ['answer', 503, () => readiness({ pools: [none] }), '/readyz'],
  ['answer', 503, () => readiness({ gateways: [{ phase: 'leaving' }] }), '/readyz'],
  ['answer', undefined, () => readiness({ checks: { db: () => false } }), '/readyz'],
  ['answer', 200, page, '/'],
  ['answer', 200, page, '/?format=json', { method: 'HEAD' }],
  ['answer', undefined, page, '/?format=events'],
  ['answer', 400, page, '/?format=xml'],
  ['answer', 404, page, '/below'],
  ['deny', 405, page, '/', { method: 'POST' }],
  ['depends', undefined, () => statusPage({ pools: [none], events, authorize: () => 'ada' }), '/', { method: 'POST' }],
  ['depends', undefined, () => adminApi({ authorize: () => null, events }), '/pools'],
  ['answer', 200, scraped, '/metrics'],
  ['answer', 200, () => metrics({ register, events }).handler, '/metrics', { method: 'HEAD' }],
  ['deny', 404, scraped, '/metrics', { requestTarget: '//metrics' }],
  ['deny', 405, scraped, '/metrics', { method: 'POST' }],
]

describe('what shows and steers a gateway explains itself', () => {
  it.each<Row>(rows)('as %s %s', async (verdict, status, make, target, odd) => {
    const handler = make()
    const told = handler.explain!(asked(target, odd))
    expect([told.verdict, told.status]).toEqual([verdict, status])
    expect(told.why).not.toBe('')
    const answered = await handler(asked(target, odd))
    if (status !== undefined) expect(answered.status).toBe(status)
    await handler.close?.()
  })

  it('and asks nobody for it', async () => {
    let calls = 0
    const count = (): boolean => ++calls > 0
    const handlers = [readiness({ checks: { db: count } }), adminApi({ authorize: count, events })]
    for (const handler of handlers) await explain(handler, { url: '/' })
    expect(calls).toBe(0)
  })

  it('also of a gateway that drains, which they are asked about all the same', async () => {
    const ready = { path: '/readyz', handler: readiness() }
    const gateway = createGateway({ events, routes: [ready, { path: '/**', handler: page() }] })
    await gateway.ready
    const outcomes = async () =>
      Promise.all(['/readyz', '/'].map(async (url) => (await gateway.explain({ url })).outcome))
    expect((await outcomes()).map(({ fate, status }) => [fate, status])).toEqual([
      ['answered', 200],
      ['answered', 200],
    ])
    await gateway.close()
    expect((await outcomes()).map(({ fate, status, why }) => [fate, status, why])).toEqual([
      ['answered', 503, 'its gateway is closed'],
      ['refused', 503, 'the gateway is closing'],
    ])
  })
})
