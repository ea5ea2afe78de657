export {
  type ConcurrencyLimiting,
  type ConcurrencyLimitOptions,
  concurrencyLimit,
} from './concurrency-limit.js'
export type { HeaderKey, KeyGenerator, KeyPart } from './key-generator.js'
export type { StandardHeaders } from './limit-fields.js'
export { type LimitState, limitsOf } from './limits-of.js'
export { type RateLimit, rateLimit } from './rate-limit.js'
export type { LimitOptions, RateLimitOptions } from './rate-limit-options.js'
