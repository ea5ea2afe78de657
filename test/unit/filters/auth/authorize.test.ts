import { type AuthorizeOptions, authorize, EdgeError, type PrincipalLike } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { noteChallenges } from '../../../../src/filters/auth/challenge.js'
import { setConsumer } from '../../../../src/filters/auth/consumer.js'
import { makePrincipal } from '../../../../src/filters/auth/make-principal.js'
import { setPrincipal } from '../../../../src/filters/auth/principal.js'
import { asked } from '../../asked.js'
import { challengesIn, type Met, meets } from './kit.js'

interface Who extends Partial<PrincipalLike> {
  readonly challenges?: readonly string[]
  readonly consumerGroups?: readonly string[]
}

/** What a principal, or nobody (`null`), may do. */
function may(options: AuthorizeOptions, who: Who | null, target = '/x', method = 'GET'): Promise<Met> {
  const exchange = asked(target, { method })
  const { challenges = ['Basic realm="x"'], consumerGroups, ...like } = who ?? {}
  if (who !== null) setPrincipal(exchange, makePrincipal('test', { id: 'ada', ...like }))
  if (consumerGroups !== undefined) setConsumer(exchange, { id: 'c', plan: null, groups: consumerGroups, metadata: {} })
  noteChallenges(exchange, challenges)
  return meets((events) => authorize({ events, ...options }), exchange)
}

const statusOf = async (...given: Parameters<typeof may>): Promise<number> => (await may(...given)).status

describe('what a principal must be', () => {
  it.each<[AuthorizeOptions, Who, number]>([
    [{}, {}, 200],
    [{ roles: ['admin'] }, { roles: ['admin'] }, 200],
    [{ roles: ['admin', 'owner'] }, { roles: ['owner'] }, 200],
    [{ roles: ['admin', 'owner'], mode: 'all' }, { roles: ['owner'] }, 403],
    [{ roles: ['admin', 'owner'], mode: 'all' }, { roles: ['x', 'owner', 'admin'] }, 200],
    [{ roles: ['admin'] }, { roles: ['Admin', 'administrator', 'admin '] }, 403],
    [{ roles: ['admin'] }, { scopes: ['admin'], groups: ['admin'] }, 403],
    [{ groups: ['a', 'b'] }, { groups: ['b'] }, 200],
    [{ groups: ['a'] }, { consumerGroups: ['a'] }, 200],
    [{ groups: ['a'] }, { groups: ['b'], consumerGroups: ['c'] }, 403],
    [{ scopes: ['read', 'write'] }, { scopes: ['read'] }, 403],
    [{ scopes: ['read', 'write'] }, { scopes: ['write', 'read'] }, 200],
    [{ scopes: ['read', 'write'], mode: 'any' }, { scopes: ['read'] }, 200],
    [{ roles: ['admin'], scopes: ['read'] }, { roles: ['admin'] }, 403],
    [{ roles: ['admin'], scopes: ['read'] }, { roles: ['admin'], scopes: ['read'] }, 200],
    [{ claims: { tenant: 'acme' } }, { claims: { tenant: 'acme' } }, 200],
    [{ claims: { tenant: 'acme' } }, { claims: { tenant: 'other' } }, 403],
    [{ claims: { tenant: 'acme' } }, {}, 403],
    [{ claims: { tenant: ['acme', 'ajax'] } }, { claims: { tenant: 'ajax' } }, 200],
    [{ claims: { aud: 'api' } }, { claims: { aud: ['web', 'api'] } }, 200],
    [{ claims: { verified: true } }, { claims: { verified: 'true' } }, 403],
    [{ claims: { level: (level) => Number(level) > 2 } }, { claims: { level: 3 } }, 200],
    [{ claims: { level: (level) => level as never } }, { claims: { level: 'truthy' } }, 403],
    [{ claims: { a: '1', b: '2' } }, { claims: { a: '1' } }, 403],
    [{ claims: { constructor: () => true } }, {}, 403],
    [{ allow: ({ id }) => id === 'ada' }, {}, 200],
    [{ allow: async ({ id }) => id === 'bob' }, {}, 403],
    [{ allow: (() => 'yes') as never }, {}, 403],
    [{ roles: ['admin'], allow: () => true }, {}, 403],
  ])('%o for %o is %i', async (options, who, status) => expect(await statusOf(options, who)).toBe(status))

  it('is asked of a function only once all else is met, and nobody passes when it fails', async () => {
    let asked = 0
    const allow = (): never => {
      asked++
      throw new TypeError('boom')
    }
    expect(await statusOf({ roles: ['admin'], allow }, {})).toBe(403)
    expect(asked).toBe(0)
    await expect(may({ allow }, {})).rejects.toMatchObject({ code: 'ERR_EDGE_VERIFIER', status: 500 })
    const down = async (): Promise<never> => {
      throw new EdgeError('ERR_EDGE_STORE', 'x')
    }
    await expect(may({ allow: down }, {})).rejects.toMatchObject({ status: 503 })
  })
})

describe('who is not known', () => {
  it('H-134 gets 401 with the challenges of the authenticators, or the one that is given', async () => {
    for (const options of [{}, { roles: ['admin'] }, { rules: [] }] as const) {
      const { status, reply } = await may(options, null)
      expect([status, challengesIn(reply)]).toEqual([401, ['Basic realm="x"']])
    }
    const { reply } = await may({ challenge: ['A', 'B'] }, null)
    expect(challengesIn(reply)).toEqual(['A', 'B'])
    // The first noted ones were of an authenticator that did not know either.
    expect((await may({ challenge: null }, null)).status).toBe(403)
  })

  it('H-134 gets 403 where nobody could know anybody: a 401 must have a challenge', async () => {
    const exchange = asked('/')
    const met = await meets((events) => authorize({ events }), exchange)
    expect([met.status, met.why, challengesIn(met.reply)]).toEqual([403, ['nobody is known'], []])
  })

  it('is let pass where anyone may', async () => {
    expect(await statusOf({ allow: 'anyone' }, null)).toBe(200)
    expect(await statusOf({ otherwise: 'anyone' }, null)).toBe(200)
    expect(await statusOf({ otherwise: 'known' }, null)).toBe(401)
    expect(await statusOf({ otherwise: 'known' }, {})).toBe(200)
    expect(await statusOf({ otherwise: 'deny' }, {})).toBe(403)
  })
})

describe('who is known and may not', () => {
  it('H-134 gets 403 without a challenge', async () => {
    const met = await may({ roles: ['admin'] }, {})
    expect([met.status, met.why, challengesIn(met.reply)]).toEqual([403, ['the principal lacks a role'], []])
  })

  it.each([
    ['Bearer', 'Bearer error="insufficient_scope", scope="read write"'],
    ['Bearer realm="api"', 'Bearer realm="api", error="insufficient_scope", scope="read write"'],
  ])('is told which scopes it takes if it came with a token (%s)', async (challenge, told) => {
    const who = { challenges: [challenge], scopes: ['read'] }
    const met = await may({ scopes: ['read', 'write'] }, who)
    expect([met.status, challengesIn(met.reply)]).toEqual([403, [told]])
    expect(challengesIn((await may({ scopes: ['read', 'write'], roles: ['x'] }, who)).reply)).toEqual([])
  })
})

describe('rules', () => {
  const rules: AuthorizeOptions = {
    rules: [
      { paths: ['/docs/**', '/'], methods: ['GET'], allow: 'anyone' },
      { paths: ['/docs/**'], roles: ['editor'] },
      { paths: ['/admin/**'], roles: ['admin'] },
      { paths: ['/orders/:id'], methods: ['GET', 'PURGE'], scopes: ['read'] },
    ],
  }
  const editor = { roles: ['editor'] }

  it.each<[string, string, Who | null, number]>([
    ['GET', '/docs/a', null, 200],
    ['HEAD', '/docs/a', null, 200],
    ['GET', '/', null, 200],
    ['PUT', '/docs/a', null, 401],
    ['PUT', '/docs/a', {}, 403],
    ['PUT', '/docs/a', editor, 200],
    ['get', '/docs/a', null, 401],
    ['OPTIONS', '/docs/a', null, 401],
    ['GET', '/admin', editor, 403],
    ['GET', '/%61dmin//x', editor, 403],
    ['GET', '/admin/x', { roles: ['admin'] }, 200],
    ['GET', '/orders/7', { scopes: ['read'] }, 200],
    ['HEAD', '/orders/7', { scopes: ['read'] }, 200],
    ['PURGE', '/orders/7', { scopes: ['read'] }, 200],
    ['DELETE', '/orders/7', { scopes: ['read'] }, 403],
    ['GET', '/orders/7/x', { scopes: ['read'] }, 403],
    ['GET', '/other', { roles: ['admin'] }, 403],
    ['GET', '/other', null, 401],
  ])(
    'H-134 H-137 %s %s by %o is %i: the first that fits decides, and what fits none is denied',
    async (method, target, who, status) => {
      expect(await statusOf(rules, who, target, method)).toBe(status)
    },
  )

  it.each<[AuthorizeOptions['otherwise'], Who | null, number]>([
    ['known', {}, 200],
    ['known', null, 401],
    ['anyone', null, 200],
    ['deny', {}, 403],
  ])('leave the rest to %s', async (otherwise, who, status) => {
    expect(await statusOf({ ...rules, otherwise }, who, '/other')).toBe(status)
    expect(await statusOf({ ...rules, otherwise }, who, '/admin')).toBe(who === null ? 401 : 403)
  })

  it('hold for paths in any case, if told so', async () => {
    const open = { rules: [{ paths: ['/Admin/**', '/exact'], roles: ['admin'] }], otherwise: 'anyone' } as const
    for (const target of ['/ADMIN/x', '/EXACT']) {
      expect(await statusOf(open, {}, target)).toBe(200)
      expect(await statusOf({ ...open, caseSensitive: false }, {}, target)).toBe(403)
    }
  })

  it('may be a single one, outside of which all is denied', async () => {
    const reading = { methods: ['GET'], roles: ['reader'] }
    expect(await statusOf(reading, { roles: ['reader'] })).toBe(200)
    expect(await statusOf(reading, { roles: ['reader'] }, '/x', 'POST')).toBe(403)
  })

  it.each<[unknown, RegExp]>([
    [{ roles: [] }, /"roles".*at least one/],
    [{ roles: 'admin' }, /"roles" is "admin"/],
    [{ scopes: ['a b'] }, /"scopes".*RFC 6749/],
    [{ scopes: ['a"b'] }, /"scopes".*RFC 6749/],
    [{ claims: { a: {} } }, /"claims.a" is an object; allowed: a text/],
    [{ claims: { a: [] } }, /"claims.a" is an array/],
    [{ allow: 'everyone' }, /"allow".*'anyone'/],
    [{ allow: 'anyone', roles: ['admin'] }, /"allow" is "anyone"; allowed: with nothing else/],
    [{ rules: [{ role: ['admin'] }] }, /authorize rules.*Did you mean "roles"/],
    [{ rules: [{ paths: ['admin'] }] }, /authorize: option "rules\[0\].paths" is "admin"/],
    [{ rules: [], roles: ['admin'] }, /rules, or roles here, but not both/],
    [{ otherwise: 'allow' }, /"otherwise" is "allow"; allowed: 'deny', 'known', 'anyone'/],
    [{ challenge: 'a\nb' }, /"challenge"/],
    [{ methods: ['A B'] }, /"methods".*method names/],
  ])('H-155 refuse %j', (options, message) => expect(() => authorize(options as never)).toThrow(message))
})

it('authorize explains what depends on who asks, and asks nobody', () => {
  const verdict = (options: AuthorizeOptions, known: boolean) => {
    const exchange = asked('/x')
    if (known) setPrincipal(exchange, makePrincipal('test', { id: 'ada' }))
    return authorize(options).explain!(exchange).verdict
  }
  const never = (): never => {
    throw new Error('asked')
  }
  expect(verdict({}, false)).toBe('depends')
  expect(verdict({ allow: never }, true)).toBe('depends')
  expect(verdict({ allow: 'anyone' }, false)).toBe('pass')
  expect([verdict({}, true), verdict({ roles: ['x'] }, true)]).toEqual(['pass', 'deny'])
})
