import { type CacheOptions, cache, memoryStore } from 'edgewise'
import { describe, expect, it } from 'vitest'

describe('cache()', () => {
  it.each<[string, unknown, RegExp]>([
    ['maxEntryByte', 5, /unknown option "maxEntryByte". Did you mean "maxEntryBytes"/],
    ['maxEntryBytes', -1, /"maxEntryBytes" is -1; allowed: a whole number/],
    ['maxEntryBytes', Number.NaN, /"maxEntryBytes" is NaN/],
    ['setCookie', true, /"setCookie" is true; allowed: 'refuse', 'strip', 'store'/],
    ['heuristics', 1, /true or false/],
    ['lifetimesMs', { 404: -1 }, /whole milliseconds by status/],
    ['lifetimesMs', { 99: 1 }, /whole milliseconds by status/],
    ['lifetimesMs', 5, /an object/],
    ['targetedFields', ['a b'], /an array of field names/],
    ['keepStaleMs', 1.5, /whole milliseconds/],
    ['collapseWaitMs', -1, /whole milliseconds/],
    ['storeTimeoutMs', 0, /whole milliseconds/],
    ['cacheStatus', 'a"b', /printable ASCII/],
    ['cacheStatus', true, /printable ASCII/],
    ['bypass', /x/, /a function/],
    ['tags', 'x', /a function/],
    ['now', 5, /a function/],
    ['store', {}, /an object with get\(\)/],
    ['store', { get() {}, put() {}, remove() {}, purgeTag() {} }, /an object with clear\(\)/],
    ['key', { query: true }, /cache key: unknown option "query"/],
    ['key', { headers: ['a:b'] }, /an array of field names/],
    ['key', { includeQuery: ['a'], excludeQuery: ['b'] }, /only one of includeQuery and excludeQuery/],
  ])('refuses %s: %j', (name, value, message) =>
    expect(() => cache({ [name]: value } as CacheOptions)).toThrow(message),
  )

  it('is a store that needs the reply’s body', () => {
    const { filterName, stage, needsReplyBody } = cache()
    expect({ filterName, stage, needsReplyBody }).toEqual({ filterName: 'cache', stage: 'store', needsReplyBody: true })
  })

  it('closes only a store that it made itself', async () => {
    const calls: string[] = []
    const store = { ...memoryStore({ maxBytes: 1000 }), get: () => [], put() {}, remove() {}, purgeTag: () => 0 }
    await cache({
      store: { ...store, clear: () => void calls.push('clear'), close: async () => void calls.push('close') },
    }).close?.()
    expect(calls).toEqual([])
  })
})
