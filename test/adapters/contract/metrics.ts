import { METHODS } from 'node:http'
import {
  cache,
  compose,
  createGateway,
  createPool,
  EventHub,
  forward,
  type Gateway,
  metrics,
  metricsPage,
} from 'edgewise'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { eventually, upstream } from '../../support/index.js'
import { parseScrape, type Scrape } from '../../support/scrape.js'
import type { App, Harness } from '../harness/harness.js'
import { ask, bases, below } from './kit.js'

/** A gateway that is measured, and shows it at `/metrics`. */
function measured(url: string) {
  const events = new EventHub()
  const register = new Registry()
  const pool = createPool({ name: 'far', endpoints: [{ url, name: 'far-1' }], events })
  const gateways: Gateway[] = []
  const kept = metrics({ register, events, pools: [pool], gateways })
  const page = metricsPage({ register, events, maxAgeMs: 0 })
  const gateway = createGateway({
    events,
    routes: [
      { path: '/metrics', handler: compose(cache({ events }), page) },
      { path: '/users/:id/**', handler: forward({ pool }) },
    ],
  })
  gateways.push(gateway)
  return {
    gateway,
    scrape: async (): Promise<Scrape> => parseScrape(await register.metrics()),
    async [Symbol.asyncDispose]() {
      kept.close()
      await pool.close()
    },
  }
}

/** Requests of which no two share a path, a query, a Host, a user agent, an id or, as far as Node takes them, a method. */
async function varied(app: App, base: string, from: number, count: number): Promise<void> {
  const methods = METHODS.filter((method) => method !== 'CONNECT' && method !== 'HEAD')
  for (let at = from; at < from + count; at++) {
    const fields = `User-Agent: agent-${at}\r\nX-Request-Id: id-${at}\r\nX-Forwarded-Host: h${at}.test\r\n`
    const method = methods[at % methods.length]!
    await ask(app.port, below(base, `/users/u${at}/p${at}?q${at}=${at}`), { method, fields })
  }
}

export function measuring(harness: Harness): void {
  describe.each(bases)(`${harness.name} at %s: metrics`, (base) => {
    const page = below(base, '/metrics')

    it('tell of requests and attempts by route, pool and endpoint, to whoever asks for the page', async () => {
      await using far = await upstream()
      await using it = measured(far.url)
      await using app = await harness.listen(it.gateway, { base })
      await ask(app.port, below(base, '/users/7/x'), { method: 'POST', body: 'hello' })
      await eventually(async () => (await it.scrape()).value('edgewise_requests_total') === 1)
      const answer = await ask(app.port, page)
      expect([answer.status, answer.header('content-type'), answer.header('cache-control')]).toEqual([
        200,
        'text/plain; version=0.0.4; charset=utf-8',
        'no-store',
      ])
      const { value } = parseScrape(answer.body.toString())
      const route = '/users/:id/**'
      expect([
        value('edgewise_requests_total', { route, method: 'POST', code: '200' }),
        value('edgewise_body_bytes_total', { route, direction: 'in' }),
        value('edgewise_request_duration_seconds_count', { route }),
        value('edgewise_attempts_total', { pool: 'far', endpoint: 'far-1', result: '2xx' }),
        value('edgewise_attempt_first_byte_seconds_count', { pool: 'far' }),
        value('edgewise_endpoint_up', { endpoint: 'far-1' }),
        // The one that asks for the page.
        value('edgewise_requests_in_flight'),
      ]).toEqual([1, 5, 1, 1, 1, 1, 1])
      expect((await ask(app.port, page, { method: 'HEAD' })).body.length).toBe(0)
      const refused = await ask(app.port, page, { method: 'POST' })
      expect([refused.status, refused.header('allow')]).toEqual([405, 'GET, HEAD'])
    })

    it('H-196 have as many series however many paths, hosts, agents, ids, queries and methods clients make up', async () => {
      await using far = await upstream()
      await using it = measured(far.url)
      await using app = await harness.listen(it.gateway, { base })
      const shown = async (): Promise<readonly string[]> =>
        (await it.scrape()).series.map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`).toSorted()
      await varied(app, base, 0, 40)
      await eventually(async () => (await it.scrape()).value('edgewise_request_duration_seconds_count') === 40)
      const before = await shown()
      await varied(app, base, 40, 40)
      expect(await shown()).toEqual(before)
      expect(before.join('\n')).not.toMatch(/u\d+\/|agent-|id-\d|h\d+\.test|q\d|PROPFIND/)
    })

    it('H-197 are at no other spelling of their address, nor in a cache', async () => {
      await using far = await upstream()
      await using it = measured(far.url)
      await using app = await harness.listen(it.gateway, { base, fallThrough: false })
      const spellings = [
        '/%6detrics',
        '//metrics',
        '/x/../metrics',
        '/x/%2e%2e/metrics',
        '/./metrics',
        '/metrics/',
        '/METRICS',
        '/metrics;a',
        '/metrics%2f',
        '\\metrics',
      ]
      for (const spelling of spellings) {
        const alias = base === '/' ? spelling : `${base}${spelling}`
        const { status, body } = await ask(app.port, alias)
        expect([alias, status >= 400, body.includes('# TYPE')]).toEqual([alias, true, false])
      }
      const served = ({ value }: Scrape): number | undefined =>
        value('edgewise_requests_total', { route: '/metrics', method: 'GET', code: '200' })
      const first = await ask(app.port, page)
      await eventually(async () => served(await it.scrape()) === 1)
      const second = await ask(app.port, page)
      expect([first, second].map((each) => [each.status, each.header('age')])).toEqual([
        [200, undefined],
        [200, undefined],
      ])
      expect([first, second].map(({ body }) => served(parseScrape(body.toString())))).toEqual([undefined, 1])
    })
  })
}
