import { type Claims, compose, createGateway, type JwtOptions, jwt, principalOf, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../../asked.js'
import { ran } from '../../ran.js'
import { mint, minted, pem, rsa, seconds, secret } from './minting.js'

const bearing = (token: string) => asked('/', { headers: { authorization: `Bearer ${token}` } })

/** The principal that claims make; or the status they get. */
async function principalBy(claims: object, options: Partial<JwtOptions> = {}) {
  const exchange = bearing(mint({ exp: seconds() + 60, ...claims }))
  const { reply: answer } = await ran(jwt({ key: pem(rsa), ...options }), exchange)
  return answer.status === 200 ? principalOf(exchange)! : answer.status
}

describe('jwt', () => {
  it('decides about a token that it knows at once', async () => {
    const filter = jwt({ key: pem(rsa) })
    const token = minted()
    const first = filter.authenticator.authenticate(bearing(token))
    expect(first).toBeInstanceOf(Promise)
    const again = filter.authenticator.authenticate(bearing(token))
    expect([again, await again]).toEqual([first, await first])
    expect(filter.authenticator.authenticate(bearing(token))).toEqual(await first)
  })

  it('verifies each time if told so, and once for all who come meanwhile in any case', async () => {
    let moments = 0
    const now = (): number => {
      moments++
      return Date.now()
    }
    const filter = jwt({ key: pem(rsa), cache: false, now })
    const token = minted()
    await Promise.all(Array.from({ length: 5 }, () => filter.authenticator.authenticate(bearing(token))))
    expect(moments).toBe(1)
    expect(filter.authenticator.authenticate(bearing(token))).toBeInstanceOf(Promise)
  })

  it('H-130 forgets the least recently used beyond its bounds', async () => {
    for (const cache of [{ max: 2 }, { maxBytes: minted({ n: 1 }).length * 2 + 1 }]) {
      const filter = jwt({ key: pem(rsa), cache })
      const [a, b, c] = [1, 2, 3].map((n) => minted({ n })) as [string, string, string]
      for (const token of [a, b, a, c]) await filter.authenticator.authenticate(bearing(token))
      const isKnown = (token: string) => filter.explain?.(bearing(token)).verdict === 'pass'
      expect([a, b, c].map(isKnown)).toEqual([true, false, true])
    }
  })

  it('H-130 tokens that end alike are two', async () => {
    const filter = jwt({ key: pem(rsa) })
    const good = minted()
    await filter.authenticator.authenticate(bearing(good))
    const [header, , signature] = good.split('.')
    const forged = `${header}.${Buffer.from('{"sub":"root","exp":9999999999}').toString('base64url')}.${signature}`
    expect((await ran(filter, bearing(forged))).reply.status).toBe(401)
    expect(filter.explain?.(bearing(good)).verdict).toBe('pass')
  })

  it('explains at once what the text of a token tells, and verifies it only when asked to work it out; neither is remembered', async () => {
    const filter = jwt({ key: secret, algorithms: ['HS256'] })
    const token = minted({}, { alg: 'HS256', key: secret })
    expect(filter.explain?.(asked('/'))).toMatchObject({ verdict: 'deny', why: 'no credential' })
    expect(filter.explain?.(asked('/', { headers: { authorization: 'Bearer  x' } })).verdict).toBe('deny')
    const guess = filter.explain?.(bearing(token))
    expect(guess).toMatchObject({ verdict: 'depends', why: 'it would verify the token' })
    expect(await guess?.workOut?.()).toMatchObject({ verdict: 'pass', why: 'it is jwt: ada' })
    const forged = minted({}, { alg: 'HS256', key: Buffer.alloc(32, 1) })
    expect(await filter.explain?.(bearing(forged)).workOut?.()).toMatchObject({ verdict: 'deny', status: 401 })
    expect(filter.explain?.(bearing(token)).verdict).toBe('depends')
    await ran(filter, bearing(token))
    expect(filter.explain?.(bearing(token))).toMatchObject({ verdict: 'pass', why: 'it is jwt: ada' })
  })

  it('leaves an Authorization alone that is of another scheme, or that it may keep', async () => {
    const cookie = jwt({ key: pem(rsa), from: ['bearer', { cookie: 's' }] })
    const basic = asked('/', { headers: { authorization: 'Basic YTpi', cookie: `s=${minted()}` } })
    expect((await ran(cookie, basic)).passed!.headers).toMatchObject({ authorization: 'Basic YTpi' })
    const token = minted()
    const kept = await ran(jwt({ key: pem(rsa), keepCredential: true }), bearing(token))
    expect(kept.passed!.headers['authorization']).toBe(`Bearer ${token}`)
  })

  it.each([
    [minted({ iss: 'b' }), 'absent'],
    [minted({ iss: ['a'] }), 'absent'],
    [minted(), 'absent'],
    ['opaque', 'absent'],
    ['a.b', 'absent'],
    ['..', 'absent'],
    [minted({ iss: 'a' }), 'accepted'],
    [minted({ iss: 'a', exp: 1 }), 'rejected'],
    [minted({ iss: 'a' }).slice(0, -4), 'rejected'],
    [`${minted({ iss: 'b' })}.x`.padEnd(9_000, 'x'), 'rejected'],
  ])('leaves the tokens of others to others, if told so: %s is %s', async (token, outcome) => {
    const filter = jwt({ key: pem(rsa), issuer: 'a', foreignTokens: 'leave' })
    expect((await filter.authenticator.authenticate(bearing(token))).outcome).toBe(outcome)
    expect((await ran(filter, bearing(token))).reply.status).toBe(outcome === 'accepted' ? 200 : 401)
  })

  it('stands in front of stores, and works alone', async () => {
    const handler = compose(jwt({ key: pem(rsa) }), async () => reply(200))
    expect((await handler(bearing(minted()))).status).toBe(200)
    const store = Object.assign(async () => reply(200), { filterName: 'cache', stage: 'store' as const })
    const filters = [store, jwt({ key: pem(rsa) })]
    expect(() => createGateway({ routes: [{ path: '/**', filters, handler: async () => reply(200) }] })).toThrow(/jwt/)
  })

  it.each([
    [
      { sub: 'ada', scope: 'a b', scp: 'c' },
      { id: 'ada', scopes: ['a', 'b'] },
    ],
    [{ sub: 'ada', scp: ['a', 'b c'] }, { scopes: ['a', 'b c'] }],
    [{ sub: 'ada', scp: 'a b' }, { scopes: ['a', 'b'] }],
    [{ sub: 'ada', scope: '  a  ' }, { scopes: ['a'] }],
    [
      { sub: 'ada', roles: 'one role', groups: ['g', 1, null, ''] },
      { roles: ['one role'], groups: ['g'] },
    ],
    [
      { sub: 'ada', roles: { admin: true }, scope: 7 },
      { roles: [], scopes: [] },
    ],
    [{ sub: 'ada' }, { roles: [], scopes: [], groups: [], scheme: 'jwt' }],
    [{}, 401],
    [{ sub: '' }, 401],
    [{ sub: 7 }, 401],
    [{ sub: ['ada'] }, 401],
  ])('%j makes %j', async (claims, wanted) => {
    const principal = await principalBy(claims)
    if (typeof wanted === 'number') expect(principal).toBe(wanted)
    else expect(principal).toMatchObject(wanted)
  })

  it('H-154 reads claims by name, path or function, and only the token’s own', async () => {
    const claims = {
      'https://a.test/roles': ['admin'],
      realm_access: { roles: ['r'] },
      email: 'ada@a.test',
      tags: { x: ['t'] },
    }
    const groups = ({ tags }: Claims) => (tags as { x: string[] }).x
    expect(
      await principalBy(claims, {
        claims: { id: 'email', roles: 'https://a.test/roles', scopes: ['realm_access', 'roles'], groups },
      }),
    ).toMatchObject({ id: 'ada@a.test', roles: ['admin'], scopes: ['r'], groups: ['t'] })
    for (const id of ['constructor', ['__proto__', 'constructor', 'name'], ['sub', 'length']])
      expect(await principalBy({ sub: 'ada' }, { claims: { id } })).toBe(401)
    const own = await principalBy(JSON.parse('{"sub":"ada","__proto__":{"roles":["admin"]}}'))
    expect(own).toMatchObject({ roles: [] })
  })

  it.each([
    [{}, /exactly one of "key", "keys" and "jwksUri"/],
    [{ key: 'x', jwksUri: 'https://a.test' }, /exactly one/],
    [{ keys: {} }, /"keys"/],
    [{ keys: [] }, /there is no key/],
    [{ keys: { keys: [] } }, /there is no key/],
    [{ key: '-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----' }, /cannot be read as a key/],
    [{ key: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } }, /not usable/],
    [{ key: pem(rsa), algorithm: ['RS256'] }, /unknown option "algorithm".*"algorithms"/],
    [{ key: pem(rsa), from: [] }, /"from"/],
    [{ key: pem(rsa), from: ['bearer', 'bearer'] }, /"from"/],
    [{ key: pem(rsa), from: [{ header: 'a b' }] }, /"from"/],
    [{ key: pem(rsa), from: [{ header: 'Authorization' }] }, /"from"/],
    [{ key: pem(rsa), from: [{ cookie: 'a=b' }] }, /"from"/],
    [{ key: pem(rsa), from: [{ query: 'a', cookie: 'b' }] }, /"from"/],
    [{ key: pem(rsa), clockToleranceMs: -1 }, /"clockToleranceMs"/],
    [{ key: pem(rsa), issuer: [] }, /"issuer"/],
    [{ key: pem(rsa), foreignTokens: 'leave' }, /"issuer"/],
    [{ key: pem(rsa), audience: '' }, /"audience"/],
    [{ key: pem(rsa), cache: { max: 0 } }, /"max"/],
    [{ key: pem(rsa), cache: true }, /"cache"/],
    [{ key: pem(rsa), claims: { subject: 'x' } }, /unknown option "subject"/],
    [{ key: pem(rsa), realm: 'a"b' }, /"realm"/],
    [{ jwksUri: 'https://a.test/', jwksMaxAgeMs: 10_000 }, /"jwksMaxAgeMs"/],
  ])('H-155 refuses %j', (options, why) => expect(() => jwt(options as never)).toThrow(why))

  it('H-155 shows no secret in an error', () => {
    for (const options of [
      { key: 'hunter2' },
      { key: 'hunter2', algorithms: ['HS256'] },
      { keys: ['hunter2'] },
    ] as const)
      try {
        jwt(options as never)
        throw new Error('taken')
      } catch (error) {
        expect(String(error)).toMatch(/not usable|exactly one/)
        expect(String(error)).not.toContain('hunter2')
      }
  })
})
