// cache
export type { CacheEntry, CacheStore } from './cache/store.js'
