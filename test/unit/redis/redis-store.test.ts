import { EdgeError } from 'edgewise'
import { type RedisConnection, type RedisStoreOptions, redisStore } from 'edgewise/redis'
import { describe, expect, it } from 'vitest'
import { PUT, TAKE } from '../../../src/redis/store-scripts.js'
import { entryOf } from '../../integration/stores/entries.js'

type Sent = readonly [script: string, keys: readonly string[], args: readonly unknown[]]

/** A connection that takes everything and answers nothing of use. */
function kit(fails = false): { connection: RedisConnection; sent: Sent[] } {
  const sent: Sent[] = []
  const answer = async (...each: Sent): Promise<null> => {
    sent.push(each)
    if (fails) throw new EdgeError('ERR_EDGE_STORE', 'down')
    return null
  }
  const connection: RedisConnection = {
    name: 'redis',
    keyPrefix: 'p:',
    up: true,
    cluster: false,
    refusal: () => new EdgeError('ERR_EDGE_STORE', 'refused'),
    call: (command, key, ...args) => answer(command, [key], args),
    run: ({ lua }, keys, args) => answer(lua, keys, args),
    async *keys(prefix) {
      await answer('SCAN', [prefix], [])
      yield []
    },
    close() {},
  }
  return { connection, sent }
}

describe('redisStore', () => {
  it('H-188 finds nothing and keeps nothing while Redis fails; who removes is told', async () => {
    const store = redisStore(kit(true).connection)
    expect(await store.get('k')).toEqual([])
    await store.put('k', entryOf({ tags: ['t'] }), 1_000)
    await store.put('k', entryOf(), 0)
    for (const work of [store.remove('k'), store.remove('k', 'v'), store.purgeTag('t'), store.clear()])
      await expect(work).rejects.toMatchObject({ code: 'ERR_EDGE_STORE' })
  })

  it('takes an answer that is no list for a miss', async () => {
    expect(await redisStore(kit().connection).get('k')).toEqual([])
  })

  it('gives keys of one length, whatever the URL, with the braces that choose the node its own', async () => {
    const { connection, sent } = kit()
    const store = redisStore(connection, { name: 'pages' })
    for (const key of ['', 'https://example.com/{a}/{b}', 'x'.repeat(100_000), '\u0000*']) await store.get(key)
    const keys = sent.map(([, [key]]) => key!)
    for (const key of keys) expect(key).toMatch(/^p:pages:\{[\w-]{43}\}$/)
    expect(new Set(keys).size).toBe(4)
  })

  it('sends a time that Redis takes: whole, and no longer than a year', async () => {
    const { connection, sent } = kit()
    const store = redisStore(connection)
    for (const keepMs of [0.2, 1_234.5, 1e300, Number.POSITIVE_INFINITY]) await store.put('k', entryOf(), keepMs)
    expect(sent.map(([, , args]) => args[3])).toEqual(['1', '1235', '31536000000', '31536000000'])
  })

  it.each([
    ['too large', entryOf({ body: new Uint8Array(1_001) }), 1_000],
    ['too large with its head', entryOf({ body: new Uint8Array(900) }), 1_000],
    ['of no use', entryOf(), 0],
    ['of no use for lack of a time', entryOf(), Number.NaN],
  ])('takes the old variant out when the new one is %s', async (_what, entry, keepMs) => {
    const { connection, sent } = kit()
    await redisStore(connection, { maxEntryBytes: 1_000 }).put('k', entry, keepMs)
    expect(sent.map(([script]) => script)).toEqual([TAKE.lua])
  })

  it('does not store what it could not file under its tags: no purge would find it', async () => {
    const { connection, sent } = kit(true)
    await redisStore(connection).put('k', entryOf({ tags: ['a', 'b'] }), 1_000)
    expect(sent).toHaveLength(2)
    expect(sent.map(([script]) => script)).not.toContain(PUT.lua)
  })

  it.each<[unknown, string]>([
    [{ maxEntryBytes: 0 }, 'maxEntryBytes'],
    [{ maxVariants: 0 }, 'maxVariants'],
    [{ name: '' }, 'name'],
    [{ prefix: 'x' }, 'unknown option "prefix"'],
  ])('refuses the options %j', (options, named) => {
    expect(() => redisStore(kit().connection, options as RedisStoreOptions)).toThrow(named)
  })

  it('refuses a client in the place of a connection', () => {
    for (const client of [undefined, {}, { callBuffer() {} }])
      expect(() => redisStore(client as never)).toThrow('what redisConnection() returns')
  })
})
