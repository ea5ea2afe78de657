import { createPool, type EdgeEvents, EventHub, type Lease } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { fakeExchange, good, named, take } from './pool-kit.js'

/** A pool of one place, and what it tells of those who wait. */
function waitingRoom(limit: number) {
  const events = new EventHub()
  const told: EdgeEvents['queued'][] = []
  events.on('queued', (event) => told.push(event))
  const pool = createPool({ name: 'users', events, endpoints: named('a'), maxConnections: 1, queue: { limit } })
  return { pool, told }
}

describe('a wait for an endpoint', () => {
  it('is told of when it is over, with how long it was', async () => {
    const { pool, told } = waitingRoom(1)
    const lease = take(pool)
    expect(told).toEqual([])
    const exchange = fakeExchange()
    const waiting = pool.acquire(exchange) as Promise<Lease>
    expect(told).toEqual([])
    lease.release(good)
    await waiting
    expect(told).toEqual([{ exchange, pool: 'users', waitedMs: expect.any(Number), error: null }])
    expect(told[0]!.waitedMs).toBeGreaterThanOrEqual(0)
  })

  it('that came to nothing is told of with what ended it', async () => {
    const { pool, told } = waitingRoom(1)
    take(pool)
    const waiting = pool.acquire(fakeExchange()) as Promise<Lease>
    await expect(pool.acquire(fakeExchange())).rejects.toMatchObject({ code: 'ERR_EDGE_QUEUE_FULL' })
    await pool.close()
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_EDGE_CLOSING' })
    expect(told.map(({ error }) => error?.code)).toEqual(['ERR_EDGE_QUEUE_FULL', 'ERR_EDGE_CLOSING'])
  })
})
