import { stickyCookie } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { cookieAttributes } from '../../../src/balancing/sticky-options.js'

describe('the options of stickyCookie', () => {
  it.each<[Parameters<typeof cookieAttributes>[0], string, string]>([
    [{ name: 'lb' }, '; Path=/; HttpOnly; SameSite=Lax', '; Path=/; HttpOnly; SameSite=Lax; Secure'],
    [
      { name: 'lb', path: '/shop', domain: 'example.org', sameSite: 'strict', httpOnly: false, maxAgeMs: 90_500 },
      '; Path=/shop; Domain=example.org; Max-Age=90; SameSite=Strict',
      '; Path=/shop; Domain=example.org; Max-Age=90; SameSite=Strict; Secure',
    ],
    [{ name: 'lb', secure: false }, '; Path=/; HttpOnly; SameSite=Lax', '; Path=/; HttpOnly; SameSite=Lax'],
    [
      { name: 'lb', secure: true },
      '; Path=/; HttpOnly; SameSite=Lax; Secure',
      '; Path=/; HttpOnly; SameSite=Lax; Secure',
    ],
    [
      { name: 'lb', sameSite: 'none' },
      '; Path=/; HttpOnly; SameSite=None; Secure',
      '; Path=/; HttpOnly; SameSite=None; Secure',
    ],
    [{ name: '__host-lb' }, '; Path=/; HttpOnly; SameSite=Lax; Secure', '; Path=/; HttpOnly; SameSite=Lax; Secure'],
    [
      { name: '__Secure-lb', path: '/a' },
      '; Path=/a; HttpOnly; SameSite=Lax; Secure',
      '; Path=/a; HttpOnly; SameSite=Lax; Secure',
    ],
  ])('become attributes, by http and by https: %j', (options, http, https) => {
    expect(cookieAttributes(options)).toEqual({ http, https })
  })

  it.each([
    [{}, /stickyCookie: option "name" is undefined; allowed: a cookie name/],
    [{ name: 'a b' }, /"name" is "a b"; allowed: a cookie name/],
    [{ name: 'a=b' }, /"name"/],
    [{ name: '' }, /"name"/],
    [{ name: 'lb', secret: 'short' }, /"secret" is "\*\*\*"; allowed: at least 16 characters, or a list of such/],
    [{ name: 'lb', secret: [] }, /"secret" is "\*\*\*"/],
    [{ name: 'lb', secret: ['0123456789abcdef', 'short'] }, /"secret" is "\*\*\*"/],
    [{ name: 'lb', fallback: {} }, /"fallback" is an object; allowed: a balancer, as roundRobin\(\)/],
    [{ name: 'lb', path: 'shop' }, /"path" is "shop"/],
    [{ name: 'lb', path: '/; Domain=evil.test' }, /"path"/],
    [{ name: 'lb', path: '/\r\n' }, /"path"/],
    [{ name: 'lb', domain: 'example.org:80' }, /"domain" is "example.org:80"; allowed: a host name/],
    [{ name: 'lb', domain: 'a.test; Path=/' }, /"domain"/],
    [{ name: 'lb', sameSite: 'Lax' }, /"sameSite" is "Lax"; allowed: 'strict', 'lax', 'none'/],
    [{ name: 'lb', secure: 'yes' }, /"secure" is "yes"/],
    [{ name: 'lb', secure: false, sameSite: 'none' }, /"secure" is false; allowed: true or 'auto'/],
    [{ name: '__Secure-lb', secure: false }, /"secure" is false/],
    [{ name: '__Host-lb', path: '/a' }, /"path" is "\/a"; allowed: '\/' with a __Host- name/],
    [{ name: '__HOST-lb', domain: 'example.org' }, /"domain" is "example.org"; allowed: none with a __Host- name/],
    [{ name: 'lb', maxAgeMs: 999 }, /"maxAgeMs" is 999/],
    [{ name: 'lb', maxAgeMs: 401 * 86_400_000 }, /"maxAgeMs"/],
    [{ name: 'lb', ttl: 1 }, /unknown option "ttl"/],
  ])('are refused: %j', (options, message) => {
    expect(() => stickyCookie(options as never)).toThrow(message)
  })

  it('never show a secret, not even one that is refused', () => {
    for (const secret of ['hush', ['0123456789abcdef-hush', 'x']])
      expect(() => stickyCookie({ name: 'lb', secret })).toThrow(/^(?!.*hush)/)
  })
})
