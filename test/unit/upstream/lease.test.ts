import { createPool } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { fakeExchange, forkable, good, named, noVerdict, refused, setHealth, take } from './pool-kit.js'

describe('a lease', () => {
  it('H-110 counts while it is out, and comes back once, however often it is given back', () => {
    const pool = createPool({ name: 'test', endpoints: ['http://a.test'] })
    const endpoint = pool.endpoints[0]!
    const [first, second] = [take(pool), take(pool)]
    expect([endpoint.inFlight, endpoint.attempts]).toEqual([2, 2])
    for (let time = 0; time < 3; time++) first.release(good)
    expect(endpoint.inFlight).toBe(1)
    second.release(good)
    expect([endpoint.inFlight, endpoint.attempts]).toEqual([0, 2])
  })

  it('H-110 of an endpoint that was removed comes back there, and lets the removal end', async () => {
    const pool = createPool({ name: 'test', endpoints: named('a') })
    const endpoint = pool.endpoints[0]!
    const lease = take(pool)
    const removed = pool.remove('a')
    lease.release(good)
    expect(await removed).toBe(true)
    expect([endpoint.inFlight, pool.endpoints]).toEqual([0, []])
  })

  it('tells the balancer how it went before it tells that its count moved', () => {
    const log: string[] = []
    const pool = createPool({ name: 'test', endpoints: named('a'), balancer: forkable(log) })
    const lease = take(pool)
    log.length = 0
    lease.release(good)
    expect(log).toEqual(['settled a', 'changed a'])
  })

  it('makes the cookie of the balancer that picked', () => {
    const lease = take(createPool({ name: 'test', endpoints: named('a'), balancer: forkable() }))
    expect(lease.cookieFor(fakeExchange())).toBe('at=a')
    expect(take(createPool({ name: 'plain', endpoints: named('a') })).cookieFor(fakeExchange())).toBeUndefined()
  })

  it('H-107 on trial is the only one, until its reply comes or it is given back without a verdict', () => {
    const pool = createPool({ name: 'test', endpoints: named('a') })
    const endpoint = pool.endpoints[0]!
    // One that has been under way since before is no trial.
    const old = take(pool)
    setHealth(pool, endpoint, { onTrial: true })
    const first = take(pool)
    expect(() => take(pool)).toThrow('has to wait')
    old.release(noVerdict)
    expect(() => take(pool)).toThrow('has to wait')
    first.release(noVerdict)
    return pool.close()
  })

  it('H-109 of a trial that its client left frees the place for the next, and so does the head of a reply', async () => {
    const pool = createPool({ name: 'test', endpoints: named('a') })
    take(pool).release(refused)
    // No other is left: its trial begins early.
    const first = take(pool)
    const second = pool.acquire(fakeExchange())
    first.release(noVerdict)
    const trial = await second
    const third = pool.acquire(fakeExchange())
    trial.answered(noVerdict)
    trial.answered(noVerdict)
    const last = await third
    expect(pool.endpoints[0]!.trials).toBe(1)
    trial.release(noVerdict)
    last.release(good)
    expect([pool.endpoints[0]!.trials, pool.endpoints[0]!.onTrial]).toEqual([0, false])
  })
})
