import { setTimeout as delay } from 'node:timers/promises'
import {
  type ConsumerLike,
  type ConsumersOptions,
  compose,
  consumerOf,
  consumers,
  EdgeError,
  type EdgeEvents,
  EventHub,
  type Exchange,
  type Principal,
  type Reply,
  reply,
} from 'edgewise'
import { describe, expect, it, vi } from 'vitest'
import { makePrincipal } from '../../../../src/filters/auth/make-principal.js'
import { setPrincipal } from '../../../../src/filters/auth/principal.js'
import { isStandIn } from '../../../../src/filters/consumers/stand-in.js'
import { type Asked, asked } from '../../asked.js'

/** An exchange of a principal, as an authenticator leaves it. */
function of(id: string | null, scheme = 'jwt', odd: Asked = {}): Exchange {
  const exchange = asked('/x', odd)
  if (id !== null) setPrincipal(exchange, makePrincipal(scheme, { id }))
  return exchange
}

function kit(options: ConsumersOptions) {
  const events = new EventHub()
  const denied: EdgeEvents['denied'][] = []
  events.on('denied', (event) => denied.push(event))
  const filter = consumers({ ...options, events })
  const seen: Exchange[] = []
  const handler = compose(filter, async (exchange) => {
    seen.push(exchange)
    return reply(200, consumerOf(exchange)?.id ?? 'nobody')
  })
  const whose = async (exchange: Exchange): Promise<string | number> => {
    const answer: Reply = await handler(exchange)
    return answer.status === 200 && answer.body.kind === 'bytes'
      ? Buffer.from(answer.body.bytes).toString()
      : answer.status
  }
  return { filter, whose, seen, denied }
}

describe('consumers from a list', () => {
  const list = [
    { id: 'acme', plan: 'pro', groups: ['a', 'b'], metadata: { since: 2024 }, principals: ['key-1', 'key-2'] },
    {
      id: 'initech',
      principals: [
        { scheme: 'basic', id: 'bill' },
        { scheme: 'jwt', id: 'key-1' },
      ],
    },
    { id: 'hooli' },
    { id: '__proto__' },
  ] as const

  it.each([
    ['key-1', 'basic', 'acme'],
    ['key-2', 'jwt', 'acme'],
    ['key-1', 'jwt', 'initech'],
    ['bill', 'basic', 'initech'],
    ['bill', 'jwt', 403],
    ['hooli', 'any', 'hooli'],
    ['acme', 'jwt', 403],
    ['initech', 'jwt', 403],
    ['__proto__', 'jwt', '__proto__'],
    ['constructor', 'jwt', 403],
    ['', 'jwt', 403],
  ])('finds %j of %s: %s', async (id, scheme, whom) => {
    expect(await kit({ list }).whose(of(id, scheme))).toBe(whom)
  })

  it('tells all that it knows, in one frozen object that exchanges share', async () => {
    const { whose, seen } = kit({ list })
    await whose(of('key-1', 'basic'))
    await whose(of('key-2'))
    const [one, two] = seen.map((exchange) => consumerOf(exchange)!)
    expect(one).toEqual({ id: 'acme', plan: 'pro', groups: ['a', 'b'], metadata: { since: 2024 } })
    expect(one).toBe(two)
    expect([one, one!.groups, one!.metadata].every(Object.isFrozen)).toBe(true)
    await whose(of('hooli'))
    expect(consumerOf(seen[2])).toEqual({ id: 'hooli', plan: null, groups: [], metadata: {} })
    expect(isStandIn(seen[2]!)).toBe(false)
  })

  it('denies a principal without a consumer, and who is no principal, with 403 and says why to who listens', async () => {
    const { whose, denied, seen } = kit({ list })
    expect([await whose(of('nobody')), await whose(of(null)), await whose(of(null, '', { upgrade: true }))]).toEqual([
      403, 403, 403,
    ])
    expect(denied.map(({ filter, status, why }) => [filter, status, why])).toEqual([
      ['consumers', 403, 'the principal has no consumer'],
      ['consumers', 403, 'there is no principal'],
      ['consumers', 403, 'there is no principal'],
    ])
    expect(seen).toEqual([])
  })

  it('lets pass without one, or as one that stands for many, as told', async () => {
    const { whose, seen, denied } = kit({
      list,
      unknown: 'pass',
      anonymous: { id: 'anonymous', plan: 'free' },
    })
    expect([await whose(of('nobody')), await whose(of(null)), await whose(of('hooli'))]).toEqual([
      'nobody',
      'anonymous',
      'hooli',
    ])
    expect(seen.map(isStandIn)).toEqual([false, true, false])
    expect(denied).toEqual([])
  })

  it('tells the upstream, and takes the names for the gateway to take from clients', async () => {
    const { whose, seen, filter } = kit({
      list,
      identityHeaders: {
        'X-Consumer-ID': 'id',
        'x-consumer-plan': 'plan',
        'x-consumer-groups': 'groups',
        'x-since': ({ metadata }) => metadata['since']?.toString(),
      },
    })
    await whose(of('key-1', 'basic', { headers: { 'x-consumer-id': 'forged', 'x-since': '1' } }))
    expect(seen[0]!.headers).toMatchObject({
      'x-consumer-id': 'acme',
      'x-consumer-plan': 'pro',
      'x-consumer-groups': 'a,b',
      'x-since': '2024',
    })
    await whose(of('hooli', 'x', { headers: { 'x-consumer-plan': 'pro', 'x-since': '1' } }))
    expect([
      seen[1]!.headers['x-consumer-id'],
      seen[1]!.headers['x-consumer-plan'],
      seen[1]!.headers['x-since'],
    ]).toEqual(['hooli', undefined, undefined])
    expect(filter.identityHeaders).toEqual(['x-consumer-id', 'x-consumer-plan', 'x-consumer-groups', 'x-since'])
  })

  it('H-064 sends nobody on whose name could not stand in a field', async () => {
    const odd = { list: [{ id: 'a\r\nx: y', principals: ['p'] }], identityHeaders: { 'x-consumer': 'id' } } as const
    const { whose, denied } = kit(odd)
    expect(await whose(of('p'))).toBe(403)
    expect(denied[0]!.why).toBe('what is known of the consumer cannot stand in a field')
  })

  it('explains what it would do', () => {
    const { filter } = kit({ list, unknown: 'pass' })
    expect(filter.explain!(of('hooli'))).toMatchObject({ verdict: 'pass', why: 'consumer "hooli"' })
    expect(filter.explain!(of('x'))).toMatchObject({ verdict: 'pass', why: 'without a consumer' })
    expect(filter.explain!(of(null))).toMatchObject({ verdict: 'deny', why: 'there is no principal' })
    expect(filter.stage).toBe('guard')
  })
})

describe('consumers that are looked up', () => {
  const acme: ConsumerLike = { id: 'acme', plan: 'pro' }

  it('are asked for once, and remembered for as long as told, unknown ones for theirs', async () => {
    let now = 0
    const asked: string[] = []
    const lookup = async ({ scheme, id }: Principal): Promise<ConsumerLike | null> => {
      asked.push(`${scheme} ${id}`)
      return id === 'key' ? acme : null
    }
    const { whose } = kit({ lookup, cacheMs: 1_000, unknownMs: 100, now: () => now })
    for (let at = 0; at < 3; at++) expect([await whose(of('key')), await whose(of('no'))]).toEqual(['acme', 403])
    expect(asked).toEqual(['jwt key', 'jwt no'])
    // Another scheme's is somebody else.
    await whose(of('key', 'basic'))
    now = 100
    await whose(of('key'))
    await whose(of('no'))
    expect(asked.slice(2)).toEqual(['basic key', 'jwt no'])
    now = 1_000
    await whose(of('key'))
    expect(asked.slice(4)).toEqual(['jwt key'])
  })

  it('are not remembered with times of zero', async () => {
    const lookup = vi.fn(({ id }: Principal) => (id === 'key' ? acme : undefined))
    const { whose } = kit({ lookup, cacheMs: 0, unknownMs: 0 })
    for (let at = 0; at < 3; at++) expect([await whose(of('key')), await whose(of('no'))]).toEqual(['acme', 403])
    expect(lookup).toHaveBeenCalledTimes(6)
  })

  it('are asked for after the list, with the exchange', async () => {
    const tenant = async (_: Principal, exchange: Exchange): Promise<ConsumerLike> => ({
      id: String(exchange.headers['x-tenant']),
    })
    const { whose } = kit({ list: [{ id: 'here' }], lookup: tenant })
    expect(await whose(of('here'))).toBe('here')
    expect(await whose(of('there', 'jwt', { headers: { 'x-tenant': 't' } }))).toBe('t')
  })

  it('are asked for once when a hundred come at once', async () => {
    const { promise, resolve } = Promise.withResolvers<ConsumerLike>()
    const lookup = vi.fn(() => promise)
    const { whose } = kit({ lookup })
    const all = Array.from({ length: 100 }, () => whose(of('key')))
    resolve(acme)
    expect(new Set(await Promise.all(all))).toEqual(new Set(['acme']))
    expect(lookup).toHaveBeenCalledTimes(1)
  })

  it('H-202 are remembered up to a number, whatever their names', async () => {
    const lookup = vi.fn(() => acme)
    const { whose } = kit({ lookup, maxCached: 10 })
    for (let at = 0; at < 100; at++) await whose(of(`${'x'.repeat(10_000)}${at}`))
    for (let at = 95; at < 100; at++) await whose(of(`${'x'.repeat(10_000)}${at}`))
    expect(lookup).toHaveBeenCalledTimes(100)
    await whose(of(`${'x'.repeat(10_000)}0`))
    expect(lookup).toHaveBeenCalledTimes(101)
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('no database'))],
    [
      'throws',
      () => {
        throw new TypeError('x')
      },
    ],
    ['does not answer', () => new Promise<null>(() => {})],
  ])('that %s are a failure (503), not a denial, and are asked for again', async (_what, lookup) => {
    let fails = true
    const { whose, denied } = kit({ lookup: () => (fails ? lookup() : acme), timeoutMs: 20, unknown: 'pass' })
    const error = await whose(of('key')).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(EdgeError)
    expect(error).toMatchObject({ code: 'ERR_EDGE_STORE', status: 503 })
    expect(denied).toEqual([])
    fails = false
    expect(await whose(of('key'))).toBe('acme')
  })

  it.each([[true], [{}], [{ id: '' }], [{ id: 7 }], [{ id: 'x', plan: 7 }], [{ id: 'x', groups: 'admin' }]])(
    'that answer %j are a failure (500): a fault of ours must not be a pass',
    async (answer) => {
      const { whose } = kit({ lookup: () => answer as unknown as ConsumerLike, unknown: 'pass' })
      await expect(whose(of('key'))).rejects.toMatchObject({ code: 'ERR_EDGE_BAD_VALUE', status: 500 })
    },
  )

  it('may have more than a consumer has, which is left', async () => {
    const { whose, seen } = kit({ lookup: () => ({ ...acme, password: 'secret' }) as ConsumerLike })
    expect(await whose(of('key'))).toBe('acme')
    expect(consumerOf(seen[0])).toEqual({ id: 'acme', plan: 'pro', groups: [], metadata: {} })
  })

  it('are forgotten when told, also while they are on their way', async () => {
    let plan = 'free'
    let count = 0
    const waits: (() => void)[] = []
    let slow = false
    const lookup = async ({ id }: Principal): Promise<ConsumerLike | null> => {
      count++
      const answer = id === 'no' ? null : { id, plan }
      if (slow) await new Promise<void>((resolve) => waits.push(resolve))
      return answer
    }
    const { filter, whose, seen } = kit({ lookup, unknown: 'pass' })
    const planOf = async (id: string): Promise<string | null | undefined> => {
      await whose(of(id))
      return consumerOf(seen.at(-1))?.plan
    }
    expect([await planOf('a'), await planOf('b'), await planOf('no')]).toEqual(['free', 'free', undefined])
    plan = 'pro'
    filter.forget('a')
    expect([await planOf('a'), await planOf('b')]).toEqual(['pro', 'free'])
    expect(count).toBe(4)
    await planOf('no')
    expect(count).toBe(5)
    slow = true
    filter.forget()
    const old = whose(of('a'))
    await delay(1)
    plan = 'max'
    filter.forget('a')
    slow = false
    expect(await planOf('a')).toBe('max')
    waits[0]!()
    await old
    expect(await planOf('a')).toBe('max')
  })

  it('that answer at once, or are remembered, are explained; what would be asked for is not', async () => {
    const { filter, whose } = kit({ lookup: async () => acme })
    expect(filter.explain!(of('key'))).toMatchObject({ verdict: 'depends', why: 'it would look the consumer up' })
    await whose(of('key'))
    expect(filter.explain!(of('key'))).toMatchObject({ verdict: 'pass', why: 'consumer "acme"' })
  })
})

describe('consumers: options', () => {
  it.each<[unknown, string]>([
    [{}, 'list'],
    [{ list: [{ name: 'x' }] }, 'unknown option "name"'],
    [{ list: [{ plan: 'x' }] }, 'list[0]: option "id"'],
    [{ list: [{ id: 'x' }, { id: 'x' }] }, 'list[1]: option "principals"'],
    [
      {
        list: [
          { id: 'x', principals: ['p'] },
          { id: 'y', principals: ['p'] },
        ],
      },
      'each principal once',
    ],
    [{ list: [{ id: 'x', principals: [7] }] }, 'list[0]: option "principals" is 7'],
    [{ list: [{ id: 'x', principals: [{ id: 'y' }] }] }, 'principals'],
    [{ list: [{ id: 'x', groups: 'g' }] }, 'groups'],
    [{ list: [], unknown: 'allow' }, 'unknown'],
    [{ list: [], anonymous: { plan: 'x' } }, 'anonymous: option "id"'],
    [{ list: [], identityHeaders: { 'x-y': 'roles' } }, 'identityHeaders.x-y'],
    [{ list: [], cacheTtl: 7 }, 'cacheTtl'],
    [{ list: [], cacheMs: -1 }, 'cacheMs'],
    [{ list: [], maxCached: 0 }, 'maxCached'],
  ])('%j are refused, by name: %s', (options, name) => {
    expect(() => consumers(options as ConsumersOptions)).toThrow(name)
    expect(() => consumers(options as ConsumersOptions)).toThrow(EdgeError)
  })
})
