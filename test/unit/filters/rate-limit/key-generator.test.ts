import { type Exchange, type KeyGenerator, limitsOf, rateLimit } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { setConsumer } from '../../../../src/filters/auth/consumer.js'
import { makePrincipal } from '../../../../src/filters/auth/make-principal.js'
import { setPrincipal } from '../../../../src/filters/auth/principal.js'
import { type Asked, asked } from '../../asked.js'
import { from, tried } from './kit.js'

const twoFor = (keyGenerator?: KeyGenerator) =>
  tried((events) => rateLimit({ limit: 2, keyGenerator, events, now: () => 1_000 }))

/** Keys that an exchange is counted by. */
async function keysOf(keyGenerator: KeyGenerator, exchange: Exchange): Promise<string[]> {
  await tried((events) => rateLimit({ limit: 2, keyGenerator, events })).send(exchange)
  return limitsOf(exchange).map(({ key }) => key)
}

function known(id: string, odd: Asked = {}): Exchange {
  const exchange = asked('/', odd)
  setPrincipal(exchange, makePrincipal('jwt', { id }))
  return exchange
}

describe('addresses', () => {
  it('H-138 a hundred addresses of one /64 share a limit, as do those of one /56', async () => {
    const it = twoFor()
    const statuses: number[] = []
    for (let at = 0; at < 100; at++)
      statuses.push((await it.ask('/', from(`2001:db8:0:${at % 2 ? '17' : '2a'}:${at.toString(16)}::1`))).status)
    expect(statuses.filter((status) => status === 200).length).toBe(2)
    expect((await it.ask('/', from('2001:db8:0:100::1'))).status).toBe(200)
  })

  it('H-138 how wide a subnet is can be said', async () => {
    const it = tried((events) => rateLimit({ limit: 1, ipv6Subnet: 64, events }))
    expect((await it.ask('/', from('2001:db8:0:17::1'))).status).toBe(200)
    expect((await it.ask('/', from('2001:db8:0:17:ffff::1'))).status).toBe(429)
    expect((await it.ask('/', from('2001:db8:0:18::1'))).status).toBe(200)
  })

  it.each(['::ffff:1.2.3.4', '::ffff:102:304', '::FFFF:1.2.3.4', '0:0:0:0:0:ffff:102:304'])(
    'H-139 %s is the IPv4 address that it maps, and no other',
    async (address) => {
      expect(await keysOf('address', asked('/', from(address)))).toEqual(['1.2.3.4'])
    },
  )

  it('H-139 mapped addresses don’t all share one limit, and an address that only looks mapped is none', async () => {
    const it = twoFor()
    expect(await it.statuses(3, '/', from('::ffff:1.2.3.4'))).toEqual([200, 200, 429])
    expect(await it.statuses(1, '/', from('::ffff:1.2.3.5'))).toEqual([200])
    expect(await it.statuses(1, '/', from('1.2.3.4'))).toEqual([429])
    expect(await it.statuses(1, '/', from('2001:db8::1.2.3.4'))).toEqual([200])
    expect(await keysOf('address', asked('/', from('2001:db8::1.2.3.4')))).toEqual(['2001:db8::/56'])
  })
})

describe('H-140 without a key', () => {
  const unix = from('')

  it('H-140 peers on a Unix socket share one limit, and somebody is told', async () => {
    const it = twoFor()
    expect(await it.statuses(4, '/', unix)).toEqual([200, 200, 429, 429])
    expect(it.told.fault.map(({ where, error }) => [where, String(error)])).toEqual([
      ['rateLimit "2-in-1min"', expect.stringContaining('no key')],
    ])
    expect(it.told.limited.map(({ key }) => key)).toEqual(['no key', 'no key'])
  })

  it.each([
    ['pass', [200, 200, 200]],
    ['deny', [429, 429, 429]],
  ] as const)('H-140 they %s if that is wanted', async (missingKey, statuses) => {
    const it = tried((events) => rateLimit({ limit: 1, missingKey, events }))
    expect(await it.statuses(3, '/', unix)).toEqual(statuses)
    expect(it.told.fault.length).toBe(1)
  })

  it.each([undefined, '', null, 5, Promise.resolve(undefined)])(
    'H-140 %o of a function is no key, and never one that all share as "undefined"',
    async (key) => {
      const it = tried((events) =>
        rateLimit({ limit: 1, keyGenerator: () => key as never, missingKey: 'deny', events }),
      )
      expect((await it.ask()).status).toBe(429)
      expect(it.told.denied.map(({ why }) => why)).toEqual(['it has no key to be limited by'])
    },
  )

  it('H-140 a client that left before its address was read takes no units of others', async () => {
    const it = tried((events) => rateLimit({ limit: 1, events }))
    const gone = asked('/', unix)
    gone.cancel.abort(new Error('left'))
    expect((await it.send(gone)).status).toBe(429)
    expect(it.told.fault).toEqual([])
    expect((await it.ask('/', unix)).status).toBe(200)
  })

  it('H-140 a missing field is no key: the client’s address stands in', async () => {
    expect(await keysOf({ header: 'X-Tenant' }, asked('/'))).toEqual(['192.0.2.1'])
    expect(await keysOf([{ header: 'X-Tenant' }, 'path'], asked('/a'))).toEqual(['9:192.0.2.1 7:path:/a'])
  })
})

describe('H-148 keys that nobody has verified', () => {
  const keyed = (value: string, address = '192.0.2.1'): Asked => ({
    headers: { 'x-api-key': value },
    client: { address },
  })

  it('H-148 a new value with each request is no new limit: the address is limited, too', async () => {
    const it = twoFor({ header: 'X-Api-Key' })
    const statuses = []
    for (let at = 0; at < 5; at++) statuses.push((await it.ask('/', keyed(`random ${at}`))).status)
    expect(statuses).toEqual([200, 200, 429, 429, 429])
    expect((await it.ask('/', keyed('random 9', '192.0.2.9'))).status).toBe(200)
  })

  it('H-148 one value from many addresses is limited as well, and what is denied by it takes nothing of an address', async () => {
    const it = twoFor({ header: 'x-api-key' })
    const statuses = []
    for (let at = 0; at < 4; at++) statuses.push((await it.ask('/', keyed('stolen', `192.0.2.${at}`))).status)
    expect(statuses).toEqual([200, 200, 429, 429])
    expect(await it.statuses(3, '/', keyed('own', '192.0.2.3'))).toEqual([200, 200, 429])
  })

  it('H-148 a principal whose key goes round is limited as that principal', async () => {
    const it = twoFor({ header: 'x-api-key' })
    const statuses = []
    for (let at = 0; at < 3; at++) statuses.push((await it.send(known('alice', keyed(`random ${at}`)))).status)
    expect(statuses).toEqual([200, 200, 429])
    expect((await it.send(known('bob', keyed('random 0')))).status).toBe(200)
  })

  it('a field that something in front has verified is a key of its own', async () => {
    const it = twoFor({ header: 'x-api-key', trusted: true })
    expect(await it.statuses(3, '/', keyed('a'))).toEqual([200, 200, 429])
    expect(await it.statuses(3, '/', keyed('b'))).toEqual([200, 200, 429])
  })

  it('no value of a field stands in keys, events or stores', async () => {
    const keys = await keysOf({ header: 'x-api-key', trusted: true }, asked('/', keyed('secret')))
    expect(keys).toEqual([expect.stringMatching(/^header:x-api-key:[A-Za-z0-9_-]{43}$/)])
    expect(await keysOf({ header: 'x-api-key' }, asked('/', keyed('secret')))).toEqual(['192.0.2.1', ...keys])
  })

  it('who is not known is limited by address: a credential that nobody accepted is no key', async () => {
    const forged = asked('/', { headers: { authorization: 'Bearer forged' } })
    expect(await keysOf('principal', forged)).toEqual(['192.0.2.1'])
    expect(await keysOf('consumer', asked('/'))).toEqual(['192.0.2.1'])
    expect(await keysOf('consumer', known('alice'))).toEqual(['principal:jwt:alice'])
    const exchange = known('alice')
    setConsumer(exchange, { id: 'acme', plan: null, groups: [], metadata: {} })
    expect(await keysOf('consumer', exchange)).toEqual(['consumer:acme'])
  })
})

describe('H-149 paths', () => {
  it.each(['/login', '//login', '/LOGIN', '/%6cogin', '/login/', '/Log%69n//', '/login?x=1'])(
    'H-149 %s is /login',
    async (target) => {
      expect(await keysOf('path', asked(target))).toEqual(['path:/login'])
    },
  )

  it('H-149 all spellings share one limit, by path and by route', async () => {
    const it = twoFor(['address', 'path'])
    const spellings = ['/login', '//login', '/LOGIN', '/%6cogin', '/login/']
    const statuses = []
    for (const spelling of spellings) statuses.push((await it.ask(spelling)).status)
    expect(statuses).toEqual([200, 200, 429, 429, 429])
    expect((await it.ask('/logout')).status).toBe(200)
  })
})

describe('several parts', () => {
  it('can’t be spelled to look like others', async () => {
    const exchanges = [known('a 1:b'), known('a')]
    const keys = await Promise.all(exchanges.map((exchange) => keysOf(['principal', 'path'], exchange)))
    expect(keys[0]).not.toEqual(keys[1])
    expect(await keysOf(['principal', 'path'], known('a'))).toEqual(['15:principal:jwt:a 6:path:/'])
  })

  it('of everybody together, and by route', async () => {
    const it = twoFor('all')
    expect((await it.ask('/', from('192.0.2.1'))).status).toBe(200)
    expect((await it.ask('/', from('192.0.2.2'))).status).toBe(200)
    expect((await it.ask('/', from('192.0.2.3'))).status).toBe(429)
    const exchange = asked('/x', { route: '/users/:id' })
    expect(await keysOf('route', exchange)).toEqual(['route:/users/:id'])
  })

  it.each([[[]], ['ip'], [['address', 'ip']], [{}], [{ header: '' }], [{ header: 'x', verified: true }], [5]])(
    'refuses %o',
    (keyGenerator) => {
      expect(() => rateLimit({ limit: 1, keyGenerator: keyGenerator as never })).toThrow(/rateLimit/)
    },
  )
})
