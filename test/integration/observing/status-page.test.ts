import type { Outcome, StatusReport } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, rawOpen, upstream } from '../../support/index.js'
import { gatewayOver, transports } from '../front.js'
import { named, statusFront } from './status-front.js'

const WATCH = 'GET /status HTTP/1.1\r\nHost: a.test\r\nAccept: text/event-stream\r\n\r\n'

describe('the status page over sockets', () => {
  it('drops a viewer who does not read, whose gateway has nothing under way then', async () => {
    const names = Array.from({ length: 2_000 }, (_, at) => `node-${at}`)
    // A step of the sparklines each tick: a whole report each time, which soon fills what the system buffers.
    await using front = await statusFront(named(...names), { historyMs: 6_000 })
    const outcomes: Outcome[] = []
    front.events.on('exchange', ({ outcome }) => outcomes.push(outcome))
    await using slow = await rawOpen(front.port)
    await slow.write(WATCH)
    await slow.waitFor('event: status', 5_000)
    slow.pause()
    await eventually(() => outcomes.length === 1, { timeoutMs: 12_000 })
    const message = 'a viewer of the status page does not read'
    expect(outcomes[0]!.error).toMatchObject({ code: 'ERR_EDGE_CLIENT_CLOSED', message })
    expect(front.gateway.traffic.requests).toBe(0)
  })

  it.each(transports)('shows what goes through a pool and a gateway (%s)', async (_, transport) => {
    await using far = await upstream((request, response) =>
      response.writeHead(request.url === '/bad' ? 500 : 200).end('hello'),
    )
    await using main = await gatewayOver(transport(), [far.url], { pool: { name: 'far' } })
    await using front = await statusFront([], {
      also: [main.pool],
      gateways: { main: main.gateway },
      historyMs: 60_000,
    })
    const look = async (): Promise<StatusReport> => {
      const answer = await fetch(front.url, { headers: { accept: 'application/json' } })
      return (await answer.json()) as StatusReport
    }
    await look()
    for (let at = 0; at < 20; at++)
      await (await fetch(`http://127.0.0.1:${main.port}/${at < 5 ? 'bad' : 'good'}`)).text()
    const report = await eventually(async () => {
      const now = await look()
      return (now.pools[1]?.endpoints[0]?.rate ?? 0) > 0 && (now.gateways[0]?.rate ?? 0) > 0 ? now : null
    })
    const [endpoint] = report.pools[1]!.endpoints
    expect(endpoint).toMatchObject({ attempts: 20, failures: 5, inFlight: 0, errorRate: 0.25, bytes: { in: 100 } })
    expect(report.gateways[0]).toMatchObject({ name: 'main', state: 'serving', errorRate: 0.25, requests: 0 })
    expect(report.totals).toMatchObject({ errorRate: 0.25, endpoints: 1, available: 1, queued: 0 })
    for (const { p50, p95, p99 } of [endpoint!.latency, report.gateways[0]!.latency!, report.pools[1]!.latency]) {
      expect(p50).toBeGreaterThan(0)
      expect(p95).toBeGreaterThanOrEqual(p50!)
      expect(p99).toBeGreaterThanOrEqual(p95!)
    }
  })
})
