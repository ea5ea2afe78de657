import { type AttemptOutcome, createPool, type Exchange, type Lease } from 'edgewise'
import { describe, expect, it } from 'vitest'

const outcome = { endpoint: 'a', status: 200, error: null, countsAgainst: false } as AttemptOutcome
const exchange = {} as Exchange

describe('a lease', () => {
  it('H-110 counts while it is out, and comes back once, however often it is given back', () => {
    const pool = createPool({ name: 'test', endpoints: ['http://a.test'] })
    const endpoint = pool.endpoints[0]!
    const [first, second] = [pool.acquire(exchange) as Lease, pool.acquire(exchange) as Lease]
    expect([endpoint.inFlight, endpoint.attempts]).toEqual([2, 2])
    for (let time = 0; time < 3; time++) first.release(outcome)
    expect(endpoint.inFlight).toBe(1)
    second.release(outcome)
    expect([endpoint.inFlight, endpoint.attempts]).toEqual([0, 2])
  })

  it('H-110 of an endpoint that was removed comes back there, and lets the removal end', async () => {
    const pool = createPool({ name: 'test', endpoints: [{ url: 'http://a.test', name: 'a' }] })
    const endpoint = pool.endpoints[0]!
    const lease = pool.acquire(exchange) as Lease
    const removed = pool.remove('a')
    lease.release(outcome)
    await removed
    expect([endpoint.inFlight, pool.endpoints]).toEqual([0, []])
  })
})
