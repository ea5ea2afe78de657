import { type BasicAuthOptions, basicAuth, hashPassword } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { basic, challengesIn, failures, type Met, meets } from './kit.js'

const users = { ada: 'open: sesame', Łukáš: 'zażółć', ops: { password: 's', id: 'op-1', roles: ['admin'] } }

const shows = (authorization: string | undefined, options: Partial<BasicAuthOptions> = { users }): Promise<Met> =>
  meets((events) => basicAuth({ events, ...options }), {
    headers: authorization === undefined ? {} : { authorization },
  })

describe('basic authentication', () => {
  it.each([
    ['a password with a colon', basic('ada:open: sesame'), 'ada'],
    ['the scheme in any case', basic('ada:open: sesame').replace('Basic', 'bAsIc'), 'ada'],
    ['UTF-8', basic('Łukáš:zażółć'), 'Łukáš'],
    ['another form of the same characters', basic('Łukáš:zażółć'.normalize('NFD')), 'Łukáš'],
    ['a user with an id of its own', basic('ops:s'), 'op-1'],
  ])('H-133 knows %s', async (_what, field, who) => {
    const met = await shows(field)
    expect([met.status, met.who]).toEqual([200, who])
  })

  it.each([
    ['nothing', 'Basic', 'malformed'],
    ['two spaces', basic('ada:open: sesame').replace(' ', '  '), 'malformed'],
    ['two spaces and no base64', 'Basic  x', 'malformed'],
    ['a tab', basic('ada:open: sesame').replace(' ', '\t'), 'malformed'],
    ['something behind it', `${basic('ada:open: sesame')} x`, 'malformed'],
    ['parameters', 'Basic realm="x"', 'malformed'],
    ['junk that Buffer passes over', `${basic('ada:open: sesame')}!!`, 'malformed'],
    ['`YTpi!!`', 'Basic YTpi!!', 'malformed'],
    ['junk in the middle', 'Basic YW*Rh', 'malformed'],
    ['padding that is missing', basic('ada:open: sesame1').replace(/=+$/, ''), 'no base64'],
    ['padding too many', 'Basic YTpi=', 'no base64'],
    ['bits that stand for nothing', 'Basic YTpiYx==', 'no base64'],
    ['the alphabet of URLs', `Basic ${Buffer.from('a:b?>~').toString('base64url')}`, 'malformed'],
    ['no colon', basic('ada'), 'no colon'],
    ['an empty pair', 'Basic ====', 'malformed'],
    ['NUL in the name', basic('ada\0:open: sesame'), 'control characters'],
    ['NUL behind the password', basic('ada:open: sesame\0'), 'control characters'],
    ['a line end', basic('ada:open: sesame\r\nx: y'), 'control characters'],
    ['Latin 1', basic(Buffer.from('Łukáš:ó', 'latin1')), 'no UTF-8'],
    ['an overlong form', basic(Buffer.from([0xc1, 0xa1, 0x3a, 0x61])), 'no UTF-8'],
    ['a byte order mark in front', basic('\ufeffada:open: sesame'), 'wrong'],
    ['1 MB of it', basic(`ada:${'x'.repeat(2 ** 20)}`), 'too long'],
    ['1 MB of what is no base64', `Basic ${'!'.repeat(2 ** 20)}`, 'too long'],
  ])('H-133 denies %s', async (_what, field, why) => {
    const met = await shows(field)
    expect([met.status, met.who]).toEqual([401, undefined])
    expect(met.why.join()).toMatch(why)
  })

  it.each([
    ['a wrong password', 'ada:open: sesam'],
    ['a longer one', 'ada:open: sesamee'],
    ['none', 'ada:'],
    ['a name in another case', 'Ada:open: sesame'],
    ['a name that nobody has', 'bob:open: sesame'],
    ['no name', ':open: sesame'],
    ['a name of Object’s', '__proto__:x'],
    ['another user’s password', 'ops:open: sesame'],
  ])('H-132 denies %s, and says no more than that', async (_what, pair) => {
    const met = await shows(basic(pair))
    expect([met.status, met.why]).toEqual([401, ['the name or the password is wrong']])
  })

  it.each([0, 1, 100, 5_000, 2 ** 20])('H-132 denies a password of %i bytes', async (length) => {
    expect((await shows(basic(`ada:${'p'.repeat(length)}`))).status).toBe(401)
  })

  it('H-134 asks for credentials where there are none, or such of another scheme', async () => {
    for (const field of [undefined, 'Bearer x', 'Basics x', 'Basic-x y', '']) {
      const { status, reply, why } = await shows(field)
      expect([status, why]).toEqual([401, ['no credential']])
      expect(challengesIn(reply)).toEqual(['Basic realm="Restricted", charset="UTF-8"'])
    }
  })

  it('H-133 quotes its realm, and never one that a client sent', async () => {
    const { reply } = await shows('Basic realm="evil"', { users, realm: 'The "inner\\outer" room' })
    expect(challengesIn(reply)).toEqual(['Basic realm="The \\"inner\\\\outer\\" room", charset="UTF-8"'])
  })

  it('H-135 takes the credential away, unless told to keep it, and leaves those of other schemes', async () => {
    const field = basic('ada:open: sesame')
    expect((await shows(field)).passed?.headers).toEqual({})
    expect((await shows(field, { users, keepCredential: true })).passed?.headers).toEqual({ authorization: field })
    const skipped = await shows('Bearer x', { users, skipPaths: ['/x'] })
    expect(skipped.passed?.headers).toEqual({ authorization: 'Bearer x' })
  })
})

describe('hashed passwords', () => {
  const cheap = '$scrypt$ln=4,r=8,p=1$c2FsdHNhbHRzYWx0$+KJFgLzzwQ3hAI5x3NbEQ8lBDX6E6rz4GtgpRaD5z/c'

  const finder = async (password: string) => {
    const filter = basicAuth({ users: { ada: await hashPassword(password) } })
    return (pair: string) => filter.authenticator.authenticate(asked('/', { headers: { authorization: basic(pair) } }))
  }

  it('are salted, and made at a cost that is told', async () => {
    const ada = await hashPassword('open: sesame')
    expect(ada).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(await hashPassword('open: sesame')).not.toBe(ada)
  })

  it('H-132 take the same work for a name that nobody has', async () => {
    const find = await finder('x')
    const times: number[] = []
    for (const pair of ['ada:wrong', 'bob:wrong']) {
      const began = performance.now()
      expect(await find(pair)).toEqual({ outcome: 'rejected', why: 'the name or the password is wrong' })
      times.push(performance.now() - began)
    }
    expect(Math.min(...times)).toBeGreaterThan(Math.max(...times) / 20)
  })

  it('are hashed once for a pair that was right, and each time for others', async () => {
    const find = await finder('x')
    expect(await find('ada:x')).toMatchObject({ outcome: 'accepted', principal: { id: 'ada' } })
    expect(find('ada:x')).toMatchObject({ outcome: 'accepted', principal: { id: 'ada' } })
    const wrong = find('ada:y')
    expect(wrong).toBeInstanceOf(Promise)
    expect(await wrong).toMatchObject({ outcome: 'rejected' })
  })

  it.each([
    [{ ada: '$scrypt$' }, /users.ada.*a hash as hashPassword/],
    [{ ada: cheap.replace('ln=4', 'ln=30') }, /users.ada.*a hash as hashPassword/],
    [{ ada: cheap.replace('p=1', 'p=0') }, /users.ada.*a hash as hashPassword/],
    [{ ada: cheap, bob: 'plain' }, /all as they are, or all hashed at the same cost/],
    [{ ada: cheap, bob: cheap.replace('ln=4', 'ln=5') }, /all hashed at the same cost/],
  ])('H-132 refuses %o', (users, message) => expect(() => basicAuth({ users })).toThrow(message))
})

describe('a verifier of names and passwords', () => {
  it.each([
    ['a principal', async () => ({ id: 'u-1', roles: ['admin'] }), 200, 'u-1'],
    ['a principal at once', () => ({ id: 'u-1' }), 200, 'u-1'],
    ['true', () => true, 200, 'ada'],
    ['false', async () => false, 401, undefined],
    ['null', () => null, 401, undefined],
  ])('says %s', async (_what, verify, status, who) => {
    const met = await shows(basic('ada:x:y'), { verify })
    expect([met.status, met.who]).toEqual([status, who])
  })

  it('is given name, password and exchange, and nothing that is malformed', async () => {
    const seen: unknown[] = []
    const verify: BasicAuthOptions['verify'] = (name, password, exchange) => {
      seen.push([name, password, exchange.target.path])
      return true
    }
    await shows(basic('ada:x:y'), { verify })
    await shows('Basic YTpi!!', { verify })
    expect(seen).toEqual([['ada', 'x:y', '/x']])
  })

  it.each([
    ...failures,
    ['an answer that is none', (): never => undefined as never, 'ERR_EDGE_VERIFIER', 500] as const,
  ])('lets nobody pass with %s', async (_what, verify, code, status) => {
    for (const each of [verify, async () => verify()])
      await expect(shows(basic('ada:x'), { verify: each })).rejects.toMatchObject({ code, status })
  })
})

it.each<[unknown, RegExp]>([
  [{}, /one of "users" and "verify"/],
  [{ users, verify: () => true }, /one of "users" and "verify"/],
  [{ users: {} }, /at least one user/],
  [{ users: { 'a:b': 'x' } }, /names without colon/],
  [{ users: { a: '' } }, /"users.a" is undefined; allowed: a password/],
  [{ users: { a: { password: 's3cret', roles: 'admin' } } }, /"users.a" is undefined.*an array of texts as roles/],
  [{ users, realm: 'a\nb' }, /"realm".*printable ASCII/],
  [{ users, identityHeaders: { Authorization: 'id' } }, /fields of your own/],
  [{ users, skipPaths: ['public'] }, /basicAuth: option "skipPaths" is "public"/],
  [{ users, relm: 'x' }, /Did you mean "realm"/],
])('H-155 basicAuth refuses %j', (options, message) => expect(() => basicAuth(options as never)).toThrow(message))
