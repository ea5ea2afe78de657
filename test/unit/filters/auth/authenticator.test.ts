import {
  type Authenticator,
  authenticator,
  type CustomAuthenticatorOptions,
  EdgeError,
  type Exchange,
  principalOf,
  reply,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Authentication, defineAuthenticator } from '../../../../src/filters/auth/authenticator.js'
import { challengesOf } from '../../../../src/filters/auth/challenge.js'
import { makePrincipal } from '../../../../src/filters/auth/make-principal.js'
import { changeHeaders } from '../../../../src/http/header-map.js'
import { parseTarget } from '../../../../src/http/target.js'
import { asked } from '../../asked.js'
import { ran } from '../ran.js'
import { challengesIn, failures, type Met, meets } from './kit.js'

const session = (options: Partial<CustomAuthenticatorOptions> = {}, given = {}, target?: string): Promise<Met> =>
  meets(
    (events) => authenticator({ name: 'session', verify: () => ({ id: 'ada', groups: ['g'] }), events, ...options }),
    given,
    target,
  )

describe('an authenticator of one’s own', () => {
  it.each<[string, CustomAuthenticatorOptions['verify'], number, string[]]>([
    ['a principal', () => ({ id: 'ada' }), 200, []],
    ['a principal later', async () => ({ id: 'ada' }), 200, []],
    ['null', () => null, 401, ['no credential']],
    ['false', async () => false as const, 401, ['the verifier rejected the credential']],
  ])('says %s', async (_what, verify, status, why) => {
    const met = await session({ verify })
    expect([met.status, met.why]).toEqual([status, why])
  })

  it.each<readonly [string, () => unknown, string, number]>([
    ['undefined, as one that forgot to return', () => undefined, 'ERR_EDGE_VERIFIER', 500],
    ['true, which is nobody', () => true, 'ERR_EDGE_VERIFIER', 500],
    ['an empty object', () => ({}), 'ERR_EDGE_VERIFIER', 500],
    ['an empty id', () => ({ id: '' }), 'ERR_EDGE_VERIFIER', 500],
    ['roles that are a text', () => ({ id: 'a', roles: 'admin' }), 'ERR_EDGE_VERIFIER', 500],
    ...failures,
  ])('lets nobody pass with %s', async (_what, verify, code, status) => {
    for (const each of [verify, async () => verify()])
      await expect(session({ verify: each as never })).rejects.toMatchObject({ code, status })
  })

  it('H-134 challenges with its name, with what it is told, or not at all', async () => {
    const challengeOf = async (challenge?: CustomAuthenticatorOptions['challenge']) =>
      challengesIn((await session({ verify: () => null, challenge })).reply)
    expect(await challengeOf()).toEqual(['session'])
    expect(await challengeOf('Session realm="x"')).toEqual(['Session realm="x"'])
    expect(await challengeOf(['A', 'B realm="x"'])).toEqual(['A', 'B realm="x"'])
    expect(await challengeOf(null)).toEqual([])
  })

  it('sets the principal, complete and frozen, with claims that inherit nothing (H-154)', async () => {
    const claims = JSON.parse('{"__proto__": {"admin": true}, "a": 1}')
    const { passed } = await session({ verify: () => ({ id: 'ada', claims }) })
    const principal = principalOf(passed!)!
    expect(principal).toMatchObject({ id: 'ada', scheme: 'session', roles: [], scopes: [], groups: [] })
    expect([Object.isFrozen(principal), Object.getPrototypeOf(principal.claims)?.admin]).toEqual([true, undefined])
    expect(principal.claims['admin']).toBeUndefined()
  })

  it('H-135 takes its credential away, unless told to keep it', async () => {
    const strip = (exchange: Exchange): Exchange =>
      exchange.with({ headers: changeHeaders(exchange.headers, { 'x-session': undefined }) })
    const given = { headers: { 'x-session': 's', a: '1' } }
    expect({ ...(await session({ strip }, given)).passed?.headers }).toEqual({ a: '1' })
    expect({ ...(await session({ strip, keepCredential: true }, given)).passed?.headers }).toEqual(given.headers)
    expect({ ...(await session({ strip, skipPaths: ['/x'] }, given)).passed?.headers }).toEqual({ a: '1' })
  })

  it.each<[unknown, RegExp]>([
    [{ name: 'a' }, /"verify" is undefined/],
    [{ verify: () => null }, /"name" is undefined; allowed: a scheme/],
    [{ name: 'a b', verify: () => null }, /"name" is "a b"/],
    [{ name: 'a', verify: () => null, challenge: 'a\r\nb: c' }, /"challenge"/],
    [{ name: 'a', verify: () => null, challenge: ['a', 1] }, /"challenge"/],
    [
      { name: 'a', verify: () => null, keepCredential: 'yes' },
      /"keepCredential" is "yes"; allowed: true or false, or 'everywhere'/,
    ],
    [{ name: 'a', verify: () => null, skipPaths: ['/a{b}'] }, /a: option "skipPaths"/],
  ])('H-155 refuses %j', (options, message) => expect(() => authenticator(options as never)).toThrow(message))
})

describe('paths that need no authentication', () => {
  const options = { verify: () => null, skipPaths: ['/public/**', '/health', '/*.png'] } as const

  it.each([
    ['/public', 200],
    ['/public/', 200],
    ['/public/a', 200],
    ['/public//a', 200],
    ['/%70ublic/a', 200],
    ['/health', 200],
    ['/health?x', 200],
    ['/a.png', 200],
    ['/publicly', 401],
    ['/PUBLIC/a', 401],
    ['/health/', 401],
    ['/health/x', 401],
    ['/x/public/', 401],
    ['/a?/public/', 401],
    ['/a/b.png', 401],
  ])('H-137 %s is %i', async (target, status) => expect((await session(options, {}, target)).status).toBe(status))

  it.each([
    '/public/../x',
    '/public/%2e%2e/x',
    '/public/..%2fx',
    '/public/..;/x',
    '/public/..\\x',
    'http://b.test/public/',
  ])('H-137 %s gets nowhere: such a path is no target', (target) =>
    expect(parseTarget(target, 'GET', 'a.test')).toHaveProperty('error'),
  )

  it('H-137 fields that name another path, method or client change nothing', async () => {
    const headers = {
      'x-original-url': '/public/a',
      'x-rewrite-url': '/public/a',
      'x-forwarded-uri': '/public/a',
      'user-agent': 'kube-probe/1.0',
      referer: 'http://a.test/public/a',
    }
    expect((await session(options, { headers }, '/private')).status).toBe(401)
  })

  it('have no principal, even if a credential is shown', async () => {
    const met = await session({ skipPaths: ['/x'] })
    expect([met.status, met.who]).toEqual([200, undefined])
  })
})

const throws = (): never => {
  throw new EdgeError('ERR_EDGE_STORE', 'x')
}

describe('an authenticator', () => {
  const principal = makePrincipal('test', { id: 'ada' })
  const make = (found: () => Authentication | Promise<Authentication>, odd = {}, options = {}) =>
    defineAuthenticator(
      { filterName: 'test', challenge: 'Test', authenticate: found, strip: (exchange) => exchange, ...odd },
      options,
    )

  it('decides what it knows in the same turn', async () => {
    let passed = false
    const filter = make(() => ({ outcome: 'accepted', principal }))
    const answer = filter(asked('/'), async () => {
      passed = true
      return reply(200)
    })
    expect(passed).toBe(true)
    await answer
  })

  it.each<[string, Authenticator]>([
    ['authenticate', make(() => throws())],
    ['strip', make(() => ({ outcome: 'accepted', principal }), { strip: throws })],
    ['an identity field', make(() => ({ outcome: 'accepted', principal }), {}, { identityHeaders: { 'x-a': throws } })],
  ])('rejects with what %s failed with, and never throws', async (_what, filter) => {
    const answer = filter(asked('/'), async () => reply(200))
    await expect(answer).rejects.toMatchObject({ code: 'ERR_EDGE_STORE' })
  })

  it.each<[string, object, number, readonly string[]]>([
    ['a status of its own', { status: 403 }, 403, []],
    ['a challenge of its own', { challenge: 'Test error="x"' }, 401, ['Test error="x"']],
    ['both', { status: 403, challenge: 'Test error="scope"' }, 403, ['Test error="scope"']],
    ['no challenge', { challenge: null }, 401, []],
    ['a reply', { reply: reply(418, 'x', { 'x-own': '1' }) }, 418, []],
    ['nothing of its own', {}, 401, ['Test']],
  ])('can reject with %s', async (_what, odd, status, challenges) => {
    const met = await meets((events) => make(() => ({ outcome: 'rejected', why: 'w', ...odd }), {}, { events }))
    expect([met.status, met.why, challengesIn(met.reply)]).toEqual([status, ['w'], challenges])
  })

  it('explains, and asks nobody for it', () => {
    const verdict = (found: () => Authentication | Promise<Authentication>, odd = {}) =>
      make(found, odd).explain!(asked('/'))
    expect(verdict(() => ({ outcome: 'accepted', principal }))).toMatchObject({
      verdict: 'pass',
      why: 'it is test: ada',
    })
    expect(verdict(() => ({ outcome: 'absent' }))).toEqual({ verdict: 'deny', why: 'no credential', status: 401 })
    expect(verdict(() => ({ outcome: 'rejected', why: 'w' }))).toEqual({ verdict: 'deny', why: 'w', status: 401 })
    expect(
      verdict(async () => {
        throw new Error('x')
      }),
    ).toMatchObject({ verdict: 'depends' })
    const explain = () => ({ outcome: 'unsure', why: 'w' })
    const never = () => {
      throw new Error('asked')
    }
    expect(verdict(never, { explain })).toMatchObject({ verdict: 'depends', why: 'w' })
  })

  it('starts and closes what it is made of once, with its own `this`', async () => {
    const calls: string[] = []
    class Traits {
      readonly filterName = 'test'
      readonly challenge = 'Test'
      authenticate(): Authentication {
        return { outcome: 'absent' }
      }
      strip(exchange: Exchange): Exchange {
        return exchange
      }
      async start(): Promise<void> {
        calls.push(`start ${this.filterName}`)
      }
      async close(): Promise<void> {
        calls.push(`close ${this.filterName}`)
      }
    }
    const filter = defineAuthenticator(new Traits(), {})
    await Promise.all([filter.start!(), filter.start!()])
    await Promise.all([filter.close!(), filter.close!()])
    await filter.start!()
    expect(calls).toEqual(['start test', 'close test', 'start test'])
  })

  it('notes its challenges for who decides further in', async () => {
    const exchange = asked('/')
    await ran(
      make(() => ({ outcome: 'accepted', principal })),
      exchange,
    )
    expect(challengesOf(exchange)).toEqual(['Test'])
  })
})
