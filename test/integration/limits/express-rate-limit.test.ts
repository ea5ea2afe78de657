import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { compose, handOver, type RateLimitOptions, rateLimit } from 'edgewise'
import { toExpress } from 'edgewise/express'
import express, { type RequestHandler } from 'express'
import { rateLimit as expressRateLimit, MemoryStore, type Options } from 'express-rate-limit'
import { describe, expect, it } from 'vitest'
import { ask } from '../../adapters/contract/kit.js'

interface App extends AsyncDisposable {
  readonly port: number
}

/** An app on Express with middleware in front of a page. */
async function appWith(host: string, ...middleware: readonly RequestHandler[]): Promise<App> {
  const app = express()
  app.disable('x-powered-by')
  app.use(...middleware, (_request, response) => void response.send('page'))
  const server: Server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

const ours = (options: Partial<RateLimitOptions>): RequestHandler =>
  toExpress(
    compose(
      rateLimit(
        ('limits' in options
          ? options
          : { algorithm: 'fixed-window', limit: 3, windowMs: 60_000, ...options }) as RateLimitOptions,
      ),
      handOver(),
    ),
  ) as never

const theirs = (options: Partial<Options>): RequestHandler =>
  expressRateLimit({ limit: 3, windowMs: 60_000, legacyHeaders: false, ...options })

/** What a reply says of limits, line by line as it came; our names are in lower case, as HTTP/2 has them. */
const fieldsOf = ({ headers }: { headers: readonly (readonly [string, string])[] }): unknown[] =>
  headers
    .filter(([name]) => /^(?:x-)?ratelimit|^retry-after/i.test(name))
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
    .toSorted()

describe('next to express-rate-limit, over Express', () => {
  it.each<readonly [string, Partial<RateLimitOptions>, readonly Partial<Options>[]]>([
    ['draft-8', {}, [{ standardHeaders: 'draft-8' }]],
    ['draft-7', { standardHeaders: 'draft-7' }, [{ standardHeaders: 'draft-7' }]],
    ['draft-6', { standardHeaders: 'draft-6' }, [{ standardHeaders: 'draft-6' }]],
    ['draft-8 with X-RateLimit', { legacyHeaders: true }, [{ standardHeaders: 'draft-8', legacyHeaders: true }]],
    [
      'draft-8 of two limits with names and other windows',
      {
        limits: [
          { algorithm: 'fixed-window', name: 'a', limit: 8, windowMs: 5_000 },
          { algorithm: 'fixed-window', name: 'b', limit: 5, windowMs: 7_200_000 },
        ],
      },
      [
        { identifier: 'a', limit: 8, windowMs: 5_000, standardHeaders: 'draft-8' },
        { identifier: 'b', limit: 5, windowMs: 7_200_000, standardHeaders: 'draft-8' },
      ],
    ],
    ...[1_500, 60_000, 90_000, 3_600_000, 10_800_000, 86_400_000, 172_800_000].map(
      (windowMs) => [`draft-8 of ${windowMs} ms`, { windowMs }, [{ windowMs, standardHeaders: 'draft-8' }]] as const,
    ),
  ])('H-147 %s says the same, byte for byte', async (_what, mine, other) => {
    await using own = await appWith('127.0.0.1', ours(mine))
    await using far = await appWith('127.0.0.1', ...other.map(theirs))
    for (let at = 0; at < 5; at++) {
      // Within the same second: what is left of a window is rounded up.
      const [one, two] = await Promise.all([ask(own.port, '/'), ask(far.port, '/')])
      expect([one.status, fieldsOf(one)]).toEqual([two.status, fieldsOf(two)])
      expect(fieldsOf(one).length).toBeGreaterThan(0)
    }
  })

  it('takes its store as it is', async () => {
    const store = new MemoryStore()
    await using own = await appWith('127.0.0.1', ours({ algorithm: undefined, store }))
    await using far = await appWith('127.0.0.1', theirs({ standardHeaders: 'draft-8' }))
    for (let at = 0; at < 5; at++) {
      const [one, two] = await Promise.all([ask(own.port, '/'), ask(far.port, '/')])
      expect([one.status, fieldsOf(one)]).toEqual([two.status, fieldsOf(two)])
    }
    expect(await store.get('127.0.0.1')).toMatchObject({ totalHits: 5 })
    store.shutdown()
  })
})
