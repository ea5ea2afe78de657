// cache
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './cache/memory-store.js'
export type { CacheEntry, CacheStore } from './cache/store.js'
