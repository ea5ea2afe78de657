// access
export { type AllowMethodsOptions, allowMethods } from './access/allow-methods.js'
export { type IpRulesOptions, ipRules } from './access/ip-rules.js'
export { type OriginRulesOptions, originRules } from './access/origin-rules.js'
export { type RefererRulesOptions, refererRules } from './access/referer-rules.js'
export type { TextPattern } from './access/text-pattern.js'
export { type UserAgentRulesOptions, userAgentRules } from './access/user-agent-rules.js'
// cache
export type { CacheEntry, CacheStore } from './cache/store.js'
export type { DenialOptions } from './denial.js'
// limits
export { type BandwidthLimitOptions, bandwidthLimit } from './limits/bandwidth-limit.js'
export { type BodyLimitOptions, bodyLimit } from './limits/body-limit.js'
export { type DeadlineOptions, deadline } from './limits/deadline.js'
export { type HeaderLimitsOptions, headerLimits } from './limits/header-limits.js'
export { type MinDataRateOptions, minDataRate } from './limits/min-data-rate.js'
export { type UriLimitsOptions, uriLimits } from './limits/uri-limits.js'
