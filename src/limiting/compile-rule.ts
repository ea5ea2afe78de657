import { checkOptions, optionError } from '../options.js'
import { type CalendarPeriod, type LimitRule, type LimitRuleOptions, ruleChecks } from './rule.js'

const DAY = 86_400_000
const USUAL_LENGTHS: Readonly<Record<CalendarPeriod, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY,
  month: 30 * DAY,
}

/** A log keeps every moment: more of them a key are no longer a rate limit's business. */
const LONGEST_LOG = 10_000

/**
 * Checks what a limit is made of, and fills in the rest.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function compileRule(factory: string, options: LimitRuleOptions): LimitRule {
  checkOptions(factory, options, ruleChecks)
  const { limit, period = null } = options
  const { algorithm = period === null ? 'sliding-window' : 'fixed-window' } = options
  if (limit === undefined) throw optionError(factory, 'limit', undefined, ruleChecks.limit(undefined)!)
  if (period !== null && algorithm !== 'fixed-window')
    throw optionError(factory, 'period', period, "a period only with algorithm 'fixed-window'")
  if (period !== null && options.windowMs !== undefined)
    throw optionError(factory, 'windowMs', options.windowMs, 'either "windowMs" or "period"')
  if (options.burst !== undefined && algorithm !== 'token-bucket' && algorithm !== 'gcra')
    throw optionError(factory, 'burst', options.burst, "a burst only with algorithm 'token-bucket' or 'gcra'")
  if (algorithm === 'sliding-log' && limit > LONGEST_LOG)
    throw optionError(factory, 'limit', limit, `at most ${LONGEST_LOG} with algorithm 'sliding-log'`)
  const windowMs = period === null ? (options.windowMs ?? 60_000) : USUAL_LENGTHS[period]
  return Object.freeze({ algorithm, limit, windowMs, burst: options.burst ?? limit, period })
}
