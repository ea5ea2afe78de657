import { EdgeError } from 'edgewise'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { kept } from './kit.js'

describe('requests', () => {
  it('are counted by route, method and status, with their bytes', async () => {
    using it = kept()
    it.settled({ bytes: { in: 10, out: 100 } })
    it.settled({ bytes: { in: 1, out: 1 } })
    it.settled({ status: 404, method: 'HEAD' })
    it.settled({ route: null, status: null })
    const { value } = await it.scrape()
    expect([
      value('edgewise_requests_total', { route: '/users/**', method: 'GET', code: '200' }),
      value('edgewise_requests_total', { route: '/users/**', method: 'HEAD', code: '404' }),
      value('edgewise_requests_total', { route: 'none', method: 'GET', code: 'none' }),
      value('edgewise_body_bytes_total', { route: '/users/**', direction: 'in' }),
      value('edgewise_body_bytes_total', { route: '/users/**', direction: 'out' }),
    ]).toEqual([2, 1, 1, 11, 101])
  })

  it('are timed by route, in buckets that add up; WebSockets are not', async () => {
    using it = kept({ buckets: [0.01, 0.1] })
    for (const tookMs of [5, 10, 50, 5_000]) it.settled({ tookMs })
    it.settled({ status: 101, tookMs: 3_600_000 })
    const { value } = await it.scrape()
    const bucket = (le: string): number | undefined => value('edgewise_request_duration_seconds_bucket', { le })
    expect([bucket('0.01'), bucket('0.1'), bucket('+Inf')]).toEqual([2, 3, 4])
    expect(value('edgewise_request_duration_seconds_count', { route: '/users/**' })).toBe(4)
    expect(value('edgewise_request_duration_seconds_sum')).toBeCloseTo(5.065)
    expect(value('edgewise_requests_total', { code: '101' })).toBe(1)
  })

  it('that fail are counted by error code, and by who ended them when', async () => {
    using it = kept()
    const error = new EdgeError('ERR_EDGE_UPSTREAM_RESET', 'reset')
    it.settled({ status: 502, error, termination: { who: 'upstream', phase: 'headers' } })
    it.settled({ status: 500, termination: { who: 'edge', phase: 'headers' } })
    const { value } = await it.scrape()
    expect([
      value('edgewise_failures_total', { route: '/users/**', error: 'ERR_EDGE_UPSTREAM_RESET' }),
      value('edgewise_failures_total', { route: '/users/**', error: 'other' }),
      value('edgewise_terminations_total', { who: 'upstream', phase: 'headers' }),
      value('edgewise_terminations_total', { who: 'edge' }),
    ]).toEqual([1, 1, 1, 1])
  })

  it('H-196 have no label of a client’s: methods, statuses and codes that nobody registered are one each', async () => {
    using it = kept()
    for (let at = 0; at < 10_000; at++) {
      const error = Object.assign(new EdgeError('ERR_EDGE_CONNECT', 'x'), { code: `ERR_EDGE_${at}` })
      it.settled({ method: `M${at}`, status: 600 + at, error, termination: { who: 'edge', phase: 'queue' } })
      it.settled({ method: 'GET', status: 430 + (at % 20) })
    }
    const { series, value } = await it.scrape()
    expect(value('edgewise_requests_total', { method: 'other' })).toBe(10_000)
    expect(value('edgewise_failures_total')).toBe(10_000)
    const codes = series.filter(({ name }) => name === 'edgewise_requests_total').map(({ labels }) => labels['code'])
    expect(codes.toSorted()).toEqual(['431', '4xx', 'other'])
  })

  it('H-196 on more routes than there may be are counted under one', async () => {
    using it = kept({ maxSeries: 10 })
    for (let at = 0; at < 1_000; at++) it.settled({ route: `/r${at}`, bytes: { in: 1, out: 1 } })
    const { series, value } = await it.scrape()
    const of = (metric: string) => series.filter(({ name }) => name === metric)
    expect(of('edgewise_requests_total').length).toBe(11)
    expect(value('edgewise_requests_total', { route: 'other' })).toBe(990)
    expect(of('edgewise_request_duration_seconds_count').reduce((sum, { value }) => sum + value, 0)).toBe(1_000)
    expect(of('edgewise_request_duration_seconds_count').length).toBe(11)
    expect(of('edgewise_body_bytes_total').reduce((sum, { value }) => sum + value, 0)).toBe(2_000)
    expect(of('edgewise_body_bytes_total').length).toBeLessThanOrEqual(11)
  })

  it('H-196 on routes that are counted under one cost no memory', () => {
    using it = kept({ maxSeries: 10 })
    const heapAfter = (from: number): number => {
      for (let at = from; at < from + 30_000; at++) it.settled({ route: `/r${at}` })
      globalThis.gc?.()
      globalThis.gc?.()
      return process.memoryUsage().heapUsed
    }
    const before = heapAfter(0)
    expect(heapAfter(30_000) - before).toBeLessThan(1024 * 1024)
  })

  it('show one of each bucket by name, where the registry speaks OpenMetrics', async () => {
    const register = new Registry()
    register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
    using it = kept({ register, exemplar: (exchange) => (exchange as { labels?: Record<string, string> }).labels })
    it.settled({ exchange: { labels: { trace_id: 'abc' } } })
    it.settled({ tookMs: 400, exchange: { labels: { trace_id: 'x'.repeat(121) } } })
    it.settled({ tookMs: 400, exchange: { labels: {} } })
    const text = await register.metrics()
    expect(text).toMatch(/_bucket\{le="0.005",route="\/users\/\*\*"\} 1 # \{trace_id="abc"\} 0.003 \d+\.\d+\n/)
    expect(text.match(/# \{/g)).toHaveLength(1)
    expect(text).toContain('edgewise_requests_total{')
    expect(text.endsWith('# EOF\n')).toBe(true)
  })
})
