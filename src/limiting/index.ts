export {
  type ExpressRateLimitStore,
  type ExpressRateLimitStoreOptions,
  expressRateLimitStore,
} from './express-rate-limit-store.js'
export {
  createLimiter,
  type Limiter,
  type LimiterDecision,
  type LimiterOptions,
  type StoreErrorPolicy,
} from './limiter.js'
export { type MemoryLimitStoreOptions, memoryLimitStore } from './memory/memory-limit-store.js'
export type { CalendarPeriod, LimitAlgorithm, LimitRule, LimitRuleOptions } from './rule.js'
export type { Decision, LimitCounter, LimitStore } from './store.js'
