// cache
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './cache/memory-store.js'
export type { CacheEntry, CacheStore } from './cache/store.js'
export { type TieredStoreOptions, tieredStore } from './cache/tiered-store.js'
