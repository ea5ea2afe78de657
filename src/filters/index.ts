// cache
export { type Cache, cache, type PurgedUrl } from './cache/cache.js'
export type { CacheKeyOptions, CacheOptions } from './cache/cache-options.js'
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './cache/memory-store.js'
export type { CacheEntry, CacheStore } from './cache/store.js'
