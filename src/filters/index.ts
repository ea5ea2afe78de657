// cache

export type { ContentCoding } from '../http/accept-encoding.js'
export type { CacheEntry, CacheStore } from './cache/store.js'
export type { BreachGuard } from './compress/breach.js'
export { compress } from './compress/compress.js'
// compression
export type { CompressOptions } from './compress/compress-options.js'
export type { CompressQuestion } from './compress/eligible.js'
export { type DecompressOptions, decompress } from './decompress/decompress.js'
