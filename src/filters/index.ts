// access
export { type AllowMethodsOptions, allowMethods } from './access/allow-methods.js'
export { type IpRulesOptions, ipRules } from './access/ip-rules.js'
export { type OriginRulesOptions, originRules } from './access/origin-rules.js'
export { type RefererRulesOptions, refererRules } from './access/referer-rules.js'
export type { TextPattern } from './access/text-pattern.js'
export { type UserAgentRulesOptions, userAgentRules } from './access/user-agent-rules.js'
// cache

export type { ContentCoding } from '../http/accept-encoding.js'
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './cache/memory-store.js'
export type { CacheEntry, CacheEntry, CacheStore, CacheStore } from './cache/store.js'
export { type TieredStoreOptions, tieredStore } from './cache/tiered-store.js'
export type { BreachGuard } from './compress/breach.js'
export { compress } from './compress/compress.js'
// compression
export type { CompressOptions } from './compress/compress-options.js'
export type { CompressQuestion } from './compress/eligible.js'
export { type DecompressOptions, decompress } from './decompress/decompress.js'
export type { DenialOptions } from './denial.js'
// limits
export { type BandwidthLimitOptions, bandwidthLimit } from './limits/bandwidth-limit.js'
export { type BodyLimitOptions, bodyLimit } from './limits/body-limit.js'
export { type DeadlineOptions, deadline } from './limits/deadline.js'
export { type HeaderLimitsOptions, headerLimits } from './limits/header-limits.js'
export { type MinDataRateOptions, minDataRate } from './limits/min-data-rate.js'
export { type UriLimitsOptions, uriLimits } from './limits/uri-limits.js'
// pages
export { type ErrorPagesOptions, errorPages } from './pages/error-pages.js'
export { type Maintenance, type MaintenanceOptions, maintenance } from './pages/maintenance.js'
export type { MadePage, Page, PageForms, Trouble } from './pages/page.js'
// redirects
export { type CanonicalHostOptions, canonicalHost } from './redirects/canonical-host.js'
export { type RedirectOptions, redirect } from './redirects/redirect.js'
export type { RedirectStatus } from './redirects/redirect-reply.js'
export { type HstsOptions, type RedirectToHttpsOptions, redirectToHttps } from './redirects/redirect-to-https.js'
export { type TrailingSlashOptions, trailingSlash } from './redirects/trailing-slash.js'
// rewriting
export { replyHeaders, requestHeaders } from './rewriting/header-filters.js'
export { type RewriteCookiesOptions, rewriteCookies } from './rewriting/rewrite-cookies.js'
export { type RewriteLocationOptions, rewriteLocation } from './rewriting/rewrite-location.js'
export { type RewriteMethodOptions, rewriteMethod } from './rewriting/rewrite-method.js'
export { type RewritePathOptions, rewritePath } from './rewriting/rewrite-path.js'
export { type RewriteQueryOptions, rewriteQuery } from './rewriting/rewrite-query.js'
