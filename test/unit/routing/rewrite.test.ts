import { EdgeError, type PathRewrite } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { compilePrefixes, compileRewrite, joinQueries, readPath, rewritten } from '../../../src/routing/rewrite.js'
import { asked } from '../asked.js'

const sends = (rewrite: PathRewrite, target = '/old/x?a=1'): string => compileRewrite('f', rewrite)!(asked(target)).href

describe('compileRewrite', () => {
  it('makes nothing of nothing', () => expect(compileRewrite('f', undefined)).toBeNull())

  it.each<[PathRewrite, string]>([
    [{ '^/old': '/new' }, '/new/x?a=1'],
    [{ '^/none': '/n', '^/old': '/new', '^/': '/never' }, '/new/x?a=1'],
    [{ '^/old/(.*)$': '/new/$1/$1' }, '/new/x/x?a=1'],
    [{ '/x$': '/$&$&' }, '/old/x/x?a=1'],
    [{ '^/none': '/n' }, '/old/x?a=1'],
    [{ '^/old/x$': '' }, '/?a=1'],
    [{ '^/old': '/' }, '/x?a=1'],
    [{ '^/old': '/new?b=2&c=' }, '/new?b=2&c=/x&a=1'],
    [(path) => `/v2${path}`, '/v2/old/x?a=1'],
    [() => '/new?b=2', '/new?b=2&a=1'],
    [() => '', '/?a=1'],
    [() => '//evil.test/x', '/evil.test/x?a=1'],
    [(path, { client }) => `/${client.host}${path}`, '/a.test/old/x?a=1'],
  ])('H-153 %o sends %s', (rewrite, href) => expect(sends(rewrite)).toBe(href))

  it('H-153 gives the same answer each time: a pattern keeps no place', () => {
    const rewrite = compileRewrite('f', { old: 'new' })!
    for (let time = 0; time < 4; time++) expect(rewrite(asked('/old/old')).href).toBe('/new/old')
  })

  it.each(['/../x', '/a\r\nX: y', '/a#b', '/a b', '/%zz'])('H-153 a function that returns %j fails', (path) =>
    expect(() => sends(() => path)).toThrow(expect.objectContaining({ code: 'ERR_EDGE_BAD_VALUE' })),
  )

  it.each([() => undefined, () => 5, () => null, async () => Promise.reject(new Error('late'))])(
    'H-096 %o fails, and is no unhandled rejection',
    (rewrite) => expect(() => sends(rewrite as never)).toThrow(/must return a string, at once/),
  )

  it('may make a path longer than clients may', () => expect(sends(() => `/${'a'.repeat(4000)}`)).toHaveLength(4005))

  it.each([
    [{ '(': 'x' }, /option "pathRewrite" is "\("; allowed: valid regular expressions/],
    [{ '^/x': 5 }, /option "pathRewrite" is 5; allowed: texts/],
  ])('H-155 refuses %j', (rewrite, message) => expect(() => compileRewrite('f', rewrite as never)).toThrow(message))
})

describe('compilePrefixes', () => {
  const sent = (strip: string, add: string, target: string, caseSensitive = true): string =>
    compilePrefixes('f', strip, add, caseSensitive)(asked(target)).href

  it.each([
    ['/api', '/', '/api/x?a', '/x?a'],
    ['/api', '/', '/api', '/'],
    ['/api', '/', '/api/', '/'],
    ['/api/', '/', '/api/x', '/x'],
    ['/api', '/', '/apiary', '/apiary'],
    ['/api', '/', '/API/x', '/API/x'],
    ['/', '/v2', '/x', '/v2/x'],
    ['/', '/v2/', '/', '/v2/'],
    ['/api', '/v2', '/api', '/v2'],
    ['/api', '/v2', '/api/', '/v2/'],
    ['/api', '/v2', '/api?q', '/v2?q'],
    ['/api', '/v2', '/other', '/other'],
    ['/', '/', '/x', '/x'],
  ])('strips %s, adds %s: %s is sent as %s', (strip, add, target, href) => expect(sent(strip, add, target)).toBe(href))

  it('strips whatever the case, if told so', () => expect(sent('/Api', '/', '/aPI/X', false)).toBe('/X'))

  it('leaves the exchange’s own target where nothing is to do', () => {
    const exchange = asked('/x')
    expect(compilePrefixes('f', '/api', '/', true)(exchange)).toBe(exchange.wire)
  })

  it.each(['api', '/a?b', '/../x', '/a b', '/%zz', '/a%2fb'])('H-155 refuses %j', (prefix) => {
    expect(() => compilePrefixes('f', prefix, '/', true)).toThrow(/option "strip"/)
    expect(() => compilePrefixes('f', '/', prefix, true)).toThrow(/option "add"/)
    expect(() => readPath('f', 'x', prefix)).toThrow(EdgeError)
  })
})

describe('rewritten', () => {
  it('puts a query of its own in front of the client’s', () =>
    expect(rewritten(asked('/x?a'), '/y?b').href).toBe('/y?b&a'))
})

describe('joinQueries', () => {
  it.each([
    ['', '', ''],
    ['?a', '', '?a'],
    ['', '?b', '?b'],
    ['?a', '?b', '?a&b'],
    ['?', '?b', '?b'],
    ['?a', '?', '?a'],
    ['', '?', '?'],
  ])('of %j and %j is %j', (first, second, joined) => expect(joinQueries(first, second)).toBe(joined))
})
