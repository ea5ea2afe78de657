import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createPool, dnsDiscovery, type EdgeEvents, EventHub, forward } from 'edgewise'
import { toNode } from 'edgewise/node'
import { describe, expect, it } from 'vitest'
import { eventually, upstream } from '../../support/index.js'
import { ask } from '../client.js'
import { dnsServer } from './dns-server.js'

describe('a pool that is told its endpoints', () => {
  it('H-099 follows DNS while connections live, keeps what it has through trouble, and stops with the pool', async () => {
    await using first = await upstream((_request, response) => void response.end('first'))
    const second = createServer((_request, response) => void response.end('second'))
    await new Promise<void>((resolve) => second.listen(first.port, '127.0.0.2', resolve))
    await using server = await dnsServer({ 'app.test A': [{ address: '127.0.0.1', ttl: 0 }] })
    const events = new EventHub()
    const told: EdgeEvents['pool'][] = []
    events.on('pool', (change) => told.push(change))
    const pool = createPool({
      name: 'app',
      discovery: dnsDiscovery({ hostname: 'app.test', port: first.port, servers: [server.at], minTtlMs: 20 }),
      events,
    })
    const front = createServer(toNode(forward({ pool })))
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
    const { port } = front.address() as AddressInfo
    const body = async (): Promise<string> => (await ask(port)).body
    try {
      await eventually(() => pool.endpoints.length === 1)
      expect([await body(), await body()]).toEqual(['first', 'first'])

      server.zone.set('app.test A', [{ address: '127.0.0.2', ttl: 0 }])
      await eventually(() => pool.endpoints[0]?.hostname === '127.0.0.2')
      expect([await body(), await body()]).toEqual(['second', 'second'])
      await eventually(() => first.connections === 0)

      server.zone.set('app.test A', 'SERVFAIL')
      await eventually(() => told.length > 0)
      expect(told[0]).toMatchObject({ pool: 'app', change: 'stale', why: expect.stringMatching(/SERVFAIL/) })
      expect(await body()).toBe('second')

      await pool.close()
      const asked = server.asked('app.test A').length
      server.zone.set('app.test A', [{ address: '127.0.0.1', ttl: 0 }])
      // Longer than the longest wait that could still be under way.
      await expect(eventually(() => server.asked('app.test A').length > asked, { timeoutMs: 1_200 })).rejects.toThrow()
    } finally {
      front.closeAllConnections()
      second.closeAllConnections()
      await Promise.all([front, second].map((each) => new Promise((resolve) => each.close(resolve))))
      await pool.close()
    }
  })
})
