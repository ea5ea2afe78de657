import {
  type Consumer,
  compose,
  EdgeError,
  type EdgeEvents,
  EventHub,
  type Exchange,
  emptyReply,
  limitsOf,
  type PlanLimitsOptions,
  planLimits,
  type Reply,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { setConsumer } from '../../../../src/filters/auth/consumer.js'
import { setStandIn } from '../../../../src/filters/consumers/stand-in.js'
import { type Asked, asked } from '../../asked.js'

const PLANS: PlanLimitsOptions['plans'] = {
  free: { limits: [{ limit: 2, windowMs: 1_000 }], quotas: [{ limit: 5, period: 'day' }] },
  pro: { quotas: [{ limit: 10, period: 'month' }] },
  unlimited: {},
}
const BEGIN = Date.UTC(2027, 0, 31, 12)

interface Asking extends Asked {
  readonly plan?: string | null
  readonly standIn?: boolean
}

/** An exchange of a consumer, as `consumers` leaves it. */
function of(id: string | null, { plan = null, standIn = false, ...odd }: Asking = {}): Exchange {
  const exchange = asked('/x', odd)
  if (id !== null) setConsumer(exchange, { id, plan, groups: [], metadata: {} })
  if (standIn) setStandIn(exchange)
  return exchange
}

function kit(options: Partial<PlanLimitsOptions> = {}) {
  const time = { now: 0 }
  const events = new EventHub()
  const denied: EdgeEvents['denied'][] = []
  const quotas: EdgeEvents['quota'][] = []
  events.on('denied', (event) => denied.push(event))
  events.on('quota', (event) => quotas.push(event))
  const filter = planLimits({
    plans: PLANS,
    events,
    now: () => time.now,
    wallClock: () => BEGIN + time.now,
    ...options,
  })
  const handler = compose(filter, async () => emptyReply(204))
  const statuses = async (count: number, make: () => Exchange): Promise<number[]> => {
    const all: number[] = []
    for (let at = 0; at < count; at++) all.push((await handler(make())).status)
    return all
  }
  return { filter, handler, statuses, time, denied, quotas }
}

const field = ({ headers }: Reply, name: string): string[] => [headers[name] ?? []].flat()

describe('planLimits', () => {
  it('holds each consumer to the limits and quotas of its plan', async () => {
    const { statuses, time } = kit()
    const free = (id: string) => () => of(id, { plan: 'free' })
    expect(await statuses(3, free('a'))).toEqual([204, 204, 429])
    expect(await statuses(3, free('b'))).toEqual([204, 204, 429])
    time.now = 2_000
    expect(await statuses(3, free('a'))).toEqual([204, 204, 429])
    time.now = 4_000
    // What the limit denied did not count against the quota.
    expect(await statuses(2, free('a'))).toEqual([204, 429])
    time.now = 6_000
    expect(await statuses(2, free('a'))).toEqual([429, 429])
    // The day is over at midnight.
    time.now = 12 * 3_600_000 - 1_500
    expect(await statuses(1, free('a'))).toEqual([429])
    time.now = 12 * 3_600_000
    expect(await statuses(2, free('a'))).toEqual([204, 204])
    expect(await statuses(12, () => of('a', { plan: 'pro' }))).toEqual([...Array(10).fill(204), 429, 429])
    expect(await statuses(100, () => of('a', { plan: 'unlimited' }))).toEqual(Array(100).fill(204))
  })

  it('answers with Retry-After, and tells in fields of every limit of the plan', async () => {
    const { handler } = kit()
    const first = await handler(of('a', { plan: 'free' }))
    expect(field(first, 'ratelimit').map((each) => each.split('; t=')[0])).toEqual([
      '"free:limit-in-1sec"; r=1',
      '"free:limit-per-day"; r=4',
    ])
    expect(field(first, 'ratelimit-policy').map((each) => each.split('; pk=')[0])).toEqual([
      '"free:limit-in-1sec"; q=2; w=1',
      '"free:limit-per-day"; q=5; w=86400',
    ])
    for (let at = 0; at < 10; at++) await handler(of('b', { plan: 'pro' }))
    const { status, headers } = await handler(of('b', { plan: 'pro' }))
    // Until February.
    expect([status, headers['retry-after'], headers['cache-control']]).toEqual([429, String(12 * 3_600), 'no-store'])
  })

  it('counts upgrades, and any method, as requests', async () => {
    const { statuses } = kit()
    const made = [{ upgrade: true }, { method: 'HEAD' }, { method: 'BREW' }]
    expect(await statuses(3, () => of('a', { plan: 'free', ...made.shift() }))).toEqual([204, 204, 429])
  })

  it('counts a consumer that stands for many by address, of IPv6 by network, and apart from one of its name', async () => {
    const { statuses } = kit()
    const from = (address: string) => () => of('a', { plan: 'free', standIn: true, client: { address } })
    expect(await statuses(3, from('192.0.2.1'))).toEqual([204, 204, 429])
    expect(await statuses(3, from('192.0.2.2'))).toEqual([204, 204, 429])
    expect(await statuses(2, from('2001:db8::1'))).toEqual([204, 204])
    expect(await statuses(1, from('2001:db8::ffff:2'))).toEqual([429])
    expect(await statuses(3, () => of('a', { plan: 'free' }))).toEqual([204, 204, 429])
  })

  it('denies with 403 who has no plan, or one that nobody knows, and who is no consumer', async () => {
    const { statuses, denied } = kit()
    const made = [of('a'), of('a', { plan: 'gold' }), of('a', { plan: '__proto__' }), of(null)]
    expect(await statuses(4, () => made.shift()!)).toEqual([403, 403, 403, 403])
    expect(denied.map(({ filter, why }) => [filter, why])).toEqual([
      ...Array(3).fill(['planLimits', 'the consumer has no plan']),
      ['planLimits', 'there is no consumer'],
    ])
  })

  it('takes another plan for who has none, and lets pass who is no consumer, when told', async () => {
    const { statuses } = kit({ defaultPlan: 'free', noConsumer: 'pass' })
    expect(await statuses(3, () => of('a'))).toEqual([204, 204, 429])
    expect(await statuses(3, () => of('b', { plan: 'gold' }))).toEqual([204, 204, 429])
    expect(await statuses(3, () => of(null))).toEqual([204, 204, 204])
    expect(await statuses(3, () => of('c', { plan: 'unlimited' }))).toEqual([204, 204, 204])
  })

  it('tells what has been used, without using any, and forgets it for an operator', async () => {
    const { filter, statuses } = kit()
    const a: Pick<Consumer, 'id' | 'plan'> = { id: 'a', plan: 'free' }
    await statuses(2, () => of('a', { plan: 'free' }))
    for (let at = 0; at < 3; at++)
      expect(await filter.usage(a)).toMatchObject([
        { name: 'free:limit-in-1sec', limit: 2, used: 2, remaining: 0 },
        { name: 'free:limit-per-day', limit: 5, used: 2, remaining: 3, resetMs: 12 * 3_600_000 },
      ])
    await filter.reset(a)
    expect((await filter.usage(a)).map(({ used }) => used)).toEqual([0, 0])
    expect(await statuses(3, () => of('a', { plan: 'free' }))).toEqual([204, 204, 429])
    expect(await filter.usage({ id: 'a', plan: 'unlimited' })).toEqual([])
    await filter.reset({ id: 'a', plan: 'unlimited' })
    await expect(filter.usage({ id: 'a', plan: null })).rejects.toThrow(EdgeError)
  })

  it('leaves on the exchange where each limit stands', async () => {
    const { handler } = kit()
    const exchange = of('a', { plan: 'free' })
    await handler(exchange)
    expect(limitsOf(exchange)).toMatchObject([
      { name: 'free:limit-in-1sec', used: 1 },
      { name: 'free:limit-per-day', used: 1, remaining: 4 },
    ])
  })

  it('tells once when a share of a quota is used up, whatever a request costs, and not of limits', async () => {
    const { statuses, quotas } = kit({
      plans: { pro: { limits: [{ limit: 1_000 }], quotas: [{ limit: 10, period: 'month', cost: 3 }] } },
      warnAt: [0.5, 0.8, 1],
    })
    await statuses(5, () => of('a', { plan: 'pro' }))
    expect(quotas.map(({ consumer, quota, share, used, limit }) => [consumer, quota, share, used, limit])).toEqual([
      ['a', 'pro:limit-per-month', 0.5, 6, 10],
      ['a', 'pro:limit-per-month', 0.8, 9, 10],
    ])
    quotas.length = 0
    await statuses(1, () => of('b', { plan: 'pro' }))
    expect(quotas).toEqual([])
  })

  it('tells of quotas whose cost a function says, at once or later', async () => {
    const cost = ({ headers }: Exchange): number => Number(headers['x-cost'])
    for (const say of [cost, async (exchange: Exchange) => cost(exchange)]) {
      const { statuses, quotas } = kit({ plans: { pro: { quotas: [{ limit: 10, period: 'month', cost: say }] } } })
      const costs = ['7', '1', '0', '1', '1', '1']
      await statuses(6, () => of('a', { plan: 'pro', headers: { 'x-cost': costs.shift()! } }))
      expect(quotas.map(({ share, used }) => [share, used])).toEqual([
        [0.8, 8],
        [1, 10],
      ])
    }
  })

  it('may count and deny nobody', async () => {
    const { statuses, filter } = kit({ dryRun: true })
    expect(await statuses(4, () => of('a', { plan: 'free' }))).toEqual([204, 204, 204, 204])
    expect((await filter.usage({ id: 'a', plan: 'free' }))[0]!.used).toBe(2)
  })

  it('explains what it would do, and takes nothing for it', async () => {
    const { filter, statuses } = kit({ noConsumer: 'pass' })
    const verdict = (exchange: Exchange): unknown => filter.explain!(exchange).verdict
    expect(verdict(of('a', { plan: 'free' }))).toBe('pass')
    await statuses(2, () => of('a', { plan: 'free' }))
    for (let at = 0; at < 3; at++) expect(verdict(of('a', { plan: 'free' }))).toBe('deny')
    expect([verdict(of('a')), verdict(of(null)), verdict(of('a', { plan: 'unlimited' }))]).toEqual([
      'deny',
      'pass',
      'pass',
    ])
    expect(filter.stage).toBe('guard')
    await filter.close!()
  })

  it.each<[unknown, string]>([
    [{}, 'plans'],
    [{ plans: [] }, 'plans'],
    [{ plans: { free: { limit: 5 } } }, 'planLimits plans.free: unknown option "limit"'],
    [{ plans: { free: { limits: {} } } }, 'planLimits plans.free: option "limits"'],
    [{ plans: { free: { limits: [{ windowMs: 5 }] } } }, 'plans.free.limits[0]: option "limit"'],
    [{ plans: { free: { limits: [{ limit: 0 }] } } }, 'plans.free.limits[0]: option "limit" is 0'],
    [{ plans: { free: { limits: [{ limit: 1, keyGenerator: 'all' }] } } }, 'unknown option "keyGenerator"'],
    [{ plans: { free: { quotas: [{ limit: 1 }] } } }, 'plans.free.quotas[0]: option "period"'],
    [{ plans: { free: { quotas: [{ limit: 1, period: 'year' }] } } }, 'plans.free.quotas[0]: option "period"'],
    [{ plans: { free: { quotas: [{ limit: 1, period: 'day', windowMs: 5 }] } } }, 'unknown option "windowMs"'],
    [
      {
        plans: {
          free: {
            quotas: [
              { limit: 1, period: 'day' },
              { limit: 2, period: 'day' },
            ],
          },
        },
      },
      'name',
    ],
    [{ plans: { free: {} }, defaultPlan: 'pro' }, 'defaultPlan'],
    [{ plans: { free: {} }, warnAt: [80] }, 'warnAt'],
    [{ plans: { free: {} }, missingKey: 'pass' }, 'missingKey'],
  ])('%j is refused, by name: %s', (options, name) => {
    expect(() => planLimits(options as PlanLimitsOptions)).toThrow(name)
    expect(() => planLimits(options as PlanLimitsOptions)).toThrow(EdgeError)
  })
})
