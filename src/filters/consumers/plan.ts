import type { Exchange } from '../../exchange.js'
import { compileRule } from '../../limiting/compile-rule.js'
import type { CalendarPeriod, LimitRuleOptions } from '../../limiting/rule.js'
import { type Check, check, checkOptions, optionError } from '../../options.js'
import { type LimitOptions, limitChecks, usualName } from '../rate-limit/rate-limit-options.js'

/** What the limits and quotas of a plan may have in common. */
interface Counted {
  /**
   * What it is called in fields, events and the store. The number is no part of it, so that a plan can be given another one while counts
   * go on. @default the plan and the window: 'pro:limit-in-1min', 'pro:limit-per-month'
   */
  readonly name?: string | undefined
  /** Units that a request takes, 0 for none. @default 1 */
  readonly cost?: LimitOptions['cost']
}

/** How fast: one limit of a plan. */
export interface PlanLimit extends LimitRuleOptions, Counted {}

/** How much: units per second, minute, hour, day or month of the calendar, in UTC. */
export interface PlanQuota extends Counted {
  /** Units per period. */
  readonly limit: number
  readonly period: CalendarPeriod
}

/** What a consumer may use. */
export interface Plan {
  /** How fast: all of them hold. @default none */
  readonly limits?: readonly PlanLimit[] | undefined
  /** How much: all of them hold. @default none */
  readonly quotas?: readonly PlanQuota[] | undefined
}

/** Whom a plan's limits count. */
export type KeyOf = (exchange: Exchange) => string

const { limit, period, name, cost, algorithm, windowMs, burst } = limitChecks
const QUOTA: Readonly<Record<keyof PlanQuota, Check>> = { limit, period, name, cost }
const LIMIT: Readonly<Record<keyof PlanLimit, Check>> = { ...QUOTA, algorithm, windowMs, burst }

/**
 * The limits of a plan as `rateLimit` takes them. Quotas come last: what a limit denies is not to count against them.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function compilePlan(plan: Plan, title: string, prefix: string, keyOf: KeyOf): readonly LimitOptions[] {
  const where = `planLimits plans.${title}`
  checkOptions(where, plan, { limits: check.array, quotas: check.array })
  const { limits = [], quotas = [] } = plan
  const compile = (each: PlanLimit | PlanQuota, list: string, at: number): LimitOptions => {
    const { name, cost, ...rule } = each
    const { windowMs, period } = compileRule(`${where}.${list}[${at}]`, rule)
    return {
      ...each,
      name: `${prefix}${name ?? `${title}:${usualName('limit', windowMs, period)}`}`,
      keyGenerator: keyOf,
    }
  }
  return [
    ...limits.map((each, at) => {
      checkOptions(`${where}.limits[${at}]`, each, LIMIT)
      return compile(each, 'limits', at)
    }),
    ...quotas.map((each, at) => {
      checkOptions(`${where}.quotas[${at}]`, each, QUOTA)
      if (each.period === undefined)
        throw optionError(`${where}.quotas[${at}]`, 'period', undefined, period(undefined)!)
      return compile(each, 'quotas', at)
    }),
  ]
}
