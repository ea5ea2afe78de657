import { defineFilter, type Filter } from '../../filter.js'
import { checkOptions, optionError } from '../../options.js'
import { compileLimit } from './limit.js'
import type { LimitState } from './limits-of.js'
import { type LimitOptions, limitChecks, type RateLimitOptions, sharedChecks } from './rate-limit-options.js'
import { RateLimiting } from './rate-limiting.js'

/** A filter that limits rates. */
export interface RateLimit extends Filter {
  /** Forgets a key, as `keyGenerator` makes it, in all limits of the filter. */
  resetKey(key: string): Promise<void>
  /** Where a key stands, in each limit of the filter. */
  getKey(key: string): Promise<readonly LimitState[]>
}

/**
 * Limits how often somebody may ask: by address, by whom an authenticator found, by route, or by what a function says. Whoever asks too
 * often is answered with 429 and Retry-After.
 *
 * A request takes its units when it comes, whatever becomes of it; a WebSocket takes them once, for its handshake.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const perClient = rateLimit({ limit: 100, windowMs: 60_000 })
 * const gateway = createGateway({ filters: [perClient], routes: [{ path: '/**', handler: forward('http://10.0.0.1:3000') }] })
 * ```
 */
export function rateLimit(options: RateLimitOptions): RateLimit {
  checkOptions('rateLimit', options, { ...limitChecks, ...sharedChecks, limits: () => undefined })
  const { store, onStoreError, now, wallClock, events, ipv6Subnet = 56 } = options
  const shared = { store, onStoreError, now, wallClock, events }
  const limits = limitList(options).map((limit) => compileLimit('rateLimit', limit, shared, ipv6Subnet))
  const twice = limits.find(({ name }, at) => limits.findIndex((other) => other.name === name) < at)
  if (twice !== undefined) throw optionError('rateLimit', 'name', twice.name, 'names that no two limits share')
  const limiting = new RateLimiting(options, limits)
  const filter = defineFilter(
    {
      filterName: 'rateLimit',
      stage: 'guard',
      close: () => limiting.close(),
      explain: (exchange) => limiting.explain(exchange),
    },
    (exchange, next) => limiting.run(exchange, next),
  )
  return Object.assign(filter, {
    resetKey: (key: string) => limiting.resetKey(key),
    getKey: (key: string) => limiting.getKey(key),
  })
}

function limitList(options: RateLimitOptions): readonly LimitOptions[] {
  const { limits, ...rest } = options
  if (limits === undefined) {
    const { algorithm, limit, windowMs, burst, period, name, keyGenerator, cost } = rest as LimitOptions
    if (limit === undefined) throw optionError('rateLimit', 'limit', undefined, 'a whole number from 1, or a function')
    return [{ algorithm, limit, windowMs, burst, period, name, keyGenerator, cost }]
  }
  if (!Array.isArray(limits) || limits.length === 0)
    throw optionError('rateLimit', 'limits', limits, 'one limit or more, each an object')
  const outside = Object.keys(limitChecks).find((each) => rest[each as keyof LimitOptions] !== undefined)
  if (outside !== undefined)
    throw optionError('rateLimit', outside, rest[outside as keyof LimitOptions], 'only in "limits", of each of them')
  for (const [at, limit] of limits.entries()) {
    checkOptions(`rateLimit limits[${at}]`, limit, limitChecks)
    if (limit.limit === undefined)
      throw optionError(`rateLimit limits[${at}]`, 'limit', undefined, 'a whole number from 1, or a function')
  }
  return limits
}
