import { EdgeError } from 'edgewise'
import { type RedisStore, redisStore } from 'edgewise/redis'
import { describe, expect, it } from 'vitest'
import { eventually, freePort, installed } from '../../support/index.js'
import { entryOf } from './entries.js'
import { type OpenConnection, openConnection } from './open-connection.js'
import { CLIENTS, type ClientKind } from './redis-clients.js'
import { redisServer } from './redis-server.js'
import { respServer } from './resp-server.js'

const MINUTE = 60_000
const TIMEOUT = 300
/** Far from the 30 s and more that clients wait by themselves, far enough from `TIMEOUT` for a busy machine. */
const SOON = 2_000

interface Kit extends OpenConnection {
  readonly store: RedisStore
}

function kit(kind: ClientKind, port: number): Kit {
  const open = openConnection(kind, port, TIMEOUT)
  return { ...open, store: redisStore(open.connection) }
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** Whatever a store does while Redis is no use: at once, or after one timeout. */
async function isMissed({ store }: Kit): Promise<void> {
  expect(await took(async () => expect(await store.get('k')).toEqual([]))).toBeLessThan(SOON)
  expect(await took(() => store.put('k', entryOf({ tags: ['t'] }), MINUTE))).toBeLessThan(SOON)
  for (const work of [() => store.remove('k'), () => store.purgeTag('t'), () => store.clear()]) {
    const error = await work().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(EdgeError)
    expect(error).toMatchObject({ code: 'ERR_EDGE_STORE', status: 503, source: 'edge' })
  }
}

/** Nobody waits any more: a hundred commands take no longer than one may. */
async function refusesAtOnce({ connection }: Kit): Promise<void> {
  expect(connection.up).toBe(false)
  const all = async (): Promise<void> => {
    for (let at = 0; at < 100; at++) await connection.call('GET', 'x').catch(() => {})
  }
  expect(await took(all)).toBeLessThan(TIMEOUT)
}

async function works({ store }: Kit): Promise<void> {
  await eventually(
    async () => {
      await store.put('again', entryOf({ tags: ['again'] }), MINUTE)
      return (await store.get('again')).length === 1
    },
    { timeoutMs: 5_000 },
  )
}

describe.skipIf(!installed('redis-server')).each(CLIENTS)('H-188 a Redis in trouble, over $name', (kind) => {
  it('H-188 that nobody listens for: misses, and it is found once it is there', async () => {
    await using server = await redisServer()
    await server.kill()
    const it = kit(kind, server.port)
    await isMissed(it)
    await refusesAtOnce(it)
    await server.start()
    await works(it)
    expect(it.told.map(({ change }) => change)).toEqual(['down', 'up'])
  })

  it('H-188 that hangs: misses after a bounded wait, then at once, until it goes on', async () => {
    await using server = await redisServer()
    const it = kit(kind, server.port)
    await works(it)
    server.pause()
    expect(await took(() => it.store.get('again'))).toBeGreaterThanOrEqual(TIMEOUT - 5)
    await isMissed(it)
    await refusesAtOnce(it)
    server.resume()
    await works(it)
    expect(it.told.map(({ change }) => change)).toEqual(['down', 'up'])
    expect(it.told[0]!.why).toMatch(/did not answer \w+ within 300 ms/)
  })

  it('that hangs under load: what waits for it is bounded in bytes', async () => {
    await using server = await redisServer()
    const it = kit(kind, server.port)
    await works(it)
    server.pause()
    globalThis.gc?.()
    const before = process.memoryUsage().arrayBuffers
    // 100 MB are offered, and as many commands as may wait; 16 MiB may.
    const body = new Uint8Array(100_000)
    await Promise.all(Array.from({ length: 1_000 }, (_, at) => it.store.put(`${at}`, entryOf({ body }), MINUTE)))
    globalThis.gc?.()
    globalThis.gc?.()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 1024 * 1024)
    server.resume()
    await works(it)
  })

  it('H-188 that is killed and started again: works again without a restart of ours', async () => {
    await using server = await redisServer()
    const it = kit(kind, server.port)
    await works(it)
    await server.kill()
    await isMissed(it)
    await refusesAtOnce(it)
    await server.start()
    await works(it)
    // What had been stored is gone with it; the scripts, too.
    expect(await it.store.get('k')).toEqual([])
  })

  it('H-188 that is killed while many wait: all of them hear of it', async () => {
    await using server = await redisServer()
    const it = kit(kind, server.port)
    await works(it)
    server.pause()
    const calls = Array.from({ length: 200 }, () => it.connection.call('HVALS', 'x'))
    const ends = Promise.allSettled(calls)
    await server.kill()
    for (const end of await ends) expect(end.status).toBe('rejected')
  })

  it('H-188 that is still loading: misses, then works', async () => {
    let loading = true
    await using server = await respServer((command) => {
      if (loading) return '-LOADING Redis is loading the dataset in memory\r\n'
      return command[0]!.toUpperCase() === 'HVALS' ? '*0\r\n' : ':0\r\n'
    })
    const it = kit(kind, server.port)
    await isMissed(it)
    expect(it.told[0]).toMatchObject({ change: 'down', why: expect.stringMatching(/^LOADING/) })
    await refusesAtOnce(it)
    loading = false
    await eventually(() => it.connection.up, { timeoutMs: 5_000 })
    expect(await it.connection.call('HVALS', 'x')).toEqual([])
    // Comes back to it in service, too.
    loading = true
    await it.connection.call('HVALS', 'x').catch(() => {})
    expect(it.connection.up).toBe(false)
  })

  it('H-188 that is full: what is there is served, what is new is not kept', async () => {
    await using server = await redisServer('maxmemory-policy noeviction')
    const it = kit(kind, server.port)
    await works(it)
    await server.cli('config', 'set', 'maxmemory', '1')
    expect(await it.store.get('again')).toHaveLength(1)
    await it.store.put('new', entryOf({ tags: ['again'] }), MINUTE)
    await it.store.put('plain', entryOf(), MINUTE)
    expect(await it.store.get('new')).toEqual([])
    expect(it.connection.up).toBe(true)
    expect(it.told).toEqual([{ store: 'redis', change: 'refused', why: expect.stringContaining('OOM') }])
    await server.cli('config', 'set', 'maxmemory', '0')
    await it.store.put('new', entryOf(), MINUTE)
    expect(await it.store.get('new')).toHaveLength(1)
  })

  it('H-188 that has become a replica: what is there is served, and who removes hears that it did not work', async () => {
    await using server = await redisServer()
    const it = kit(kind, server.port)
    await works(it)
    await server.cli('replicaof', '127.0.0.1', String(await freePort()))
    expect(await it.store.get('again')).toHaveLength(1)
    await it.store.put('new', entryOf(), MINUTE)
    expect(await it.store.get('new')).toEqual([])
    await expect(it.store.remove('again')).rejects.toMatchObject({ code: 'ERR_EDGE_STORE' })
    await expect(it.store.purgeTag('again')).rejects.toThrow('READONLY')
    expect(it.connection.up).toBe(true)
    await server.cli('replicaof', 'no', 'one')
    expect(await it.store.purgeTag('again')).toBe(1)
  })

  it('H-188 whose keys somebody else has taken: misses for these, and only these', async () => {
    await using server = await redisServer()
    const it = kit(kind, server.port)
    await works(it)
    await eventually(async () => {
      await it.store.put('k', entryOf(), MINUTE)
      return (await it.store.get('k')).length === 1
    })
    for (const key of (await server.cli('keys', '*cache:{*')).split('\n')) await server.cli('set', key, 'mine')
    expect(await it.store.get('k')).toEqual([])
    await it.store.put('k', entryOf(), MINUTE)
    expect(await it.store.get('k')).toEqual([])
    await it.store.put('other', entryOf(), MINUTE)
    expect(await it.store.get('other')).toHaveLength(1)
    expect(it.told.map(({ change, why }) => [change, why.includes('WRONGTYPE')])).toEqual([['refused', true]])
    await it.store.remove('k')
    await it.store.put('k', entryOf(), MINUTE)
    expect(await it.store.get('k')).toHaveLength(1)
  })

  it('whose scripts are flushed meanwhile: everything is stored all the same', async () => {
    await using server = await redisServer()
    const it = kit(kind, server.port)
    await works(it)
    const puts = Array.from({ length: 40 }, async (_, at) => {
      if (at % 10 === 5) await server.cli('script', 'flush', 'sync')
      await it.store.put(`k${at}`, entryOf({ tags: ['t'] }), MINUTE)
    })
    await Promise.all(puts)
    for (let at = 0; at < 40; at++) expect([at, (await it.store.get(`k${at}`)).length]).toEqual([at, 1])
    await server.cli('script', 'flush', 'sync')
    expect(await it.store.purgeTag('t')).toBe(40)
    expect(it.told).toEqual([])
  })
})
