import { cache, createGateway, createPool, EventHub, type Filter, handOver, reply, statusPage } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, rawOpen, upstream } from '../../support/index.js'
import type { Harness } from '../harness/harness.js'
import { ask, below, forwarder, request } from './kit.js'

const pools = () => [createPool({ name: 'users', endpoints: ['http://127.0.0.1:1'] })]

/** Spellings of `/status`, which its guard must see. */
const SAME = ['/status', '/%73tatus', '/status/', '/statu%73/', 'http://a.test/status']
/** Spellings by which somebody may hope to get there past the guard: refused, or another path. */
const OTHER = [
  '//status',
  '/x/../status',
  '/./status',
  '/status%2f',
  '/STATUS',
  '/status;a=1',
  '/status%00',
  '/x/%2e%2e/status',
]

export function watching(harness: Harness): void {
  describe(`${harness.name}: the status page`, () => {
    const listen = () => {
      const events = new EventHub()
      const page = statusPage({ pools: pools(), events })
      return harness.listen(createGateway({ routes: [{ path: '/status/**', handler: page }], events }), {
        base: '/api',
      })
    }

    it('is HTML, JSON and a HEAD of either, at one address below a base', async () => {
      await using app = await listen()
      const page = await ask(app.port, below('/api', '/status'), { fields: 'Accept: text/html\r\n' })
      expect([page.status, page.header('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
      expect(page.body.toString()).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/)
      expect(page.header('content-security-policy')).toContain("default-src 'none'")
      const data = await ask(app.port, below('/api', '/status/'), { fields: 'Accept: application/json\r\n' })
      expect(JSON.parse(data.body.toString())).toMatchObject({
        pools: [{ name: 'users', endpoints: [{ state: 'up' }] }],
      })
      const head = await ask(app.port, below('/api', '/status'), { method: 'HEAD' })
      expect([head.status, head.body.length, head.header('cache-control')]).toEqual([200, 0, 'no-store'])
      const refused = await ask(app.port, below('/api', '/status'), { method: 'POST', body: '{}' })
      expect([refused.status, refused.header('allow')]).toEqual([405, 'GET, HEAD'])
    })

    it('streams what it shows at once, and lets go of who has left', async () => {
      await using app = await listen()
      const { traffic } = app.middleware.gateway
      const connection = await rawOpen(app.port)
      await connection.write(request('/api/status', { fields: 'Accept: text/event-stream\r\n' }))
      const text = await connection.waitFor('event: change')
      expect(text).toMatch(/content-type: text\/event-stream/i)
      expect(text.indexOf('event: status\ndata: {')).toBeGreaterThan(0)
      expect(traffic.requests).toBe(1)
      connection.destroy()
      await eventually(() => traffic.requests === 0)
    })

    it('ends its streams when the gateway drains, which need not wait for them', async () => {
      await using app = await listen()
      await using connection = await rawOpen(app.port)
      await connection.write(request('/api/status', { fields: 'Accept: text/event-stream\r\n' }))
      await connection.waitFor('event: status')
      await app.middleware.close({ graceMs: 60_000 })
      await connection.waitFor('event: end')
    })

    it('H-197 is not to be had past its guard by another spelling, nor is it the upstream’s to see', async () => {
      await using far = await upstream()
      const guard: Filter = Object.assign(async () => reply(403, 'guarded'), { stage: 'guard' as const })
      const routes = [
        { path: '/status/**', filters: [guard], handler: statusPage({ pools: pools() }) },
        { path: '/**', handler: forwarder(far.url) },
      ]
      await using app = await harness.listen(createGateway({ routes }))
      for (const spelling of [...SAME, ...OTHER]) {
        const { status, body } = await ask(app.port, spelling)
        const text = body.toString()
        expect([spelling, /<html|inFlight/.test(text)]).toEqual([spelling, false])
        if (SAME.includes(spelling)) expect([spelling, status, text]).toEqual([spelling, 403, 'guarded'])
      }
      for (const { url } of far.requests) expect(new URL(url, 'http://a.test').pathname).not.toBe('/status')
    })

    it('H-197 is never stored by a cache in front of it', async () => {
      const events = new EventHub()
      const results: string[] = []
      events.on('cache', ({ result }) => results.push(result))
      const page = statusPage({ pools: pools(), events })
      const routes = [{ path: '/status', filters: [cache({ events, lifetimesMs: { 200: 60_000 } })], handler: page }]
      await using app = await harness.listen(createGateway({ routes, events }))
      for (const format of ['json', 'html', 'json', 'html']) {
        const answer = await ask(app.port, `/status?format=${format}`)
        expect([answer.status, answer.header('age')]).toEqual([200, undefined])
      }
      expect(results.filter((result) => result === 'hit' || result === 'stale')).toEqual([])
      expect(results).toHaveLength(4)
    })

    it('stands beside the framework’s own handlers', async () => {
      const routes = [
        { path: '/status', handler: statusPage({ pools: pools() }) },
        { path: '/own', handler: handOver() },
      ]
      await using app = await harness.listen(createGateway({ routes }))
      expect((await ask(app.port, '/status')).status).toBe(200)
      expect((await ask(app.port, '/own')).body.toString()).toContain('"app":true')
    })
  })
}
