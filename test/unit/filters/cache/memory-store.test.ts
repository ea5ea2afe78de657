import { EdgeError, type MemoryStoreOptions, memoryStore, toHeaders } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entryOf, plain, variantsOf } from '../../../integration/stores/entries.js'

const MINUTE = 60_000
const body = (length: number): Uint8Array => new Uint8Array(length)

describe('memoryStore', () => {
  it('H-182 never holds more than maxBytes: headers, keys and tags count as bodies do', () => {
    const store = memoryStore({ maxBytes: 500_000 })
    for (let at = 0; at < 1_000; at++) {
      const headers = toHeaders({ 'x-long': String(at).repeat(200) })
      store.put(`k${at}`.repeat(50), entryOf({ headers, tags: [`t${at}`] }), MINUTE)
      expect(store.bytes).toBeLessThanOrEqual(500_000)
    }
    expect(store.slots).toBeGreaterThan(50)
    expect(store.slots).toBeLessThan(300)
    expect(store.tags).toBe(store.slots)
  })

  it('H-201 holds no more however many keys, variants and fields a client makes up, numbers included', () => {
    const store = memoryStore({ maxBytes: 2_000_000, maxVariants: 4 })
    for (let at = 0; at < 100_000; at++) {
      const made = String(at)
      store.put(made, entryOf({ variant: made, selecting: toHeaders({ [made]: made }), tags: [made] }), MINUTE)
      store.put('one', entryOf({ variant: made, tags: [made] }), MINUTE)
    }
    expect(store.bytes).toBeLessThanOrEqual(2_000_000)
    expect(store.slots).toBeLessThan(2_000)
    expect(store.tags).toBeLessThan(2_004)
    expect(store.get('one')).toHaveLength(4)
  })

  it('lets the least recently used go first', () => {
    const store = memoryStore({ maxBytes: 30_000 })
    for (const key of ['a', 'b', 'c']) store.put(key, entryOf({ body: body(7_000) }), MINUTE)
    store.get('a')
    store.put('d', entryOf({ body: body(7_000) }), MINUTE)
    expect(['a', 'b', 'c', 'd'].filter((key) => store.get(key).length > 0)).toEqual(['a', 'c', 'd'])
  })

  it('H-182 does not keep what is larger than maxEntryBytes, nor what was in its place', () => {
    const store = memoryStore({ maxBytes: 1_000_000, maxEntryBytes: 10_000 })
    store.put('k', entryOf({ tags: ['t'] }), MINUTE)
    store.put('k', entryOf({ body: body(10_000), tags: ['t'] }), MINUTE)
    expect(store.get('k')).toEqual([])
    expect([store.bytes, store.slots, store.tags]).toEqual([0, 0, 0])
    store.put('k'.repeat(9_000), entryOf(), MINUTE)
    expect(store.slots).toBe(0)
  })

  it('H-182 drops old variants of a slot that would be larger than the store', () => {
    const store = memoryStore({ maxBytes: 20_000 })
    for (const variant of ['a', 'b', 'c'])
      store.put('k', entryOf({ variant, body: body(7_000), tags: [variant] }), MINUTE)
    expect(variantsOf(store.get('k'))).toEqual(['b', 'c'])
    expect(store.tags).toBe(2)
    expect(store.bytes).toBeLessThanOrEqual(20_000)
  })

  it('expires each variant by its own time, and counts no dead one as purged', () => {
    let now = 0
    const store = memoryStore({ maxBytes: 1_000_000, now: () => now })
    store.put('k', entryOf({ variant: 'a', tags: ['t'] }), 100)
    store.put('k', entryOf({ variant: 'b', tags: ['t'] }), 200)
    now = 100
    expect(variantsOf(store.get('k'))).toEqual(['b'])
    store.put('k', entryOf({ variant: 'c', tags: ['t'] }), 50)
    now = 150
    expect(store.purgeTag('t')).toBe(1)
    expect([store.bytes, store.slots, store.tags]).toEqual([0, 0, 0])
  })

  it('answers with the same list while nothing changes, and leaves lists alone that it gave away', () => {
    const store = memoryStore({ maxBytes: 1_000_000 })
    store.put('k', entryOf({ variant: 'a' }), MINUTE)
    const before = store.get('k')
    expect(store.get('k')).toBe(before)
    store.put('k', entryOf({ variant: 'b' }), MINUTE)
    store.remove('k', 'a')
    expect(variantsOf(before)).toEqual(['a'])
    expect(Object.isFrozen(store.get('nobody'))).toBe(true)
  })

  it.each<[unknown, string]>([
    [{}, 'maxBytes'],
    [{ maxBytes: 0 }, 'maxBytes'],
    [{ maxBytes: Number.NaN }, 'maxBytes'],
    [{ maxBytes: 1.5 }, 'maxBytes'],
    [{ maxBytes: 10, maxEntryBytes: -1 }, 'maxEntryBytes'],
    [{ maxBytes: 10, maxVariants: 0 }, 'maxVariants'],
    [{ maxBytes: 10, now: 5 }, 'now'],
    [{ maxByte: 10 }, 'Did you mean "maxBytes"'],
    [null, 'options'],
  ])('refuses the options %j', (options, named) => {
    expect(() => memoryStore(options as MemoryStoreOptions)).toThrow(EdgeError)
    expect(() => memoryStore(options as MemoryStoreOptions)).toThrow(named)
  })
})

type Step =
  | {
      readonly do: 'put'
      readonly key: string
      readonly variant: string
      readonly tags: string[]
      readonly keepMs: number
      readonly size: number
    }
  | { readonly do: 'remove'; readonly key: string; readonly variant: string | undefined }
  | { readonly do: 'purge'; readonly tag: string }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'get'; readonly key: string }

const word = fc.constantFrom('a', 'b', 'c', 'd')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('put' as const),
    key: word,
    variant: word,
    tags: fc.array(word, { maxLength: 3 }),
    keepMs: fc.integer({ min: -5, max: 100 }),
    size: fc.integer({ min: 0, max: 3_000 }),
  }),
  fc.record({ do: fc.constant('remove' as const), key: word, variant: fc.option(word, { nil: undefined }) }),
  fc.record({ do: fc.constant('purge' as const), tag: word }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ do: fc.constant('get' as const), key: word }),
)

describe('any sequence of steps', () => {
  it('leaves what a plain map would hold, and bytes and tags that fit it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now = 0
        const store = memoryStore({ maxBytes: 10_000_000, maxVariants: 3, now: () => now })
        let model: {
          key: string
          variant: string
          tags: string[]
          until: number
          entry: ReturnType<typeof entryOf>
        }[] = []
        for (const each of steps) {
          model = model.filter(({ until }) => until > now)
          if (each.do === 'wait') now += each.ms
          else if (each.do === 'put') {
            const { key, variant, tags, keepMs, size } = each
            const entry = entryOf({ variant, tags, body: body(size) })
            store.put(key, entry, keepMs)
            model = model.filter((item) => !(item.key === key && item.variant === variant))
            if (keepMs > 0) model.push({ key, variant, tags, until: now + keepMs, entry })
            const mine = model.filter((item) => item.key === key)
            if (mine.length > 3) model.splice(model.indexOf(mine[0]!), 1)
          } else if (each.do === 'remove') {
            store.remove(each.key, each.variant)
            model = model.filter(({ key, variant }) => key !== each.key || variant !== (each.variant ?? variant))
          } else if (each.do === 'purge') {
            const hit = model.filter(({ tags }) => tags.includes(each.tag))
            expect(store.purgeTag(each.tag)).toBe(hit.length)
            model = model.filter((item) => !hit.includes(item))
          }
          const key = 'key' in each ? each.key : 'a'
          const expected = model.filter((item) => item.key === key && item.until > now)
          expect(store.get(key).map(plain)).toEqual(expected.map(({ entry }) => plain(entry)))
        }
        now += 1_000
        for (const key of ['a', 'b', 'c', 'd']) expect(store.get(key)).toEqual([])
        expect([store.bytes, store.slots, store.tags]).toEqual([0, 0, 0])
      }),
      { numRuns: 300 },
    )
  })

  it('H-182 stays within bounds when there is room for little', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const store = memoryStore({ maxBytes: 9_000, maxVariants: 3, now: () => 0 })
        for (const each of steps) {
          if (each.do !== 'put') continue
          store.put(each.key, entryOf({ ...each, body: body(each.size) }), 1 + each.keepMs)
          expect(store.bytes).toBeLessThanOrEqual(9_000)
          const left = ['a', 'b', 'c', 'd'].flatMap((key) => store.get(key))
          expect(store.tags).toBe(new Set(left.flatMap(({ tags }) => tags)).size)
        }
      }),
      { numRuns: 200 },
    )
  })
})
