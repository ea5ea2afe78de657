import type { LimitRuleOptions } from 'edgewise'

/** A rule of each kind, with its name for titles: ten units a minute, or a month. */
export const RULES: readonly { readonly what: string; readonly options: LimitRuleOptions }[] = [
  { what: 'fixed-window', options: { algorithm: 'fixed-window', limit: 10, windowMs: 60_000 } },
  { what: 'a quota of a month', options: { limit: 10, period: 'month' } },
  { what: 'sliding-window', options: { algorithm: 'sliding-window', limit: 10, windowMs: 60_000 } },
  { what: 'sliding-log', options: { algorithm: 'sliding-log', limit: 10, windowMs: 60_000 } },
  { what: 'token-bucket', options: { algorithm: 'token-bucket', limit: 10, windowMs: 60_000, burst: 20 } },
  { what: 'gcra', options: { algorithm: 'gcra', limit: 10, windowMs: 60_000 } },
]
