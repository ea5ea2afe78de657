import { type CacheEntry, type CacheStore, memoryStore, type TieredStoreOptions, tieredStore } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { entryOf, variantsOf } from '../../../integration/stores/entries.js'
import { eventually } from '../../../support/index.js'

const MINUTE = 60_000

/** A store elsewhere whose answers leave when the test says. */
function remote(): { store: CacheStore; asked: string[]; inner: ReturnType<typeof memoryStore>; hold(): () => void } {
  const inner = memoryStore({ maxBytes: 10_000_000, maxVariants: 20 })
  const asked: string[] = []
  let gate: Promise<void> = Promise.resolve()
  const store: CacheStore = {
    async get(key) {
      asked.push(key)
      const found = inner.get(key)
      await gate
      return found
    },
    put: async (key, entry, keepMs) => inner.put(key, entry, keepMs),
    remove: async (key, variant) => inner.remove(key, variant),
    purgeTag: async (tag) => inner.purgeTag(tag),
    clear: async () => inner.clear(),
  }
  const hold = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    return resolve
  }
  return { store, asked, inner, hold }
}

function kit(options: Partial<TieredStoreOptions> = {}) {
  const behind = remote()
  const front = memoryStore({ maxBytes: 1_000_000 })
  const store = tieredStore({ front, behind: behind.store, ...options })
  return { ...behind, front, store }
}

describe('tieredStore', () => {
  it('asks behind once, then answers from memory, at once', async () => {
    const { store, asked, inner } = kit()
    inner.put('k', entryOf({ variant: 'a' }), MINUTE)
    inner.put('k', entryOf({ variant: 'b' }), MINUTE)
    expect(variantsOf(await store.get('k'))).toEqual(['a', 'b'])
    const again = store.get('k')
    expect(again).not.toBeInstanceOf(Promise)
    expect(variantsOf(again as readonly CacheEntry[])).toEqual(['a', 'b'])
    expect(asked).toEqual(['k'])
  })

  it('makes one question of many that come at once, for an empty slot, too', async () => {
    const { store, asked, inner } = kit()
    inner.put('k', entryOf(), MINUTE)
    const all = await Promise.all(Array.from({ length: 50 }, (_, at) => store.get(at % 2 === 0 ? 'k' : 'none')))
    expect(all.map((entries) => entries.length)).toEqual(Array.from({ length: 50 }, (_, at) => 1 - (at % 2)))
    expect(asked.toSorted()).toEqual(['k', 'none'])
    await store.get('none')
    expect(asked).toHaveLength(3)
  })

  it('sees what another process has changed once frontMs have passed', async () => {
    const { store, inner } = kit({ frontMs: 20 })
    inner.put('k', entryOf({ status: 200 }), MINUTE)
    await store.get('k')
    inner.put('k', entryOf({ status: 404 }), MINUTE)
    await eventually(async () => (await store.get('k'))[0]!.status === 404)
  })

  it.each<[string, (store: CacheStore) => unknown, number]>([
    ['put', (store) => store.put('k', entryOf({ status: 404, tags: ['t'] }), MINUTE), 1],
    ['remove', (store) => store.remove('k'), 0],
    ['purge', (store) => store.purgeTag('t'), 0],
    ['clear', (store) => store.clear(), 0],
  ])(
    'never serves what was there before its own %s, also if it was just being fetched',
    async (_what, change, left) => {
      const { store, asked, inner, hold } = kit()
      inner.put('k', entryOf({ tags: ['t'] }), MINUTE)
      // In front already:
      await store.get('k')
      await change(store)
      expect((await store.get('k')).map(({ status }) => status)).toEqual(left === 1 ? [404] : [])
      // On its way:
      await store.clear()
      inner.put('k', entryOf({ tags: ['t'] }), MINUTE)
      const release = hold()
      asked.length = 0
      const fetching = store.get('k')
      await eventually(() => asked.length === 1)
      await change(store)
      release()
      expect(await fetching).toHaveLength(1)
      expect((await store.get('k')).map(({ status }) => status)).toEqual(left === 1 ? [404] : [])
    },
  )

  it('has a slot in front as a whole, or not at all', async () => {
    const { store, inner, front } = kit({ front: memoryStore({ maxBytes: 1_000_000, maxEntryBytes: 5_000 }) })
    inner.put('large', entryOf({ variant: 'a' }), MINUTE)
    inner.put('large', entryOf({ variant: 'b', body: new Uint8Array(9_000) }), MINUTE)
    for (let at = 0; at < 12; at++) inner.put('many', entryOf({ variant: `v${at}` }), MINUTE)
    for (let turn = 0; turn < 3; turn++) {
      expect(await store.get('large')).toHaveLength(2)
      expect(await store.get('many')).toHaveLength(12)
    }
    expect(front.slots).toBe(0)
  })

  it('passes on what fails behind, and asks anew after it', async () => {
    let fails = true
    const behind: CacheStore = {
      ...remote().store,
      get: async () => (fails ? Promise.reject(new Error('down')) : [entryOf()]),
      purgeTag: () => Promise.reject(new Error('down')),
    }
    const { store } = kit({ behind })
    await expect(Promise.all([store.get('k'), store.get('k')])).rejects.toThrow('down')
    await expect(store.purgeTag('t')).rejects.toThrow('down')
    fails = false
    expect(await store.get('k')).toHaveLength(1)
  })

  it('works over a store that answers at once', async () => {
    const store = tieredStore({
      front: memoryStore({ maxBytes: 1_000_000 }),
      behind: memoryStore({ maxBytes: 1_000_000 }),
    })
    await store.put('k', entryOf(), MINUTE)
    expect(await store.get('k')).toHaveLength(1)
    expect(store.get('k')).not.toBeInstanceOf(Promise)
    await store.close?.()
  })

  it.each<[unknown, string]>([
    [{}, 'front'],
    [{ front: memoryStore({ maxBytes: 1 }) }, 'behind'],
    [{ front: memoryStore({ maxBytes: 1 }), behind: remote().store, frontMs: 0 }, 'frontMs'],
  ])('refuses the options %#', (options, named) => {
    expect(() => tieredStore(options as TieredStoreOptions)).toThrow(named)
  })
})
