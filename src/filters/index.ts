// cache
export type { CacheEntry, CacheStore } from './cache/store.js'
// rewriting
export { replyHeaders, requestHeaders } from './rewriting/header-filters.js'
export { type RewriteCookiesOptions, rewriteCookies } from './rewriting/rewrite-cookies.js'
export { type RewriteLocationOptions, rewriteLocation } from './rewriting/rewrite-location.js'
export { type RewriteMethodOptions, rewriteMethod } from './rewriting/rewrite-method.js'
export { type RewritePathOptions, rewritePath } from './rewriting/rewrite-path.js'
export { type RewriteQueryOptions, rewriteQuery } from './rewriting/rewrite-query.js'
