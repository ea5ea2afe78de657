import { events as sharedEvents } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter } from '../../filter.js'
import { subnetReader } from '../../http/subnet.js'
import { check, checkOptions, optionError } from '../../options.js'
import { type Consumer, consumerOf } from '../auth/consumer.js'
import { isOpen } from '../auth/principal.js'
import { denier } from '../denial.js'
import { type LimitState, limitsOf } from '../rate-limit/limits-of.js'
import { type RateLimit, rateLimit } from '../rate-limit/rate-limit.js'
import { type RateLimitOptions, sharedChecks } from '../rate-limit/rate-limit-options.js'
import { compilePlan, type Plan } from './plan.js'
import { QuotaMarks } from './quota-marks.js'
import { isStandIn } from './stand-in.js'

export interface PlanLimitsOptions extends Omit<SharedOptions, 'missingKey'> {
  /** What consumers may use, by the name of their plan. One without limits and quotas is without an end. */
  readonly plans: Readonly<Record<string, Plan>>
  /** Plan of consumers that have none, or one that is not among `plans`. @default none: they are denied with 403 */
  readonly defaultPlan?: string | undefined
  /** What becomes of requests without a consumer. @default 'deny' with 403 */
  readonly noConsumer?: 'deny' | 'pass' | undefined
  /** Stands before the names of all limits, to tell filters of one store apart. @default none */
  readonly name?: string | undefined
  /** Shares of a quota of which `quota` events tell when they are used up. @default [0.8, 1] */
  readonly warnAt?: readonly number[] | undefined
}

type SharedOptions = Pick<RateLimitOptions, keyof typeof sharedChecks>

/** The filter, and what an operator does with it. */
export interface PlanLimits extends Filter {
  /** How much a consumer has used of each limit and quota of its plan. */
  usage(consumer: Pick<Consumer, 'id' | 'plan'>): Promise<readonly LimitState[]>
  /** Forgets all that it has used of them. */
  reset(consumer: Pick<Consumer, 'id' | 'plan'>): Promise<void>
}

/**
 * Holds consumers to their plans: how fast they may ask, and how much in all. Stands behind `consumers`. Answers as `rateLimit` does, whose
 * options it takes: 429 with Retry-After, and the RateLimit fields of every limit of the plan.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const limits = planLimits({
 *   plans: {
 *     free: { limits: [{ limit: 10, windowMs: 1_000 }], quotas: [{ limit: 10_000, period: 'month' }] },
 *     pro: { limits: [{ limit: 500, windowMs: 1_000 }] },
 *   },
 *   defaultPlan: 'free',
 *   store: redisLimitStore(connection),
 * })
 * ```
 */
export function planLimits(options: PlanLimitsOptions): PlanLimits {
  const { missingKey: _always, ...checks } = sharedChecks
  checkOptions('planLimits', options, {
    ...checks,
    plans: check.object,
    defaultPlan: check.string,
    noConsumer: check.oneOf('deny', 'pass'),
    name: check.string,
    warnAt: (value) =>
      Array.isArray(value) && value.every((share) => typeof share === 'number' && share > 0 && share <= 1)
        ? undefined
        : 'shares above 0 and up to 1',
  })
  const { plans, defaultPlan, noConsumer = 'deny', name, warnAt = [0.8, 1], ...shared } = options
  if (plans === undefined) throw optionError('planLimits', 'plans', undefined, 'plans by name')
  const { events = sharedEvents, ipv6Subnet = 56 } = shared
  const marks = new QuotaMarks(events, warnAt)
  const networkOf = subnetReader(ipv6Subnet)
  const keyOf = (exchange: Exchange): string => {
    const { id } = consumerOf(exchange)!
    return isStandIn(exchange) ? `each ${id} ${networkOf(exchange.client.address)}` : keyFor(id)
  }
  const compiled = new Map<string, RateLimit | null>()
  for (const [title, plan] of Object.entries(plans)) {
    const prefix = name === undefined ? '' : `${name}:`
    const limits = compilePlan(plan, title, prefix, keyOf).map((each) =>
      each.period === undefined ? each : marks.watch(each),
    )
    compiled.set(title, limits.length === 0 ? null : rateLimit({ ...shared, limits }))
  }
  if (defaultPlan !== undefined && !compiled.has(defaultPlan))
    throw optionError('planLimits', 'defaultPlan', defaultPlan, `one of ${[...compiled.keys()].join(', ')}`)

  /** `null` for a plan without an end. */
  const planOf = ({ plan }: Pick<Consumer, 'plan'>): RateLimit | null | undefined => {
    const own = compiled.get(plan ?? '')
    return own === undefined ? compiled.get(defaultPlan ?? '') : own
  }
  const deny = denier('planLimits', 403, events)
  /** What an exchange is held to, `null` for nothing; or why it is denied. */
  const judge = (exchange: Exchange): RateLimit | null | string => {
    const consumer = consumerOf(exchange)
    if (consumer === undefined) return noConsumer === 'pass' ? null : 'there is no consumer'
    const plan = planOf(consumer)
    return plan === undefined ? 'the consumer has no plan' : plan
  }
  const known = (consumer: Pick<Consumer, 'id' | 'plan'>): RateLimit | null => {
    const plan = planOf(consumer)
    if (plan === undefined) throw optionError('planLimits', 'plan', consumer.plan, 'a plan that is known')
    return plan
  }
  const filter = defineFilter(
    {
      filterName: 'planLimits',
      stage: 'guard',
      close: async () => {
        for (const plan of compiled.values()) await plan?.close?.()
      },
      explain: (exchange) => {
        if (consumerOf(exchange) === undefined && isOpen(exchange) === true)
          return { verdict: 'depends', why: 'on whose request it is' }
        const plan = judge(exchange)
        if (typeof plan === 'string') return { verdict: 'deny', why: plan, status: 403 }
        return plan?.explain?.(exchange) ?? { verdict: 'pass', why: 'nothing limits it' }
      },
    },
    (exchange, next) => {
      const plan = judge(exchange)
      if (plan === null) return next(exchange)
      if (typeof plan === 'string') return Promise.resolve(deny(exchange, plan))
      if (!marks.heard) return plan(exchange, next)
      const before = limitsOf(exchange).length
      return plan(exchange, (counted) => {
        marks.tell(counted, consumerOf(counted)!.id, before)
        return next(counted)
      })
    },
  )
  return Object.assign(filter, {
    usage: async (consumer: Pick<Consumer, 'id' | 'plan'>) =>
      (await known(consumer)?.getKey(keyFor(consumer.id))) ?? [],
    reset: async (consumer: Pick<Consumer, 'id' | 'plan'>) => known(consumer)?.resetKey(keyFor(consumer.id)),
  })
}

/** Never that of an address that a stand-in counts. */
function keyFor(id: string): string {
  return `consumer ${id}`
}
