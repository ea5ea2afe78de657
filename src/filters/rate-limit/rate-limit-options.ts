import type { Exchange } from '../../exchange.js'
import { type LimiterOptions, limiterChecks } from '../../limiting/limiter.js'
import type { LimitRuleOptions } from '../../limiting/rule.js'
import { type Check, check, type Milliseconds } from '../../options.js'
import type { Outcome } from '../../outcome.js'
import type { Reply } from '../../reply.js'
import type { DenialOptions } from '../denial.js'
import { type KeyGenerator, keyCheck } from './key-generator.js'
import type { StandardHeaders } from './limit-fields.js'
import type { LimitState } from './limits-of.js'

/** One limit of an exchange. */
export interface LimitOptions extends Omit<LimitRuleOptions, 'limit'> {
  /**
   * Units per window. What a function says may depend on who asks, as on a consumer's plan; each number has counts of its own, and there
   * may be a hundred of them.
   */
  readonly limit: number | ((exchange: Exchange) => number | Promise<number>)
  /**
   * What the limit is called, in fields, events and the store: printable ASCII without `"` and `\`. Needed with a store that others use.
   * @default as express-rate-limit: '100-in-1min'
   */
  readonly name?: string | undefined
  /** Whom it counts. @default 'address' */
  readonly keyGenerator?: KeyGenerator | undefined
  /** Units that a request takes, 0 for none. @default 1 */
  readonly cost?: number | ((exchange: Exchange) => number | Promise<number>) | undefined
}

/** What all limits of a filter have in common. */
interface SharedOptions extends DenialOptions, Pick<LimiterOptions, 'store' | 'onStoreError' | 'now' | 'wallClock'> {
  /** Bits of an IPv6 address that make a client: what a provider gives to a household or more (H-138). @default 56 */
  readonly ipv6Subnet?: number | undefined
  /**
   * What becomes of those without a key: peers on a Unix socket, or whom `keyGenerator` has none for. They share one limit, pass, or are
   * denied; a `fault` tells of them in any case (H-140). @default 'shared'
   */
  readonly missingKey?: 'shared' | 'pass' | 'deny' | undefined
  /** Requests that are not counted. @default none */
  readonly skip?: ((exchange: Exchange) => boolean | Promise<boolean>) | undefined
  /** Counts, and tells by `limited` events whom it would deny, and denies nobody. @default false */
  readonly dryRun?: boolean | undefined
  /** How RateLimit fields tell clients what is left; `false` for none. @default 'draft-8' */
  readonly standardHeaders?: StandardHeaders | undefined
  /** Whether X-RateLimit-Limit, -Remaining and -Reset are sent. @default false */
  readonly legacyHeaders?: boolean | undefined
  /** Of a denial. @default 429 */
  readonly statusCode?: number | undefined
  /** Body of a denial: a text, or what becomes JSON. @default the status in words */
  readonly message?: string | object | undefined
  /** Answers in place of a denial; the fields are added to what it says. @default none */
  readonly handler?: ((exchange: Exchange, limits: readonly LimitState[]) => Reply | Promise<Reply>) | undefined
  /** Gives units back for requests that failed, but for those whose client left. @default false */
  readonly skipFailedRequests?: boolean | undefined
  /** Gives units back for requests that succeeded: counts failed log-ins. @default false */
  readonly skipSuccessfulRequests?: boolean | undefined
  /** What counts as a success for the two above. @default a status below 400 */
  readonly requestWasSuccessful?: ((outcome: Outcome) => boolean) | undefined
}

/** One limit, or several in `limits`. */
export type RateLimitOptions = SharedOptions &
  (
    | (LimitOptions & { readonly limits?: undefined })
    | ({ readonly [K in keyof LimitOptions]?: undefined } & {
        /** Several limits, of which all must have units left: what one denies no other counts. */
        readonly limits: readonly LimitOptions[]
      })
  )

/** @see LimitOptions */
export const limitChecks: Readonly<Record<keyof LimitOptions, Check>> = {
  algorithm: limiterChecks.algorithm,
  limit: check.either(limiterChecks.limit, check.function),
  windowMs: limiterChecks.windowMs,
  burst: limiterChecks.burst,
  period: limiterChecks.period,
  name: (value) =>
    typeof value === 'string' && /^[ !#-[\]-~]{1,64}$/.test(value)
      ? undefined
      : 'up to 64 printable ASCII characters without " and \\',
  keyGenerator: keyCheck,
  cost: check.either(check.whole(0, 1_000_000_000), check.function),
}

/** @see SharedOptions */
export const sharedChecks: Readonly<Record<keyof SharedOptions, Check>> = {
  store: limiterChecks.store,
  onStoreError: limiterChecks.onStoreError,
  now: check.function,
  wallClock: check.function,
  events: check.object,
  ipv6Subnet: check.whole(32, 64),
  missingKey: check.oneOf('shared', 'pass', 'deny'),
  skip: check.function,
  dryRun: check.boolean,
  standardHeaders: (value) =>
    value === false
      ? undefined
      : check.oneOf('draft-6', 'draft-7', 'draft-8')(value) && "'draft-6', 'draft-7', 'draft-8', or false",
  legacyHeaders: check.boolean,
  statusCode: check.whole(400, 599),
  message: (value) =>
    typeof value === 'object' && value !== null ? undefined : check.string(value) && 'a text or an object',
  handler: check.function,
  skipFailedRequests: check.boolean,
  skipSuccessfulRequests: check.boolean,
  requestWasSuccessful: check.function,
}

/** A limit with the duration of its window in words, as express-rate-limit has it. */
export function usualName(limit: number | 'limit', windowMs: Milliseconds, period: string | null): string {
  if (period !== null) return `${limit}-per-${period}`
  if (windowMs < 60_000) return `${limit}-in-${windowMs / 1_000}sec`
  if (windowMs < 3_600_000) return `${limit}-in-${windowMs / 60_000}min`
  const hours = windowMs / 3_600_000
  if (hours < 24) return `${limit}-in-${hours}hr${hours > 1 ? 's' : ''}`
  return `${limit}-in-${hours / 24}day${hours > 24 ? 's' : ''}`
}
