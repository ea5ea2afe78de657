import type { HashKey } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { compileKeys } from '../../../src/balancing/hash-key.js'
import { type Asked, asked } from './keyed.js'

const read = (key: HashKey, parts: Asked, fallbackKey?: HashKey): string | undefined =>
  compileKeys('ringHash', key, fallbackKey)(asked(parts))

describe('a hash key', () => {
  it.each<[string, HashKey, Asked, string | undefined]>([
    ['the path', 'path', { path: '/a/b', query: '?c=d' }, '/a/b'],
    ['one segment of a path', { path: { depth: 1 } }, { path: '/a/b/c' }, '/a'],
    ['two segments', { path: { depth: 2 } }, { path: '/a/b/c' }, '/a/b'],
    ['all of a path that has fewer', { path: { depth: 3 } }, { path: '/a/b' }, '/a/b'],
    ['all of a path that has just as many', { path: { depth: 2 } }, { path: '/a/b/' }, '/a/b'],
    ['a header, whatever its case in the option', { header: 'X-Tenant' }, { headers: { 'x-tenant': 'acme' } }, 'acme'],
    ['no header', { header: 'x-tenant' }, {}, undefined],
    ['an empty header', { header: 'x-tenant' }, { headers: { 'x-tenant': '' } }, undefined],
    ['a cookie', { cookie: 'sid' }, { headers: { cookie: 'a=b; sid=42; c=d' } }, '42'],
    ['the first of two cookies', { cookie: 'sid' }, { headers: { cookie: 'sid=1; sid=2' } }, '1'],
    ['no cookie of a longer name', { cookie: 'sid' }, { headers: { cookie: 'xsid=1; sid2=2' } }, undefined],
    ['no cookie', { cookie: 'sid' }, {}, undefined],
    ['a query parameter', { query: 'id' }, { query: '?x=1&id=a%20b&y=2' }, 'a%20b'],
    ['the first query parameter', { query: 'id' }, { query: '?id=1&id=2' }, '1'],
    ['an empty query parameter', { query: 'id' }, { query: '?id=&x=1' }, undefined],
    ['no query', { query: 'id' }, {}, undefined],
    ['a capture', { param: 'user' }, { params: { user: 'ann' } }, 'ann'],
    ['no capture', { param: 'user' }, {}, undefined],
    ['a function', ({ target }) => target.href, { path: '/a', query: '?b' }, '/a?b'],
    ['a function that has none', () => undefined, {}, undefined],
    ['an IPv4 client', 'client', { address: '192.0.2.7' }, '192.0.2.7'],
    ['an IPv4 client that came by IPv6', 'client', { address: '::ffff:192.0.2.7' }, '192.0.2.7'],
    ['an IPv6 client, by its /64', 'client', { address: '2001:db8:0:1:2:3:4:5' }, '2001:db8:0:1::/64'],
    [
      'an IPv6 client, by its /56',
      { client: { ipv6Prefix: 56 } },
      { address: '2001:db8:0:12ff::1' },
      '2001:db8:0:1200::/56',
    ],
    ['a client on a Unix socket', 'client', { address: '' }, undefined],
  ])('is read: %s', (_what, key, parts, value) => {
    expect(read(key, parts)).toBe(value)
  })

  it('falls back where it is missing, and to nothing where that is missing, too', () => {
    const parts = { headers: { cookie: 'sid=42' }, address: '192.0.2.7' }
    expect(read({ cookie: 'sid' }, parts, 'client')).toBe('42')
    expect(read({ cookie: 'other' }, parts, 'client')).toBe('192.0.2.7')
    expect(read({ cookie: 'other' }, parts, { header: 'x-none' })).toBeUndefined()
  })

  it.each<[unknown]>([
    ['ip'],
    [undefined],
    [null],
    [7],
    [{}],
    [['client']],
    [{ header: 'a', cookie: 'b' }],
    [{ header: 'a b' }],
    [{ header: '' }],
    [{ cookie: 'a=b' }],
    [{ cookie: 1 }],
    [{ query: 'a b' }],
    [{ query: 'é' }],
    [{ param: '' }],
    [{ path: { depth: 0 } }],
    [{ path: 2 }],
    [{ client: { ipv6Prefix: 129 } }],
    [{ client: {} }],
    [{ uri: 'x' }],
  ])('is refused where it is none: %j', (key) => {
    expect(() => compileKeys('ringHash', key, undefined)).toThrow(/ringHash: option "key" is .*; allowed: 'client', /)
    if (key !== undefined)
      expect(() => compileKeys('maglev', 'path', key)).toThrow(/maglev: option "fallbackKey" is .*; allowed: /)
  })

  it('is refused when a function returns something else than a string: all of it would go to one endpoint', () => {
    const number = (() => 42) as unknown as HashKey
    expect(() => read(number, {})).toThrow(/ringHash: the key function returned a number, not a string/)
  })
})
