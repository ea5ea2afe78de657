import type { CacheStore } from 'edgewise'
import { toHeaders } from 'edgewise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../support/index.js'
import { entryOf, plain, variantsOf } from './entries.js'

/** How a suite gets at one kind of store. */
export interface StoreHarness {
  /** A fresh, empty store whose slots hold 4 variants. */
  make(): CacheStore
  close?(): Promise<void>
}

const MINUTE = 60_000

/** What every store promises to a cache. */
export function storeContract(name: string, open: () => Promise<StoreHarness> | StoreHarness): void {
  describe(`the store ${name}`, () => {
    let harness: StoreHarness
    beforeAll(async () => {
      harness = await open()
    }, 30_000)
    afterAll(async () => {
      await harness?.close?.()
    })

    it('has nothing for a key that it does not know', async () => {
      const store = harness.make()
      expect(await store.get('nobody')).toEqual([])
      await store.remove('nobody')
      await store.remove('nobody', 'x')
      expect(await store.purgeTag('nobody')).toBe(0)
    })

    it('gives back every part of an entry as it was put, and every byte of its body', async () => {
      const store = harness.make()
      const body = Uint8Array.from({ length: 70_000 }, (_, at) => at % 251)
      const entry = entryOf({
        variant: 'gzip ü',
        vary: ['accept-encoding', 'x-absent', 'x-empty'],
        selecting: toHeaders({ 'accept-encoding': 'gzip', 'x-empty': '' }),
        status: 206,
        headers: toHeaders({ link: ['<a>; rel=x', '<b>; rel=y'], etag: '"ü\u00ff"', 'x-empty': '' }),
        body,
        part: { first: 10, last: 70_009, total: null },
        tags: ['a', 'b c', 'ü'],
      })
      await store.put('https://example.com/ü?a=1&b={2}', entry, MINUTE)
      const [got, ...more] = await store.get('https://example.com/ü?a=1&b={2}')
      expect(more).toEqual([])
      expect(plain(got!)).toEqual(plain(entry))
      await store.put('part', entryOf({ part: { first: 0, last: 4, total: 9 }, body: new Uint8Array(0) }), MINUTE)
      expect((await store.get('part'))[0]).toMatchObject({ part: { first: 0, last: 4, total: 9 } })
    })

    it('keeps an empty body, and one that is not a copy of its own whole', async () => {
      const store = harness.make()
      await store.put('empty', entryOf({ body: new Uint8Array(0) }), MINUTE)
      expect((await store.get('empty'))[0]!.body.byteLength).toBe(0)
      const slab = Buffer.alloc(64 * 1024, 'x')
      slab.write('slice', 1000)
      await store.put('slice', entryOf({ body: slab.subarray(1000, 1005) }), MINUTE)
      const { body } = (await store.get('slice'))[0]!
      expect(Buffer.from(body).toString()).toBe('slice')
    })

    it('H-182 gives bodies that pin no more memory than they have', async () => {
      const store = harness.make()
      await store.put('slice', entryOf({ body: Buffer.alloc(64 * 1024).subarray(9, 19) }), MINUTE)
      await store.put('pooled', entryOf({ body: Buffer.from('0123456789') }), MINUTE)
      const keys = ['slice', 'pooled', ...Array.from({ length: 60 }, (_, at) => `k${at}`)]
      const headers = toHeaders({ 'x-long': 'y'.repeat(1_000) })
      for (const key of keys.slice(2)) await store.put(key, entryOf({ headers, body: new Uint8Array(10) }), MINUTE)
      // Together, so that many answers of a store elsewhere come in one piece.
      for (const [{ body } = entryOf()] of await Promise.all(keys.map((key) => store.get(key)))) {
        expect(body.byteLength).toBe(10)
        expect(body.buffer.byteLength).toBeLessThanOrEqual(1_024)
      }
    })

    it('puts an entry in the place of the variant of the same name, and of no other', async () => {
      const store = harness.make()
      await store.put('k', entryOf({ variant: 'a', status: 200 }), MINUTE)
      await store.put('k', entryOf({ variant: 'b', status: 200 }), MINUTE)
      await store.put('k', entryOf({ variant: 'a', status: 404 }), MINUTE)
      const entries = await store.get('k')
      expect(variantsOf(entries)).toEqual(['a', 'b'])
      expect(entries.find(({ variant }) => variant === 'a')!.status).toBe(404)
      expect(entries.find(({ variant }) => variant === 'b')!.status).toBe(200)
    })

    it('H-202 lets the oldest go past its number of variants, however many a client makes up', async () => {
      const store = harness.make()
      for (let at = 0; at < 12; at++) await store.put('k', entryOf({ variant: `v${at}` }), MINUTE)
      // Put anew, it is the youngest.
      await store.put('k', entryOf({ variant: 'v8' }), MINUTE)
      await store.put('k', entryOf({ variant: 'v12' }), MINUTE)
      expect(variantsOf(await store.get('k'))).toEqual(['v10', 'v11', 'v12', 'v8'])
    })

    it('forgets an entry after its time, each variant by its own', async () => {
      const store = harness.make()
      await store.put('k', entryOf({ variant: 'long' }), MINUTE)
      await store.put('k', entryOf({ variant: 'short' }), 300)
      expect(variantsOf(await store.get('k'))).toEqual(['long', 'short'])
      await eventually(async () => variantsOf(await store.get('k')).join() === 'long')
      await store.put('gone', entryOf({ tags: ['t'] }), 50)
      await eventually(async () => (await store.get('gone')).length === 0)
      // A store elsewhere may have it for a moment longer, by its own clock.
      await eventually(async () => (await store.purgeTag('t')) === 0)
    })

    it('keeps nothing that is of no use: a time of zero or less removes the variant', async () => {
      const store = harness.make()
      await store.put('k', entryOf(), MINUTE)
      await store.put('k', entryOf(), 0)
      expect(await store.get('k')).toEqual([])
      await store.put('k', entryOf(), -5)
      expect(await store.get('k')).toEqual([])
    })

    it('takes any length of time, fractions included', async () => {
      const store = harness.make()
      for (const keepMs of [0.25, 1234.5]) await store.put('k', entryOf(), keepMs)
      for (const keepMs of [1e15, Number.MAX_VALUE, Number.POSITIVE_INFINITY]) {
        await store.put(`k${keepMs}`, entryOf(), keepMs)
        expect(await store.get(`k${keepMs}`)).toHaveLength(1)
      }
    })

    it('removes one variant, or the whole slot', async () => {
      const store = harness.make()
      for (const variant of ['a', 'b', 'c']) await store.put('k', entryOf({ variant }), MINUTE)
      await store.remove('k', 'b')
      expect(variantsOf(await store.get('k'))).toEqual(['a', 'c'])
      await store.remove('k')
      expect(await store.get('k')).toEqual([])
    })

    it('purges by tag whatever has it, in all slots, and says how many went', async () => {
      const store = harness.make()
      await store.put('1', entryOf({ variant: 'a', tags: ['news', 'de'] }), MINUTE)
      await store.put('1', entryOf({ variant: 'b', tags: ['news'] }), MINUTE)
      await store.put('2', entryOf({ tags: ['news', 'news'] }), MINUTE)
      await store.put('3', entryOf({ tags: ['sport', 'de'] }), MINUTE)
      expect(await store.purgeTag('news')).toBe(3)
      expect(await store.get('1')).toEqual([])
      expect(await store.get('2')).toEqual([])
      expect(await store.get('3')).toHaveLength(1)
      expect(await store.purgeTag('news')).toBe(0)
      expect(await store.purgeTag('de')).toBe(1)
      expect(await store.get('3')).toEqual([])
    })

    it('purges by the tags that an entry has now, not by those of one before it', async () => {
      const store = harness.make()
      await store.put('k', entryOf({ tags: ['old'] }), MINUTE)
      await store.put('k', entryOf({ tags: ['new'] }), MINUTE)
      expect(await store.purgeTag('old')).toBe(0)
      expect(await store.get('k')).toHaveLength(1)
      expect(await store.purgeTag('new')).toBe(1)
    })

    it('takes names of Object.prototype, and any other text, as names like any other', async () => {
      const store = harness.make()
      const names = ['__proto__', 'constructor', 'toString', '', ' ', '*', '{x}', '\u0000', 'a\r\nb']
      for (const name of names) {
        await store.put(
          name,
          entryOf({ variant: name, tags: [name], headers: toHeaders({ etag: encodeURIComponent(name) }) }),
          MINUTE,
        )
      }
      for (const name of names) {
        const entries = await store.get(name)
        expect([name, variantsOf(entries)]).toEqual([name, [name]])
        expect(entries[0]!.headers['etag']).toBe(encodeURIComponent(name))
        expect([name, await store.purgeTag(name)]).toEqual([name, 1])
      }
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
      expect(Object.keys(Object.prototype)).toEqual([])
    })

    it('clears everything', async () => {
      const store = harness.make()
      for (let at = 0; at < 50; at++) await store.put(`k${at}`, entryOf({ tags: ['t', `t${at}`] }), MINUTE)
      await store.clear()
      for (let at = 0; at < 50; at++) expect(await store.get(`k${at}`)).toEqual([])
      expect(await store.purgeTag('t')).toBe(0)
    })
  })
}
