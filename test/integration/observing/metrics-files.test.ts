import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  attachUpgrade,
  ban,
  cache,
  createGateway,
  createPool,
  EdgeError,
  type EdgeEvents,
  EventHub,
  type Exchange,
  forward,
  metrics,
  rateLimit,
  tlsOptions,
} from 'edgewise'
import { toNode } from 'edgewise/node'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  certificates,
  eventually,
  faultyUpstream,
  nextMessage,
  upstream,
  wsConnect,
  wsEcho,
} from '../../support/index.js'
import { parseScrape, type Scrape } from '../../support/scrape.js'
import { ask } from '../client.js'

const file = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

/** What happens too seldom to be waited for. */
const SELDOM: { readonly [K in keyof EdgeEvents]?: EdgeEvents[K] } = {
  retry: { pool: 'users', endpoint: 'a', why: '503' },
  hedge: { pool: 'users', endpoint: 'a' },
  queued: { exchange: {} as Exchange, pool: 'users', waitedMs: 1, error: null },
  endpoint: { pool: 'users', endpoint: 'a', change: 'up', why: 'x' },
  pool: { pool: 'users', change: 'stale', why: 'x' },
  quota: { exchange: {} as Exchange, consumer: 'a', quota: 'month', share: 1, used: 1, limit: 1, resetMs: 1 },
  store: { store: 'redis', change: 'down', why: 'x' },
  mirror: { exchange: {} as Exchange, status: 200, why: 'answered' },
  invalidReply: { exchange: {} as Exchange, filter: 'validateJson', status: 502, why: 'x' },
  gateway: { change: 'reloaded' },
  configuration: { source: 'edge.yaml', change: 'kept', why: 'x' },
  certificate: { change: 'kept', names: [], why: 'x' },
  keys: { source: 'https://id.test/keys', change: 'stale', why: 'x' },
  connection: {
    exchange: {} as Exchange,
    outcome: { route: 'db', error: null } as EdgeEvents['connection']['outcome'],
  },
  ban: { key: 'x', change: 'banned', why: 'x', untilMs: 0, offence: 1 },
}

interface Known extends Scrape {
  readonly families: readonly {
    readonly name: string
    readonly type: string
    readonly labelNames: readonly string[]
    readonly help: string
  }[]
}

/** What Prometheus gets from a process in which everything has happened once. */
async function everything(): Promise<Known> {
  const events = new EventHub()
  const register = new Registry()
  collectDefaultMetrics({ register })
  await using far = await upstream()
  await using echo = await wsEcho()
  await using refusing = await faultyUpstream('refuse')
  const endpoints = [
    { url: refusing.url, name: 'bad' },
    { url: far.url, name: 'a' },
  ]
  await using pool = createPool({ name: 'users', endpoints, events })
  const filters = [
    rateLimit({ limit: 1, windowMs: 60_000, name: 'api', keyGenerator: 'route', events }),
    cache({ events }),
  ]
  const gateway = createGateway({
    events,
    routes: [
      { path: '/limited', filters, handler: forward({ pool }) },
      { path: '/**', handler: forward(echo.url.replace('ws', 'http')) },
    ],
  })
  const listener = toNode(gateway)
  const server = createServer(listener)
  attachUpgrade(server, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const { cert, key } = certificates()
  const tls = tlsOptions({ certificates: [{ cert, key }] })
  using _ = metrics({
    register,
    events,
    pools: [pool],
    gateways: [gateway],
    servers: [server],
    tls: [tls],
    bans: [ban({ events })],
  })
  const families = register.getMetricsAsArray() as unknown as Known['families']
  const socket = await wsConnect(`ws://127.0.0.1:${port}/`)
  socket.send('hello')
  await nextMessage(socket)
  socket.close()
  await ask(port, '/limited')
  await ask(port, '/limited')
  for (const [name, event] of Object.entries(SELDOM)) events.emit(name as keyof EdgeEvents, event as never)
  const error = new EdgeError('ERR_EDGE_CONNECT', 'x')
  const failed = {
    status: 502,
    error,
    route: '/**',
    termination: { who: 'upstream', phase: 'connect' },
    bytes: { in: 0, out: 0 },
  }
  const times = { acceptedAt: 0, lastByte: 1 }
  events.emit('exchange', { exchange: { method: 'GET' }, outcome: { ...failed, times } } as never)
  await eventually(() => gateway.traffic.tunnels === 0 && gateway.traffic.requests === 0)
  const scrape = parseScrape(await register.metrics())
  tls.close()
  await gateway.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  return { ...scrape, families }
}

let known: Known
beforeAll(async () => {
  known = await everything()
})

/** Labels that Prometheus itself adds, and that of buckets. */
const ADDED = ['job', 'instance', 'le']
const familyOf = (name: string): string => (known.types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, ''))
const labelsOf = (name: string): Set<string> =>
  new Set(
    known.series.filter((each) => familyOf(each.name) === familyOf(name)).flatMap(({ labels }) => Object.keys(labels)),
  )

/** What is wrong with a query: metrics and labels that a scrape has not, or brackets that don't close. */
function problemsOf(query: string): string[] {
  const problems: string[] = []
  const texts = query.replaceAll(/"[^"]*"/g, '""')
  for (const [open, close] of ['()', '{}', '[]'] as const)
    if (texts.split(open!).length !== texts.split(close!).length) problems.push(`${open}${close} in ${query}`)
  const names = [...texts.matchAll(/\b(?:edgewise|process|nodejs)_\w+/g)].map(([name]) => name)
  if (names.length === 0) problems.push(`no metric in ${query}`)
  for (const name of names) {
    if (!known.series.some((each) => each.name === name)) problems.push(`${name} is not scraped`)
    if (/_total$|_bucket$/.test(name) !== new RegExp(`(?:rate|increase)\\(${name}`).test(texts))
      problems.push(`${name}: counters are to be rated, gauges are not, in ${query}`)
  }
  for (const [, name, matchers] of texts.matchAll(/\b(\w+)\{([^}]*)\}/g))
    for (const [, label] of matchers!.matchAll(/(\w+)(?:=~|!~|!=|=)/g))
      if (!labelsOf(name!).has(label!) && !ADDED.includes(label!)) problems.push(`${name} has no label ${label}`)
  for (const [, grouped] of texts.matchAll(/\bby \(([^)]*)\)/g))
    for (const label of grouped!.split(', '))
      if (!ADDED.includes(label) && !names.some((name) => labelsOf(name).has(label)))
        problems.push(`by ${label} in ${query}`)
  return problems
}

describe('the checks of queries', () => {
  it.each([
    ['sum(rate(edgewise_requests_total{code="200"}[5m]))', 0],
    ['sum(rate(edgewise_request_total[5m]))', 1],
    ['sum by (code) (rate(edgewise_tunnels_opened_total[5m]))', 1],
    ['edgewise_requests_total', 1],
    ['rate(edgewise_tunnels[5m])', 1],
    ['sum(edgewise_tunnels{route="/"})', 1],
    ['sum(edgewise_tunnels', 1],
    ['up', 1],
  ])('find in %s %i problems', (query, count) => expect(problemsOf(query)).toHaveLength(count))
})

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string; readonly refId: string }[]
}

describe('examples/grafana/edgewise.json', () => {
  const dashboard = JSON.parse(file('examples/grafana/edgewise.json'))
  const panels: readonly Panel[] = dashboard.panels

  it('is a dashboard: panels with ids of their own, on the grid, none over another, each with its queries', () => {
    expect(dashboard).toMatchObject({ uid: 'edgewise', title: 'Edgewise', schemaVersion: expect.any(Number) })
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    for (const { title, type, gridPos, targets, description } of panels) {
      expect([title, gridPos.x + gridPos.w <= 24]).toEqual([title, true])
      expect([title, type === 'row' ? targets : (targets?.length ?? 0) > 0]).toEqual([
        title,
        type === 'row' ? undefined : true,
      ])
      if (type !== 'row') expect([title, description]).toEqual([title, expect.stringMatching(/\.$/)])
      expect([title, new Set(targets?.map(({ refId }) => refId)).size]).toEqual([title, targets?.length ?? 0])
    }
  })

  it('asks for what a scrape has, by labels that it has', () => {
    const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    expect(queries.length).toBeGreaterThan(50)
    // A variable of Grafana's stands for a duration.
    expect(queries.flatMap((query) => problemsOf(query.replaceAll('$__rate_interval', '5m')))).toEqual([])
  })

  it('names series by labels that its queries keep', () => {
    for (const { title, targets = [] } of panels)
      for (const { expr, legendFormat } of targets)
        for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
          const groups = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, grouped]) => grouped!.split(', '))
          expect([title, label, groups.length === 0 || groups.includes(label!)]).toEqual([title, label, true])
        }
  })

  it('has variables for what its queries use, asked of metrics that there are', () => {
    const variables: readonly { name: string; query: string | { query: string } }[] = dashboard.templating.list
    const used = JSON.stringify(panels).matchAll(/\$\{?([a-z]\w*)/g)
    expect(new Set(Array.from(used, ([, name]) => name))).toEqual(new Set(variables.map(({ name }) => name)))
    for (const { query } of variables) {
      if (typeof query === 'string') continue
      const [, name, label] = /^label_values\((\w+)(?:\{.*\})?, (\w+)\)$/.exec(query.query)!
      expect([name, labelsOf(name!).has(label!) || ADDED.includes(label!)]).toEqual([name, true])
    }
  })

  it('shows every metric that there is', () => {
    const shown = JSON.stringify(panels)
    const left = known.families
      .map(({ name }) => name)
      .filter((name) => name.startsWith('edgewise_') && !shown.includes(name))
    // By state: the number of endpoints in each is shown, and which are up.
    expect(left).toEqual([
      'edgewise_pool_panic',
      'edgewise_pool_latency_seconds',
      'edgewise_endpoint_tunnels',
      'edgewise_endpoint_state',
      'edgewise_endpoint_bytes_total',
    ])
  })
})

describe('examples/prometheus/alerts.yml', () => {
  interface Rule {
    readonly alert: string
    readonly expr: string
    readonly for?: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }
  const { groups, ...rest } = parse(file('examples/prometheus/alerts.yml')) as {
    groups: readonly { name: string; rules: readonly Rule[] }[]
  }
  const rules = groups.flatMap(({ rules }) => rules)

  it('is a file of rules', () => {
    expect(rest).toEqual({})
    expect(new Set(groups.map(({ name }) => name)).size).toBe(groups.length)
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
    for (const { alert, expr, for: lasting = '1m', labels, annotations, ...more } of rules) {
      expect([alert, more]).toEqual([expect.stringMatching(/^Edgewise[A-Z]\w+$/), {}])
      expect(lasting).toMatch(/^\d+[smh]$/)
      expect(labels).toEqual({ severity: expect.stringMatching(/^(?:page|ticket)$/) })
      expect(annotations).toEqual({ summary: expect.any(String), description: expect.any(String) })
      expect(expr).toMatch(/[<>]|==/)
    }
  })

  it('asks for what a scrape has, by labels that it has', () => {
    expect(rules.flatMap(({ expr }) => problemsOf(expr))).toEqual([])
  })

  it('tells of labels that its queries keep', () => {
    for (const { alert, expr, annotations } of rules)
      for (const [, label] of Object.values(annotations)
        .join()
        .matchAll(/\$labels\.(\w+)/g)) {
        const groups = [...expr.matchAll(/\bby \(([^)]*)\)/g)].map(([, grouped]) => grouped!.split(', '))
        const metric = /edgewise_\w+/.exec(expr)![0]
        const kept =
          groups.length > 0
            ? groups.every((each) => each.includes(label!))
            : labelsOf(metric).has(label!) || ADDED.includes(label!)
        expect([alert, label, kept]).toEqual([alert, label, true])
      }
  })
})

describe('docs/metrics.md', () => {
  it('lists every metric as it is: name, type, labels and meaning', () => {
    const listed = [...file('docs/metrics.md').matchAll(/^\| `(edgewise_\w+)` +\| (\w+) +\| (.*?) +\| (.*?) +\|$/gm)]
    const rows = listed.map(([, name, type, labels, help]) => ({
      name,
      type,
      labels: [...labels!.matchAll(/\w+/g)].map(String),
      help,
    }))
    const wanted = known.families
      .filter(({ name }) => name.startsWith('edgewise_'))
      .map(({ name, type, labelNames, help }) => ({ name, type, labels: [...labelNames], help }))
    const byName = (a: { name: string | undefined }, b: { name: string | undefined }) => a.name!.localeCompare(b.name!)
    expect(rows.toSorted(byName)).toEqual(wanted.toSorted(byName))
  })

  it('lists labels as they come', () => {
    const odd = known.families
      .filter(({ name }) => name.startsWith('edgewise_'))
      .flatMap(({ name, labelNames }) => {
        const there = labelsOf(name)
        there.delete('le')
        return there.size === labelNames.length && labelNames.every((label) => there.has(label))
          ? []
          : [[name, ...there]]
      })
    expect(odd).toEqual([])
  })
})
