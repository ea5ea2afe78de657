import { describe, expect, it } from 'vitest'
import { drained, eventually, parseReplies, type RawConnection, rawOpen, sink } from '../support/index.js'
import { handshake, switching, wsFront } from './ws-front.js'

const STORM = 2_000

/** Opens many handshakes at once and gives the status that each got, once all have ended. */
async function storm(port: number, count: number): Promise<number[]> {
  const clients: RawConnection[] = []
  for (let at = 0; at < count; at += 100)
    clients.push(...(await Promise.all(Array.from({ length: 100 }, () => rawOpen(port)))))
  for (const client of clients) client.socket.write(handshake())
  await Promise.all(clients.map(({ closed }) => closed))
  return clients.map(({ text }) => parseReplies(text, { closed: true })[0]!.status)
}

function tally(statuses: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

describe('a storm of upgrades at an upstream that never answers', () => {
  it('H-079 is capped by the pool and its queue, and every handshake is answered in time', async () => {
    const nothing = drained({ timeoutMs: 5_000 })
    {
      await using far = await sink(['stall'])
      await using front = await wsFront(far.url, {
        pool: { maxConnections: 20, queue: { limit: 30, timeoutMs: 100 }, health: { passive: false } },
        forward: { handshakeTimeoutMs: 400 },
      })
      const endpoint = front.pool.endpoints[0]!
      let most = 0
      let waiting = 0
      front.server.on('upgrade', () => {
        most = Math.max(most, endpoint.inFlight)
        waiting = Math.max(waiting, front.pool.queued)
      })
      const started = performance.now()
      const statuses = tally(await storm(front.port, STORM))
      expect(performance.now() - started).toBeLessThan(10_000)
      expect(Object.keys(statuses)).toEqual(['503', '504'])
      expect(statuses[503]! + statuses[504]!).toBe(STORM)
      expect(statuses[504]! % 20).toBe(0)
      expect([most, waiting]).toEqual([20, 30])
      expect(far.connections.length).toBe(statuses[504])
      await eventually(() => endpoint.inFlight === 0 && front.pool.queued === 0 && far.openConnections() === 0)
    }
    await nothing()
  }, 30_000)

  it('H-079 leaves a gateway that serves the next client, once the upstream does', async () => {
    let well = false
    await using far = await sink(() => (well ? [switching(), 'stall'] : ['stall']))
    await using front = await wsFront(far.url, {
      pool: { maxConnections: 5, queue: { limit: 0, timeoutMs: 100 } },
      forward: { handshakeTimeoutMs: 100 },
    })
    await storm(front.port, 100)
    well = true
    await eventually(async () => {
      await using client = await rawOpen(front.port)
      await client.write(handshake())
      return await client.waitFor(/ 101 /)
    })
  })

  it('H-079 tells those it turns away when to come again', async () => {
    await using far = await sink(['stall'])
    await using front = await wsFront(far.url, { pool: { maxConnections: 1, queue: { limit: 0, timeoutMs: 100 } } })
    await using first = await rawOpen(front.port)
    await first.write(handshake())
    await far.waitForRequests(1)
    await using second = await rawOpen(front.port)
    await second.write(handshake())
    await second.closed
    const [reply] = parseReplies(second.text, { closed: true })
    expect([reply!.status, reply!.header('retry-after'), reply!.header('connection')]).toEqual([503, '1', 'close'])
  })

  it('H-079 counts open tunnels against the pool’s cap, and a freed one serves who waits', async () => {
    await using far = await sink([switching(), 'stall'])
    await using front = await wsFront(far.url, { pool: { maxConnections: 1 } })
    const first = await rawOpen(front.port)
    await first.write(handshake())
    await first.waitFor(/ 101 /)
    await using second = await rawOpen(front.port)
    await second.write(handshake())
    await eventually(() => front.pool.queued === 1)
    first.destroy()
    await second.waitFor(/ 101 /)
  })

  it('H-079 a client that leaves the queue leaves no place taken', async () => {
    await using far = await sink(['stall'])
    await using front = await wsFront(far.url, { pool: { maxConnections: 1 } })
    const clients = [await rawOpen(front.port), await rawOpen(front.port)]
    for (const client of clients) await client.write(handshake())
    await eventually(() => front.pool.queued === 1)
    clients[1]!.reset()
    await eventually(() => front.pool.queued === 0)
    clients[0]!.reset()
    await eventually(() => front.pool.endpoints[0]!.inFlight === 0)
  })
})
