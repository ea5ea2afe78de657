import { createLimiter, EdgeError, type Limiter, type StoreErrorPolicy } from 'edgewise'
import { redisLimitStore } from 'edgewise/redis'
import { describe, expect, it } from 'vitest'
import { eventually, freePort, installed } from '../../support/index.js'
import { type OpenConnection, openConnection } from '../stores/open-connection.js'
import { CLIENTS, type ClientKind } from '../stores/redis-clients.js'
import { redisServer } from '../stores/redis-server.js'
import { respServer } from '../stores/resp-server.js'

const TIMEOUT = 150
/** Far from the 30 s and more that clients wait by themselves, far enough from `TIMEOUT` for a busy machine. */
const SOON = 2_000
const LIMIT = 5
const POLICIES = ['open', 'closed', 'local'] as const

interface Kit extends OpenConnection {
  readonly limiters: Readonly<Record<StoreErrorPolicy, Limiter>>
}

function kit(kind: ClientKind, port: number): Kit {
  const open = openConnection(kind, port, TIMEOUT)
  const store = redisLimitStore(open.connection)
  const { events } = open
  const limiter = (onStoreError: StoreErrorPolicy): Limiter =>
    createLimiter({ name: onStoreError, limit: LIMIT, windowMs: 60_000, store, onStoreError, events })
  return { ...open, limiters: { open: limiter('open'), closed: limiter('closed'), local: limiter('local') } }
}

/** What each policy makes of a store that is no use, in a bounded time: a pass, a failure that is no denial, a count of its own. */
async function decidesAlone({ limiters }: Kit, key: string): Promise<void> {
  const began = performance.now()
  const [free, shut, ...own] = await Promise.all([
    limiters.open.take(key),
    Promise.resolve(limiters.closed.take(key)).catch((error: unknown) => error),
    ...Array.from({ length: LIMIT + 2 }, () => limiters.local.take(key)),
  ])
  expect(performance.now() - began).toBeLessThan(SOON)
  expect(free).toMatchObject({ allowed: true, degraded: 'open' })
  expect(shut).toBeInstanceOf(EdgeError)
  expect(shut).toMatchObject({ code: 'ERR_EDGE_STORE', status: 503 })
  expect(own.map(({ allowed, degraded }) => [allowed, degraded])).toEqual([
    ...Array(LIMIT).fill([true, 'local']),
    ...Array(2).fill([false, 'local']),
  ])
  expect(own.at(-1)!.retryAfterMs).toBeGreaterThan(0)
  // What can't be given back is no failure.
  await limiters.closed.give(key)
}

/** Redis decides again, with nothing done to anybody. */
async function decidesThere({ limiters }: Kit, key: string): Promise<void> {
  for (const policy of POLICIES) {
    await eventually(
      async () => {
        const decision = await Promise.resolve(limiters[policy].peek(key)).catch(() => undefined)
        return decision !== undefined && decision.degraded === undefined
      },
      { timeoutMs: 5_000 },
    )
    const took = await Promise.all(Array.from({ length: LIMIT + 2 }, () => limiters[policy].take(key)))
    expect(took.map(({ allowed, degraded }) => [allowed, degraded])).toEqual([
      ...Array(LIMIT).fill([true, undefined]),
      ...Array(2).fill([false, undefined]),
    ])
    await limiters[policy].reset(key)
  }
}

describe.skipIf(!installed('redis-server')).each(CLIENTS)('H-144 limits in a Redis in trouble, over $name', (kind) => {
  it('H-144 refused: decides at once as configured, and in Redis once that is there', async () => {
    await using server = await redisServer()
    await server.kill()
    const it = kit(kind, server.port)
    await decidesAlone(it, 'a')
    await decidesAlone(it, 'b')
    await server.start()
    await decidesThere(it, 'c')
    expect(it.told.map(({ change }) => change)).toEqual(['down', 'up'])
  })

  it('H-144 half-open, accepts and never replies: decides after a bounded wait as configured, then at once', async () => {
    await using server = await respServer(() => undefined)
    const it = kit(kind, server.port)
    await decidesAlone(it, 'a')
    const began = performance.now()
    for (let at = 0; at < 50; at++) expect(await it.limiters.open.take('b')).toMatchObject({ degraded: 'open' })
    // Were each to wait, it would take 7 seconds.
    expect(performance.now() - began).toBeLessThan(SOON)
  })

  it.each([
    ['-LOADING', '-LOADING Redis is loading the dataset in memory\r\n'],
    ['-OOM', "-OOM command not allowed when used memory > 'maxmemory'.\r\n"],
    ['-READONLY', "-READONLY You can't write against a read only replica.\r\n"],
    ['-WRONGTYPE', '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n'],
    ['-NOSCRIPT, to the text as well', '-NOSCRIPT No matching script.\r\n'],
    ['-BUSY', '-BUSY Redis is busy running a script.\r\n'],
    ['-ERR', '-ERR unknown command\r\n'],
    ['what is no list', ':7\r\n'],
    ['a list that is too short', '*0\r\n'],
    ['a list of texts', '*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n'],
  ])('H-144 that answers %s: decides as configured', async (_what, answer) => {
    await using server = await respServer(([name]) => (name!.toUpperCase() === 'EXISTS' ? ':0\r\n' : answer))
    const it = kit(kind, server.port)
    await decidesAlone(it, 'a')
    await decidesAlone(it, 'b')
    expect(it.told.length).toBeGreaterThan(0)
  })

  it('H-144 paused (SIGSTOP): decides alone after a bounded wait, then at once, until it goes on', async () => {
    await using server = await redisServer()
    const it = kit(kind, server.port)
    await decidesThere(it, 'a')
    server.pause()
    await decidesAlone(it, 'b')
    await decidesAlone(it, 'c')
    server.resume()
    await decidesThere(it, 'd')
  })

  it.each([
    ['DEBUG SLEEP', ['debug', 'sleep', '2']],
    ['CLIENT PAUSE', ['client', 'pause', '2000', 'all']],
  ])('H-144 held up by %s: decides alone after a bounded wait, and there again after it', async (_what, command) => {
    await using server = await redisServer()
    const it = kit(kind, server.port)
    await decidesThere(it, 'a')
    const over = server.cli(...command)
    await eventually(async () => {
      const began = performance.now()
      await it.limiters.open.peek('probe')
      return performance.now() - began >= TIMEOUT - 5
    })
    await decidesAlone(it, 'b')
    await over
    await decidesThere(it, 'c')
  })

  it('H-144 killed and restarted mid-run: every decision comes, and the limit holds in what is there', async () => {
    await using server = await redisServer()
    const it = kit(kind, server.port)
    await decidesThere(it, 'a')
    let stopped = false
    let decided = 0
    const run = async (): Promise<void> => {
      while (!stopped) {
        const began = performance.now()
        await it.limiters.open.take('b')
        expect(performance.now() - began).toBeLessThan(SOON)
        decided++
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const runs = Array.from({ length: 20 }, run)
    const more = async (): Promise<void> => {
      const before = decided
      await eventually(() => decided > before + 100)
    }
    await more()
    await server.kill()
    await more()
    await server.start()
    await decidesThere(it, 'c')
    await more()
    stopped = true
    await Promise.all(runs)
    expect(it.told.map(({ change }) => change)).toEqual(['down', 'up'])
  })

  it('H-144 full (maxmemory, noeviction): what has to be written is decided as configured', async () => {
    await using server = await redisServer('maxmemory-policy noeviction')
    const it = kit(kind, server.port)
    await decidesThere(it, 'a')
    await server.cli('config', 'set', 'maxmemory', '1')
    await decidesAlone(it, 'b')
    expect(it.told).toEqual([{ store: 'redis', change: 'refused', why: expect.stringContaining('OOM') }])
    await server.cli('config', 'set', 'maxmemory', '0')
    await decidesThere(it, 'c')
  })

  it('H-144 read-only (replicaof): decided as configured, also when it was a master before', async () => {
    await using server = await redisServer()
    const it = kit(kind, server.port)
    await decidesThere(it, 'a')
    await server.cli('replicaof', '127.0.0.1', String(await freePort()))
    await decidesAlone(it, 'b')
    expect(it.told[0]).toMatchObject({ change: 'refused', why: expect.stringContaining('READONLY') })
    await server.cli('replicaof', 'no', 'one')
    await decidesThere(it, 'c')
  })

  it('H-144 with other data under a key (wrong type): that key is decided as configured, others there', async () => {
    await using server = await redisServer()
    const it = kit(kind, server.port)
    for (const policy of POLICIES) await eventually(async () => (await it.limiters[policy].take('b')) !== undefined)
    for (const key of (await server.cli('keys', '*')).split('\n')) {
      await server.cli('del', key)
      await server.cli('rpush', key, 'mine')
    }
    await decidesAlone(it, 'b')
    await decidesThere(it, 'c')
    expect(it.told).toEqual([{ store: 'redis', change: 'refused', why: expect.stringContaining('WRONGTYPE') }])
    for (const policy of POLICIES) await it.limiters[policy].reset('b')
    await decidesThere(it, 'b')
  })

  it('H-143 whose scripts are flushed mid-run: the limit holds, and nobody notices', async () => {
    await using server = await redisServer()
    const it = kit(kind, server.port)
    await decidesThere(it, 'a')
    const took = await Promise.all(
      Array.from({ length: 60 }, async (_, at) => {
        if (at % 10 === 5) await server.cli('script', 'flush', 'sync')
        return it.limiters.closed.take('k')
      }),
    )
    expect(took.filter(({ allowed }) => allowed)).toHaveLength(LIMIT)
    expect(it.told).toEqual([])
  })
})
