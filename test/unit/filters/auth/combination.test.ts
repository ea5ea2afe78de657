import {
  type Authenticator,
  allOf,
  anyOf,
  apiKey,
  basicAuth,
  bytes,
  bytesBody,
  EdgeError,
  type EventHub,
  type Exchange,
  optional,
  principalOf,
  reply,
  StreamBody,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import {
  type Authentication,
  type AuthOptions,
  defineAuthenticator,
} from '../../../../src/filters/auth/authenticator.js'
import { makePrincipal } from '../../../../src/filters/auth/make-principal.js'
import { type Asked, asked } from '../../asked.js'
import { ran } from '../ran.js'
import { basic, challengesIn, type Met, meets } from './kit.js'

const streamOf = (text: string): StreamBody => {
  const body = new StreamBody({ pause: () => {}, resume: () => {}, cancel: () => {} }, text.length)
  body.push(Buffer.from(text))
  body.end()
  return body
}

const ada = basic('ada:x')
const users = { ada: 'x' }
const keys = { key: { id: 'acme' } }

const BASIC = 'Basic realm="Restricted", charset="UTF-8"'
const APIKEY = 'ApiKey realm="api"'

/** Says what it is told, and counts how often it was asked. */
function saying(
  name: string,
  found: object | (() => never),
  options: AuthOptions & { challenge?: string | null } = {},
) {
  const { challenge = name, ...rest } = options
  const calls = { asked: 0, started: 0, closed: 0 }
  const filter = defineAuthenticator(
    {
      filterName: name,
      challenge,
      authenticate: () => {
        calls.asked++
        return typeof found === 'function' ? found() : (found as Authentication)
      },
      strip: (exchange) => exchange.with({ headers: { ...exchange.headers, [`stripped-${name}`]: '1' } }),
      start: async () => void calls.started++,
      close: async () => void calls.closed++,
    },
    rest,
  )
  return Object.assign(filter, { calls })
}

const accepts = (id: string) => ({ outcome: 'accepted', principal: makePrincipal('test', { id }) })
const absent = { outcome: 'absent' }
const rejects = (odd: object = {}) => ({ outcome: 'rejected', why: 'bad', ...odd })
const fails = (): never => Promise.reject(new EdgeError('ERR_EDGE_STORE', 'down')) as never
const later = (found: object) => () => Promise.resolve(found) as never

describe('anyOf', () => {
  const either = (given: Asked): Promise<Met> =>
    meets((events) => anyOf(apiKey({ keys, events }), basicAuth({ users, events })), given)

  it.each<[string, Record<string, string>, string]>([
    ['the first', { 'x-api-key': 'key' }, 'acme'],
    ['the second', { authorization: ada }, 'ada'],
    ['the first of both', { 'x-api-key': 'key', authorization: ada }, 'acme'],
    ['the second after a bad first', { 'x-api-key': 'bad', authorization: ada }, 'ada'],
    ['the first before a bad second', { 'x-api-key': 'key', authorization: basic('ada:y') }, 'acme'],
  ])('lets pass whom one accepts, and takes the credentials of all away: %s', async (_what, headers, who) => {
    const { passed, ...met } = await either({ headers: { ...headers, a: '1' } })
    expect([met.status, met.who, { ...passed?.headers }]).toEqual([200, who, { a: '1' }])
  })

  it.each<[string, Record<string, string>, string]>([
    ['nothing', {}, 'no credential'],
    ['a bad key', { 'x-api-key': 'bad' }, 'nobody has this key'],
    ['a bad pair', { authorization: 'Basic YTpi!!' }, 'the credential is malformed'],
    [
      'both bad',
      { 'x-api-key': 'bad', authorization: basic('a:b') },
      'nobody has this key; the name or the password is wrong',
    ],
  ])('H-134 denies %s with every challenge, a line each', async (_what, headers, why) => {
    const met = await either({ headers })
    expect([met.status, met.why, challengesIn(met.reply)]).toEqual([401, [why], [APIKEY, BASIC]])
  })

  it('challenges once where two would alike, and as who rejected says', async () => {
    const one = saying('Bearer', rejects({ challenge: 'Bearer error="invalid_token"' }), { challenge: 'Bearer' })
    const two = saying('Bearer', absent)
    const { reply: answer } = await meets((events) =>
      anyOf(saying('x', absent, { events, challenge: null }), one, two, two),
    )
    expect(challengesIn(answer)).toEqual(['Bearer error="invalid_token"', 'Bearer'])
  })

  it('asks in order, and nobody once one has accepted', async () => {
    const [one, two, three] = [saying('a', later(absent)), saying('b', later(accepts('b'))), saying('c', accepts('c'))]
    const { passed } = await ran(anyOf(one, two, three), asked('/'))
    expect(principalOf(passed ?? undefined)?.id).toBe('b')
    expect([one, two, three].map((each) => each.calls.asked)).toEqual([1, 1, 0])
  })

  it('writes the identity fields of whom it accepted, and strips as each member is told', async () => {
    const one = saying('a', absent, { identityHeaders: { 'x-a': 'id' }, keepCredential: 'everywhere' })
    const two = saying('b', accepts('b'), { identityHeaders: { 'x-b': 'id' } })
    const both = anyOf(one, two)
    expect({ ...(await meets(() => both)).passed?.headers }).toEqual({ 'stripped-b': '1', 'x-b': 'b' })
    expect(both.identityHeaders).toEqual(['x-a', 'x-b'])
  })

  it('H-132 fails if one failed and nobody accepts: what was not decided is no 401', async () => {
    for (const others of [[], [saying('b', absent)], [saying('b', rejects())]])
      await expect(meets(() => anyOf(saying('a', fails), ...others))).rejects.toMatchObject({
        code: 'ERR_EDGE_STORE',
      })
    const met = await meets(() => anyOf(saying('a', fails), saying('b', later(accepts('b')))))
    expect(met.who).toBe('b')
  })

  it('fails even with what is no error at all', async () => {
    const failing = (): never => Promise.reject(undefined) as never
    await expect(meets(() => anyOf(saying('a', failing)))).rejects.toBeUndefined()
  })

  it.each<[string, readonly object[], number, string[]]>([
    ['a 413 is said as it is', [absent, rejects({ status: 413 })], 413, []],
    ['a 403 gives way to a challenge', [absent, rejects({ status: 403 })], 401, ['a', 'b']],
    ['a reply of a 401 gives way', [absent, rejects({ reply: reply(401, 'x') })], 401, ['a', 'b']],
    [
      'and lends its challenge',
      [absent, rejects({ reply: reply(401, 'x', { 'www-authenticate': 'Own' }) })],
      401,
      ['a', 'Own'],
    ],
  ])('%s', async (_what, found, status, challenges) => {
    const met = await meets((events) => anyOf(...found.map((each, at) => saying('ab'[at]!, each, { events }))))
    expect([met.status, challengesIn(met.reply)]).toEqual([status, challenges])
  })

  it('is a 403 where nobody has a challenge', async () => {
    const only = (found: object, events: EventHub) => anyOf(saying('a', found, { challenge: null, events }))
    expect((await meets((events) => only(rejects({ status: 403 }), events))).status).toBe(403)
  })

  it('lets go of a reply that nobody gets', async () => {
    const cancelled: number[] = []
    const body = new StreamBody({ pause: () => {}, resume: () => {}, cancel: () => cancelled.push(1) }, 10 ** 6)
    const unwanted = rejects({ reply: reply(401, body) })
    await meets(() => anyOf(saying('a', unwanted), saying('b', accepts('b'))))
    expect(cancelled).toHaveLength(1)
    await expect(bytes(body, 10)).rejects.toThrow()
  })

  it('H-137 does not ask who skips the path; it needs none only where all skip it', async () => {
    const skipping = (events?: EventHub) => saying('a', accepts('a'), { skipPaths: ['/x'], events })
    const one = await meets((events) => anyOf(skipping(events), saying('b', absent)))
    expect([one.status, one.who, challengesIn(one.reply)]).toEqual([401, undefined, ['b']])
    const all = await meets(() => anyOf(skipping(), skipping()))
    expect([all.status, all.who]).toEqual([200, undefined])
  })

  it('refuses a member that is optional, and none', () => {
    expect(() => anyOf(optional(basicAuth({ users })))).toThrow(/anyOf: option "0".*use optional\(anyOf/)
    expect(() => anyOf()).toThrow(/at least one authenticator/)
    expect(() => anyOf((async () => reply(200)) as never)).toThrow(/an authenticator, as basicAuth/)
  })
})

describe('allOf', () => {
  it('lets pass whom all accept; the last says who it is, and each writes its fields', async () => {
    const one = saying('a', accepts('a'), { identityHeaders: { 'x-a': 'id' } })
    const two = saying('b', later(accepts('b')), { identityHeaders: { 'x-b': 'id' } })
    const met = await meets(() => allOf(one, two))
    expect([met.status, met.who, { ...met.passed?.headers }]).toEqual([
      200,
      'b',
      { 'stripped-a': '1', 'x-a': 'a', 'stripped-b': '1', 'x-b': 'b' },
    ])
  })

  it.each<[string, readonly object[], number, readonly string[], string]>([
    ['nothing at all', [absent, absent], 401, ['a'], 'no credential'],
    ['the second missing', [accepts('a'), absent], 401, ['b'], 'no credential for b'],
    ['the first missing', [absent, accepts('b')], 401, ['a'], 'no credential'],
    ['a bad second', [accepts('a'), rejects()], 401, ['b'], 'bad'],
    ['a bad first', [rejects(), accepts('b')], 401, ['a'], 'bad'],
    ['a forbidden second', [accepts('a'), rejects({ status: 403 })], 403, [], 'bad'],
  ])('H-134 denies %s, with the challenge of who missed it', async (_what, found, status, challenges, why) => {
    const met = await meets((events) => allOf(...found.map((each, at) => saying('ab'[at]!, each, { events }))))
    expect([met.status, challengesIn(met.reply), met.why, met.who]).toEqual([status, challenges, [why], undefined])
  })

  it('asks nobody behind the one that denies, and fails with whom fails', async () => {
    const two = saying('b', later(accepts('b')))
    await meets((events) => allOf(saying('a', later(absent), { events }), two))
    expect(two.calls.asked).toBe(1)
    await expect(meets(() => allOf(saying('a', later(accepts('a'))), saying('b', fails)))).rejects.toMatchObject({
      code: 'ERR_EDGE_STORE',
    })
  })

  it('passes over members that are optional, or skip the path', async () => {
    const skipping = saying('s', rejects(), { skipPaths: ['/x'] })
    const met = await meets(() => allOf(optional(saying('a', absent)), skipping, saying('b', accepts('b'))))
    expect([met.status, met.who]).toEqual([200, 'b'])
    expect((await meets(() => allOf(optional(saying('a', absent)), skipping))).status).toBe(200)
    expect(
      (await meets((events) => allOf(optional(saying('a', rejects(), { events })), saying('b', accepts('b'))))).status,
    ).toBe(401)
  })
})

describe('optional', () => {
  it.each<[string, Record<string, string>, number, string | undefined]>([
    ['nothing', {}, 200, undefined],
    ['a good credential', { authorization: ada }, 200, 'ada'],
    ['a bad one', { authorization: basic('ada:y') }, 401, undefined],
    ['a malformed one', { authorization: 'Basic' }, 401, undefined],
    ['one of another scheme', { authorization: 'Bearer x' }, 200, undefined],
  ])('takes %s', async (_what, headers, status, who) => {
    const met = await meets((events) => optional(basicAuth({ users, events })), { headers })
    expect([met.status, met.who]).toEqual([status, who])
  })

  it('challenges, writes and strips as what it makes optional', async () => {
    const filter = optional(basicAuth({ users, identityHeaders: { 'x-user': 'id' } }))
    const met = await meets(() => filter, { headers: { authorization: ada } })
    expect([filter.filterName, filter.identityHeaders, { ...met.passed?.headers }]).toEqual([
      'basicAuth',
      ['x-user'],
      { 'x-user': 'ada' },
    ])
    const bad = await meets((events) => optional(basicAuth({ users, events })), {
      headers: { authorization: basic('a:b') },
    })
    expect(challengesIn(bad.reply)).toEqual([BASIC])
  })

  it('lets nobody pass whose verifier fails', async () => {
    await expect(meets(() => optional(saying('a', fails)))).rejects.toMatchObject({ status: 503 })
  })

  it('takes half of what is needed for a bad credential', async () => {
    const met = await meets((events) => optional(allOf(saying('a', accepts('a'), { events }), saying('b', absent))))
    expect(met.status).toBe(401)
  })
})

describe('combinations', () => {
  it('nest', async () => {
    const filter = (events: EventHub) =>
      optional(
        anyOf(
          allOf(apiKey({ keys, events, identityHeaders: { 'x-key': 'id' } }), basicAuth({ users })),
          saying('c', absent),
        ),
      )
    const headers = { 'x-api-key': 'key', authorization: ada }
    const met = await meets(filter, { headers })
    expect([met.status, met.who, { ...met.passed?.headers }]).toEqual([
      200,
      'ada',
      { 'stripped-c': '1', 'x-key': 'acme' },
    ])
    expect((await meets(filter)).status).toBe(200)
    expect((await meets(filter, { headers: { 'x-api-key': 'key' } })).status).toBe(401)
  })

  it('start and close each member once, wherever it stands', async () => {
    const member = saying('a', absent)
    const chain: readonly Authenticator[] = [member, anyOf(member, allOf(member)), optional(member)]
    await Promise.all(chain.map((each) => each.start?.()))
    await Promise.all(chain.map((each) => each.close?.()))
    expect(member.calls).toEqual({ asked: 0, started: 1, closed: 1 })
  })

  describe('of members that read the body', () => {
    const posted = () => asked('/', { method: 'POST', body: streamOf('hello') })
    const reading = (name: string, outcome: 'accepted' | 'rejected', replaces = true): Authenticator =>
      defineAuthenticator(
        {
          filterName: name,
          challenge: name,
          authenticate: async (exchange) => {
            const body = bytesBody(await bytes(exchange.body, 100))
            const found = outcome === 'accepted' ? accepts(name) : rejects()
            return { ...found, ...(replaces ? { exchange: exchange.with({ body }) } : {}) } as Authentication
          },
          strip: (exchange) => exchange,
        },
        {},
      )
    const textOf = async (exchange: Exchange | null) =>
      exchange === null ? null : Buffer.from(await bytes(exchange.body, 100)).toString()

    it.each<[string, () => Authenticator]>([
      ['one accepts', () => reading('a', 'accepted')],
      ['anyOf, the first accepts', () => anyOf(reading('a', 'accepted'), reading('b', 'accepted'))],
      ['anyOf, the first rejects', () => anyOf(reading('a', 'rejected'), reading('b', 'accepted'))],
      ['anyOf, one that does not read it accepts', () => anyOf(reading('a', 'rejected'), saying('b', accepts('b')))],
      ['allOf', () => allOf(reading('a', 'accepted'), reading('b', 'accepted'))],
      [
        'all of it',
        () => optional(anyOf(reading('a', 'rejected'), allOf(reading('b', 'accepted'), saying('c', accepts('c'))))),
      ],
    ])('hand it on to each other and to what stands behind: %s', async (_what, make) => {
      const { passed } = await ran(make(), posted())
      expect(await textOf(passed)).toBe('hello')
    })

    it('end with one that rejects and keeps it', async () => {
      const next = saying('b', accepts('b'))
      const { passed, reply: answer } = await ran(anyOf(reading('a', 'rejected', false), next), posted())
      expect([passed, answer.status, next.calls.asked]).toEqual([null, 401, 0])
      expect((await ran(anyOf(reading('a', 'rejected', false), next), asked('/'))).passed).not.toBeNull()
    })
  })

  it('are authenticators to who made them by hand', async () => {
    const { authenticator: traits } = anyOf(basicAuth({ users }), apiKey({ keys }))
    const exchange = asked('/', { headers: { authorization: ada, 'x-api-key': 'no' } })
    expect(await traits.authenticate(exchange)).toMatchObject({
      outcome: 'accepted',
      principal: { id: 'ada' },
    })
    expect(traits.challenge).toEqual([BASIC, APIKEY])
  })
})
