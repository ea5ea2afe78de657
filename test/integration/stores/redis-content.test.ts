import { redisConnection, redisScript, redisStore } from 'edgewise/redis'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually, installed } from '../../support/index.js'
import { entryOf, variantsOf } from './entries.js'
import { CLIENTS } from './redis-clients.js'
import { type RedisCluster, type RedisServer, redisCluster, redisServer } from './redis-server.js'

const MINUTE = 60_000
const PATIENT = { timeoutMs: 5_000 }

describe.skipIf(!installed('redis-server'))('what is in Redis', () => {
  let server: RedisServer
  let admin: Redis
  beforeAll(async () => {
    server = await redisServer()
    admin = new Redis({ port: server.port, host: '127.0.0.1' })
  })
  beforeEach(async () => {
    await admin.flushall()
  })
  afterAll(async () => {
    admin?.disconnect()
    await server?.close()
  })

  const connection = (): ReturnType<typeof redisConnection> => redisConnection(admin, PATIENT)

  it('is one key for each slot and one for each tag, and each has an end', async () => {
    const store = redisStore(connection())
    for (let at = 0; at < 20; at++)
      await store.put(`k${at % 7}`, entryOf({ variant: `v${at}`, tags: [`t${at % 3}`] }), MINUTE + at)
    const keys = (await admin.keys('*')).sort()
    expect(keys.filter((key) => /^edgewise:cache:\{[\w-]{43}\}$/.test(key))).toHaveLength(7)
    expect(keys.filter((key) => /^edgewise:cache:tag:\{[\w-]{43}\}$/.test(key))).toHaveLength(3)
    expect(keys).toHaveLength(10)
    for (const key of keys) {
      const left = await admin.pttl(key)
      expect(left).toBeGreaterThan(MINUTE / 2)
      expect(left).toBeLessThanOrEqual(MINUTE + 20)
    }
  })

  it('lives as long as its longest variant, however short the last one', async () => {
    const store = redisStore(connection())
    await store.put('k', entryOf({ variant: 'long', tags: ['t'] }), MINUTE)
    await store.put('k', entryOf({ variant: 'short', tags: ['t'] }), 10)
    for (const key of await admin.keys('*')) expect(await admin.pttl(key)).toBeGreaterThan(MINUTE / 2)
  })

  it('H-188 is skipped where it is damaged, cut off, of another version, or somebody else’s; the rest is served', async () => {
    const store = redisStore(connection())
    for (const variant of ['a', 'b', 'c', 'd', 'e']) await store.put('k', entryOf({ variant }), MINUTE)
    const [key] = await admin.keys('*')
    const fields = await admin.hgetallBuffer(key!)
    const [a, b, c, d] = Object.keys(fields).sort() as [string, string, string, string]
    const flipped = Buffer.from(fields[a]!)
    flipped[flipped.length - 1]! ^= 1
    const newer = Buffer.from(fields[c]!)
    newer[2]! += 1
    await admin.hset(key!, a, flipped, b, fields[b]!.subarray(0, 50), c, newer, d, '{"status":200}', 'x', '')
    expect(variantsOf(await store.get('k'))).toEqual(['e'])
    // Put anew, they are whole again.
    await store.put('k', entryOf({ variant: 'a' }), MINUTE)
    expect(variantsOf(await store.get('k'))).toEqual(['a', 'e'])
  })

  it('holds no more variants than it was told, also when fifty come at once', async () => {
    const store = redisStore(connection(), { maxVariants: 5 })
    await Promise.all(Array.from({ length: 50 }, (_, at) => store.put('k', entryOf({ variant: `v${at}` }), MINUTE)))
    expect(await store.get('k')).toHaveLength(5)
  })

  it('files an entry under a tag once, however often it is renewed, and forgets those past their time', async () => {
    const store = redisStore(connection())
    await store.put('k', entryOf({ tags: ['t'] }), MINUTE)
    await store.put('gone', entryOf({ tags: ['t'] }), 1)
    await eventually(async () => (await store.get('gone')).length === 0)
    for (let at = 0; at < 30; at++) await store.put('k', entryOf({ tags: ['t'], status: 200 + at }), MINUTE + at)
    const [tag] = (await admin.keys('*tag:*')) as [string]
    expect(await admin.zcard(tag)).toBe(1)
  })

  it('keeps apart what has different names or prefixes, and clears only its own', async () => {
    await admin.set('somebody:else', 'x')
    const [one, two] = [redisStore(connection()), redisStore(connection(), { name: 'c*che' })]
    const other = redisStore(redisConnection(admin, { ...PATIENT, keyPrefix: 'app[1]:' }))
    const all = [one, two, other]
    for (const store of all) {
      for (let at = 0; at < 300; at++) await store.put(`k${at}`, entryOf({ tags: ['t'] }), MINUTE)
    }
    for (const [at, store] of all.entries()) {
      await store.clear()
      for (const [index, each] of all.entries()) expect((await each.get('k299')).length).toBe(index <= at ? 0 : 1)
    }
    expect(await admin.get('somebody:else')).toBe('x')
    expect((await admin.keys('*')).filter((key) => !key.includes('tag:'))).toEqual(['somebody:else'])
  })

  it('is purged by a tag with thousands of entries', async () => {
    const store = redisStore(connection())
    const put = (at: number): Promise<void> => store.put(`k${at}`, entryOf({ tags: ['t'] }), MINUTE)
    for (let from = 0; from < 3_000; from += 500)
      await Promise.all(Array.from({ length: 500 }, (_, index) => put(from + index)))
    expect(await store.purgeTag('t')).toBe(3_000)
    expect(await store.get('k0')).toEqual([])
    // Purged, an entry that comes again is found again.
    await put(7)
    expect(await store.purgeTag('t')).toBe(1)
  })
})

describe.skipIf(!installed('redis-server'))('a connection', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await redisCluster()
  }, 30_000)
  afterAll(async () => {
    await cluster?.close()
  })
  const open: (() => void)[] = []
  afterEach(() => {
    for (const close of open.splice(0)) close()
  })

  it.each(CLIENTS)('over $name leaves the client open: it is the application’s', async ({ alone }) => {
    await using server = await redisServer()
    const { client, close } = alone(server.port)
    open.push(close)
    const connection = redisConnection(client, PATIENT)
    expect(await connection.call('SET', 'k', Buffer.from([0xff, 0x00]))).toSatisfy((reply) => String(reply) === 'OK')
    connection.close()
    const again = redisConnection(client, PATIENT)
    expect(await again.call('GET', 'k')).toEqual(Buffer.from([0xff, 0x00]))
    again.close()
  })

  it.each(CLIENTS)(
    'over $name runs a script whole for fifty at a time, also when scripts are flushed meanwhile',
    async ({ alone }) => {
      // Admits a number of callers: what a limit does, in one step with the key's end.
      const admit = redisScript(`
      local count = redis.call('INCR', KEYS[1])
      if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
      return count <= tonumber(ARGV[1]) and 1 or 0`)
      await using server = await redisServer()
      const connections = Array.from({ length: 5 }, () => {
        const { client, close } = alone(server.port)
        open.push(close)
        return redisConnection(client, PATIENT)
      })
      const answers = await Promise.all(
        Array.from({ length: 50 }, async (_, at) => {
          if (at % 10 === 9) await server.cli('script', 'flush', 'sync')
          return connections[at % 5]!.run(admit, ['limit'], ['20', '60000'])
        }),
      )
      expect(answers.filter((answer) => answer === 1)).toHaveLength(20)
      expect(Number(await server.cli('pttl', 'limit'))).toBeGreaterThan(0)
    },
  )

  it.each(CLIENTS)('over $name finds the keys of all nodes of a cluster, purges and clears on all', async (kind) => {
    const { client, close } = kind.cluster(cluster.ports)
    open.push(close)
    const connection = redisConnection(client, PATIENT)
    const store = redisStore(connection)
    for (let at = 0; at < 60; at++) await store.put(`k${at}`, entryOf({ tags: ['t'] }), MINUTE)
    for (const node of cluster.nodes) expect(Number(await node.cli('dbsize'))).toBeGreaterThan(5)
    let found = 0
    for await (const keys of connection.keys('edgewise:cache:{')) found += keys.length
    expect(found).toBe(60)
    expect(await store.purgeTag('t')).toBe(60)
    for (let at = 0; at < 60; at++) await store.put(`k${at}`, entryOf(), MINUTE)
    await store.clear()
    for (let at = 0; at < 60; at++) expect(await store.get(`k${at}`)).toEqual([])
  })
})
