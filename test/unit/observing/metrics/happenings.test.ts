import { EdgeError, type EdgeEvents, type Exchange, type Outcome } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { kept } from './kit.js'

const exchange = { route: '/x' } as Exchange
const outcome = (route: string | null, error: EdgeError | null = null) => ({ route, error }) as Outcome

const TOLD: readonly (readonly [
  event: { readonly [K in keyof EdgeEvents]?: EdgeEvents[K] },
  name: string,
  labels: Readonly<Record<string, string>>,
])[] = [
  [
    { denied: { exchange, filter: 'ipRules', status: 403, why: 'x' } },
    'denials_total',
    { filter: 'ipRules', code: '403' },
  ],
  [
    { limitDecision: { exchange, limit: 'api', decision: 'dry-run' } },
    'limit_decisions_total',
    { limit: 'api', decision: 'dry-run' },
  ],
  [
    { quota: { exchange, consumer: 'acme', quota: 'month', share: 0.8, used: 8, limit: 10, resetMs: 1 } },
    'quota_marks_total',
    { quota: 'month', share: '0.8' },
  ],
  [{ cache: { exchange, result: 'hit', collapsed: false } }, 'cache_requests_total', { route: '/x', result: 'hit' }],
  [{ cache: { exchange, result: 'miss', collapsed: true } }, 'cache_collapsed_total', {}],
  [{ mirror: { exchange, status: 503, why: 'answered' } }, 'mirrored_total', { result: '5xx' }],
  [{ mirror: { exchange, status: null, why: 'ERR_EDGE_CONNECT' } }, 'mirrored_total', { result: 'ERR_EDGE_CONNECT' }],
  [{ mirror: { exchange, status: null, why: 'too many copies under way' } }, 'mirrored_total', { result: 'other' }],
  [
    { invalidReply: { exchange, filter: 'validateJson', status: 200, why: 'x' } },
    'invalid_replies_total',
    { filter: 'validateJson' },
  ],
  [
    { store: { store: 'redis', change: 'refused', why: 'x' } },
    'store_changes_total',
    { store: 'redis', change: 'refused' },
  ],
  [
    { ban: { key: '192.0.2.1', change: 'banned', why: 'x', untilMs: 0, offence: 1 } },
    'bans_total',
    { change: 'banned' },
  ],
  [{ anomaly: { exchange, key: '192.0.2.1', count: 9, usual: 1 } }, 'anomalies_total', {}],
  [{ overload: { change: 'shedding', why: 'x', shed: 1 } }, 'overloads_total', {}],
  [{ gateway: { change: 'reloaded' } }, 'gateway_changes_total', { change: 'reloaded' }],
  [
    { configuration: { source: 'edge.yaml', change: 'kept', why: 'x' } },
    'configuration_reads_total',
    { change: 'kept' },
  ],
  [{ certificate: { change: 'kept', names: [], why: 'x' } }, 'certificate_reads_total', { change: 'kept' }],
  [
    { keys: { source: 'https://id.test/keys', change: 'stale', why: 'x' } },
    'key_reads_total',
    { source: 'https://id.test/keys', change: 'stale' },
  ],
  [{ connection: { exchange, outcome: outcome('db') } }, 'tcp_connections_total', { route: 'db', result: 'done' }],
  [
    { connection: { exchange, outcome: outcome(null, new EdgeError('ERR_EDGE_NO_ROUTE', 'x')) } },
    'tcp_connections_total',
    { route: 'none', result: 'ERR_EDGE_NO_ROUTE' },
  ],
  [{ fault: { where: 'x', error: null } }, 'faults_total', {}],
]

describe('happenings', () => {
  it.each(TOLD)('%j counts in %s as %j', async (event, name, labels) => {
    using it = kept()
    for (const [of, told] of Object.entries(event)) it.hub.emit(of as keyof EdgeEvents, told as never)
    const { series, value } = await it.scrape()
    expect(value(`edgewise_${name}`, labels)).toBe(1)
    expect(JSON.stringify(series)).not.toMatch(/192\.0\.2\.1|acme/)
  })

  it('what is no beginning, or was not collapsed, does not count', async () => {
    using it = kept()
    it.hub.emit('overload', { change: 'calm', why: 'x', shed: 3 })
    it.hub.emit('cache', { exchange, result: 'hit', collapsed: false })
    const { value } = await it.scrape()
    expect([value('edgewise_overloads_total'), value('edgewise_cache_collapsed_total')]).toEqual([0, 0])
  })

  it('H-196 more filters than there may be are counted under one', async () => {
    using it = kept({ maxSeries: 10 })
    for (let at = 0; at < 1_000; at++)
      it.hub.emit('denied', { exchange, filter: `filter-${at}`, status: 403, why: 'x' })
    const { series, value } = await it.scrape()
    expect(series.filter(({ name }) => name === 'edgewise_denials_total').length).toBe(11)
    expect(value('edgewise_denials_total', { filter: 'other', code: 'other' })).toBe(990)
  })
})
