import { type LimitAlgorithm, type RateLimitOptions, rateLimit, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'

type How = readonly [status: number | null, who: 'client' | 'upstream' | null]

/** A filter whose clock stands, and how many units it has left for the one key. */
function limited(options: Partial<RateLimitOptions>) {
  const clock = { now: 1_000_000 }
  const filter = rateLimit({ limit: 3, windowMs: 1_000, now: () => clock.now, ...options } as RateLimitOptions)
  return Object.assign(clock, {
    left: async () => (await filter.getKey('192.0.2.1'))[0]!.remaining,
    /** Sends one, and gives what ends it. */
    async begin() {
      const exchange = asked('/')
      await filter(exchange, async () => reply(200))
      return (...[status, who]: How) => void exchange.settle({ status, who })
    },
  })
}

describe('H-146 what is given back', () => {
  it.each<readonly [Partial<RateLimitOptions>, How, number]>([
    [{}, [500, null], 2],
    [{}, [200, null], 2],
    [{ skipFailedRequests: true }, [200, null], 2],
    [{ skipFailedRequests: true }, [404, null], 3],
    [{ skipFailedRequests: true }, [502, 'upstream'], 3],
    [{ skipFailedRequests: true }, [null, 'upstream'], 3],
    [{ skipFailedRequests: true }, [null, 'client'], 2],
    [{ skipFailedRequests: true }, [200, 'client'], 2],
    [{ skipSuccessfulRequests: true }, [200, null], 3],
    [{ skipSuccessfulRequests: true }, [101, null], 3],
    [{ skipSuccessfulRequests: true }, [401, null], 2],
    [{ skipSuccessfulRequests: true }, [200, 'client'], 2],
    [{ skipSuccessfulRequests: true, requestWasSuccessful: ({ status }) => status === 404 }, [404, null], 3],
    [{ skipSuccessfulRequests: true, requestWasSuccessful: ({ status }) => status === 404 }, [200, null], 2],
  ])('H-146 with %o, of one that ended with %j, leaves %d of 3', async (options, how, left) => {
    const it = limited(options)
    const end = await it.begin()
    expect(await it.left()).toBe(2)
    end(...how)
    expect(await it.left()).toBe(left)
  })

  it.each<readonly [LimitAlgorithm, number]>([
    ['fixed-window', 1_000],
    ['sliding-window', 1_000],
    ['sliding-log', 1_000],
    ['token-bucket', 334],
    ['gcra', 334],
  ])('H-146 by %s a unit that came back by itself is not given back once more', async (algorithm, after) => {
    const it = limited({ algorithm, skipFailedRequests: true })
    const end = await it.begin()
    it.now += after
    const others = await Promise.all([it.begin(), it.begin()])
    const before = await it.left()
    end(500, null)
    expect(await it.left()).toBe(before)
    for (const other of others) other(200, null)
  })

  it('H-146 one that was denied gives nothing back', async () => {
    const it = limited({ limit: 1, skipFailedRequests: true })
    await it.begin()
    const end = await it.begin()
    end(429, null)
    expect(await it.left()).toBe(0)
  })
})
