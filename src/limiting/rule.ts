import { type Check, check, type Milliseconds } from '../options.js'

/**
 * How what is left is worked out.
 *
 * - `fixed-window`: counts that begin anew each window; up to 2 × the limit around a window's edge.
 * - `sliding-window`: the last window's count fades while this one's grows; two numbers a key.
 * - `sliding-log`: the moment of each, so that no window of any place holds more than the limit; costs memory per unit.
 * - `token-bucket`: refills evenly up to `burst`.
 * - `gcra`: as a token bucket, kept as one moment (ITU-T I.371); what NGINX's `limit_req` does.
 */
export type LimitAlgorithm = 'fixed-window' | 'sliding-window' | 'sliding-log' | 'token-bucket' | 'gcra'

/** A stretch of the calendar, in UTC, that a fixed window can be instead of `windowMs`. */
export type CalendarPeriod = 'second' | 'minute' | 'hour' | 'day' | 'month'

/** One limit, as data: what a store in another process can work out alike. All is filled in. */
export interface LimitRule {
  readonly algorithm: LimitAlgorithm
  /** Units per window. */
  readonly limit: number
  /** Of a calendar period, its usual length; of a month 30 days. */
  readonly windowMs: Milliseconds
  /** Units that may come at once: the limit, unless `token-bucket` or `gcra` say otherwise. */
  readonly burst: number
  /** Only with `fixed-window`: windows are these, rather than begin with a key's first unit. */
  readonly period: CalendarPeriod | null
}

/** What a limit is made of. */
export interface LimitRuleOptions {
  /** How what is left is worked out. @default 'sliding-window'; with period 'fixed-window' */
  readonly algorithm?: LimitAlgorithm | undefined
  /** Units per window. */
  readonly limit: number
  /** How long a window is; with `token-bucket` and `gcra`, in what time `limit` units come back. @default 60_000 */
  readonly windowMs?: Milliseconds | undefined
  /** With `token-bucket` and `gcra`: how many may come at once. @default the limit */
  readonly burst?: number | undefined
  /** With `fixed-window`, instead of `windowMs`: windows of the calendar (UTC), as quotas have them. @default none */
  readonly period?: CalendarPeriod | undefined
}

/** The checks of {@link LimitRuleOptions}, for `checkOptions`. */
export const ruleChecks: Readonly<Record<keyof LimitRuleOptions, Check>> = {
  algorithm: check.oneOf('fixed-window', 'sliding-window', 'sliding-log', 'token-bucket', 'gcra'),
  limit: check.whole(1, 1_000_000_000),
  windowMs: check.duration,
  burst: check.whole(1, 1_000_000_000),
  period: check.oneOf('second', 'minute', 'hour', 'day', 'month'),
}
