import { type RewriteCookiesOptions, reply, rewriteCookies } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseSetCookie } from '../../../../src/http/set-cookie.js'
import { asked } from '../../asked.js'
import { ran } from '../ran.js'

const after = async (options: RewriteCookiesOptions, ...cookies: string[]): Promise<readonly string[]> => {
  const { reply: answer } = await ran(rewriteCookies(options), asked('/'), () =>
    reply(200, null, { 'set-cookie': cookies }),
  )
  return answer.headers['set-cookie'] as readonly string[]
}

describe('rewriteCookies', () => {
  it.each<[RewriteCookiesOptions, string, string]>([
    [{ domain: 'b.test' }, 'a=1; Domain=app.internal; Path=/', 'a=1; Domain=b.test; Path=/'],
    [{ domain: 'b.test' }, 'a=1; Path=/', 'a=1; Path=/'],
    [{ domain: false }, 'a=1; Domain=app.internal; Path=/', 'a=1; Path=/'],
    [{ domain: { 'app.internal': 'b.test' } }, 'a=1; domain=.APP.internal', 'a=1; domain=b.test'],
    [{ domain: { 'app.internal': 'b.test' } }, 'a=1; Domain=other.test', 'a=1; Domain=other.test'],
    [{ domain: { 'app.internal': false, '*': 'b.test' } }, 'a=1; Domain=app.internal', 'a=1'],
    [{ domain: { 'app.internal': '', '*': 'b.test' } }, 'a=1; Domain=x', 'a=1; Domain=b.test'],
    [{ path: '/api' }, 'a=1; Path=/x', 'a=1; Path=/api'],
    [{ path: { '/v2': '/' } }, 'a=1; Path=/v2/x', 'a=1; Path=/x'],
    [{ path: { '/v2': '/' } }, 'a=1; Path=/v2', 'a=1; Path=/'],
    [{ path: { '/v2': '/' } }, 'a=1; Path=/v2x', 'a=1; Path=/v2x'],
    [{ path: { '/': '/api' } }, 'a=1; Path=/', 'a=1; Path=/api'],
    [{ path: { '/': '/api' } }, 'a=1; Path=/x/', 'a=1; Path=/api/x/'],
    [{ path: { '/': '/api' } }, 'a=1; Path=/api/x', 'a=1; Path=/api/x'],
    [{ path: { '/': '/api' } }, 'a=1; Path=odd', 'a=1; Path=odd'],
    [{ secure: true }, 'a=1; secure', 'a=1; Secure'],
    [{ secure: true }, 'a=1; Path=/', 'a=1; Path=/; Secure'],
    [{ secure: false }, 'a=1; Secure; Path=/', 'a=1; Path=/'],
    [{ httpOnly: true }, 'a=1', 'a=1; HttpOnly'],
    [{ httpOnly: false }, 'a=1; HTTPONLY', 'a=1'],
    [{ sameSite: 'lax' }, 'a=1; SameSite=None', 'a=1; SameSite=Lax'],
    [{ sameSite: false }, 'a=1; samesite=Strict', 'a=1'],
    [{ sameSite: 'none', secure: true, partitioned: true }, 'a=1', 'a=1; Secure; SameSite=None; Partitioned'],
    [{ partitioned: false }, 'a=1; Partitioned', 'a=1'],
    [{ names: ['b'], secure: true }, 'a=1', 'a=1'],
    [{ names: ['a'], secure: true }, 'a=1', 'a=1; Secure'],
    [{}, 'a=1;Path=/', 'a=1; Path=/'],
  ])('%o: %s becomes %s', async (options, cookie, wanted) => expect(await after(options, cookie)).toEqual([wanted]))

  it('H-071 rewrites every Domain, and none within a value', async () => {
    const options = { domain: { x: 'b.test' }, path: { '/x': '/y' } }
    expect(
      await after(options, 'a=Domain=x Path=/x; Domain=x; Domain=x; Path=/x; Path=/x', 'Domain=x; Path=/x'),
    ).toEqual(['a=Domain=x Path=/x; Domain=b.test; Domain=b.test; Path=/y; Path=/y', 'Domain=x; Path=/y'])
  })

  it('H-071 H-154 a domain called constructor is a domain like any other', async () =>
    expect(await after({ domain: { x: 'b.test' } }, 'a=1; Domain=constructor', 'a=1; Domain=__proto__')).toEqual([
      'a=1; Domain=constructor',
      'a=1; Domain=__proto__',
    ]))

  it('keeps what the name of a cookie promises', async () => {
    const options = { domain: 'b.test', path: '/x', secure: false, httpOnly: true } as const
    expect(
      await after(options, '__Host-a=1; Path=/; Secure', '__secure-b=1; Path=/; Secure', 'c=1; Path=/; Secure'),
    ).toEqual([
      '__Host-a=1; Path=/; Secure; HttpOnly',
      '__secure-b=1; Path=/x; Secure; HttpOnly',
      'c=1; Path=/x; HttpOnly',
    ])
  })

  it('H-071 cookies stay as many as they were, with the values they had, and twice is once', () => {
    const part = fc.stringMatching(/^[a-zA-Z=/.\- ]{0,12}$/)
    const line = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(';'))
    const options = { domain: { a: 'b' }, path: { '/a': '/b' }, secure: true, sameSite: 'lax' } as const
    return fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 4 }), async (lines) => {
        const once = await after(options, ...lines)
        expect(once.map((each) => parseSetCookie(each).pair)).toEqual(lines.map((each) => parseSetCookie(each).pair))
        expect(await after(options, ...once)).toEqual(once)
      }),
    )
  })

  it('passes on a reply that sets none as it is', async () => {
    const plain = reply(200)
    expect((await ran(rewriteCookies({ secure: true }), asked('/'), () => plain)).reply).toBe(plain)
  })

  it('explains itself', () =>
    expect(rewriteCookies({ secure: true }).explain!(asked('/'))).toMatchObject({ verdict: 'depends' }))

  it.each([
    [{ domain: 'a b' }, /option "domain" is "a b"/],
    [{ domain: 'a:80' }, /option "domain"/],
    [{ domain: { 'a;b': 'c' } }, /option "domain"/],
    [{ domain: { a: 'c; Secure' } }, /option "domain"/],
    [{ domain: 5 }, /option "domain" is 5/],
    [{ path: 'x' }, /a plain path/],
    [{ path: { '/a': '/b; Secure' } }, /a plain path/],
    [{ sameSite: 'Lax' }, /option "sameSite" is "Lax"/],
    [{ sameSite: 'none', secure: false }, /browsers refuse/],
    [{ partitioned: true, secure: false }, /browsers refuse/],
    [{ secure: 'yes' }, /true or false/],
  ])('H-155 refuses %o', (options, message) => expect(() => rewriteCookies(options as never)).toThrow(message))
})
