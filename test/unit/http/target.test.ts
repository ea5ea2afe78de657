import { describe, expect, it } from 'vitest'
import {
  belowBase,
  isUnder,
  parseTarget,
  rewriteTarget,
  type Target,
  type TargetPolicy,
} from '../../../src/http/target.js'

const parse = (raw: string, policy?: TargetPolicy, method = 'GET', authority: string | null = 'a.test') =>
  parseTarget(raw, method, authority, policy)
const hrefOf = (raw: string, policy?: TargetPolicy): unknown => {
  const target = parse(raw, policy)
  return 'error' in target ? target.error.status : target.href
}

describe('parseTarget', () => {
  it.each([
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/a/', '/a/'],
    ['/a?', '/a?'],
    ['/a?b=c&b=d;e??', '/a?b=c&b=d;e??'],
    ['/a?x=/../%2e%zz', '/a?x=/../%2e%zz'],
    ['/a?x="<>', '/a?x="<>'],
    ["/-._~!$&'()*+,=:@", "/-._~!$&'()*+,=:@"],
    ['/.well-known/x', '/.well-known/x'],
    ['/a..b/...', '/a..b/...'],
  ])('H-047 %s is canonical as it stands', (raw, href) => expect(hrefOf(raw)).toBe(href))

  it.each([
    ['/%61dmin', '/admin'],
    ['/a%7Eb%2d%5F', '/a~b-_'],
    ['//admin///x/', '/admin/x/'],
    ['/a%20b', '/a%20b'],
    ['/%e2%82%ac', '/%E2%82%AC'],
    ['/a"b<c>d^e`f{g|h}i[j]', '/a%22b%3Cc%3Ed%5Ee%60f%7Bg%7Ch%7Di%5Bj%5D'],
    ['/\xe2\x82\xac', '/%E2%82%AC'],
    ['/%2561dmin', '/%2561dmin'],
    ['/a%3Fb%23c', '/a%3Fb%23c'],
    ['/%3a%40', '/%3A%40'],
    ['http://a.test/x?y', '/x?y'],
    ['HTTP://A.TEST', '/'],
    ['http://a.test?q', '/?q'],
  ])('H-034 %s becomes %s, and that is stable', (raw, href) => {
    expect(hrefOf(raw)).toBe(href)
    expect(hrefOf(href)).toBe(href)
  })

  it.each([
    '/..',
    '/.',
    '/a/..',
    '/a/./b',
    '/a/../b',
    '/%2e%2e/a',
    '/a/%2E',
    '/a/.%2e/b',
    '/a/..;/b',
    '/a/..%2fb',
    '/a%2fb',
    '/a%5cb',
    '/a\\b',
    '/a;b=c',
    '/a%00',
    '/a%0d%0ab',
    '/a%7f',
    '/%1f',
    '/%',
    '/%z',
    '/%zz',
    '/a%2',
    '/%c0%ae',
    '/%ff',
    '/%e2%82',
    '/\xff',
    '/a#b',
    '/a?b#c',
    '/a b',
    '/a?b c',
    '/a?b\x7f',
    '/a\x01',
    '',
    'a',
    '?a',
    'evil.test:443',
    '\\/evil',
    'http:evil',
    'ftp://a.test/',
    'http://evil.test/',
    'http://a.test@evil.test/',
    'http://x@a.test/',
    'http://a.test:81/',
    'http:///x',
    '*',
  ])('H-030 %j is refused', (raw) => expect(hrefOf(raw)).toBe(400))

  it('H-015 * is for OPTIONS', () => {
    expect(parse('*', {}, 'OPTIONS')).toEqual({ path: '*', query: '', href: '*' })
  })

  it('H-014 an absolute form needs a Host to agree with', () => {
    expect(parse('http://a.test/', {}, 'GET', null)).toHaveProperty('error')
  })

  it.each([
    ['/a%2fb%5Cc', { encodedSlashes: 'keep' }, '/a%2Fb%5Cc'],
    ['/a;b=c/d', { pathParameters: 'keep' }, '/a;b=c/d'],
    ['/a;b=c/d;e', { pathParameters: 'strip' }, '/a/d'],
    ['/..;/a', { pathParameters: 'strip' }, 400],
    ['/..;/a', { pathParameters: 'keep' }, 400],
    ['/.;x', { pathParameters: 'strip' }, 400],
    ['/a/;x/../b', { pathParameters: 'strip' }, 400],
    ['/;/x', { pathParameters: 'strip' }, '/x'],
    ['/a/..%2fb', { encodedSlashes: 'keep' }, 400],
    ['/a\\b', { encodedSlashes: 'keep' }, 400],
  ] as const)('H-032 %s under %j is %s', (raw, policy, href) => expect(hrefOf(raw, policy)).toBe(href))

  it('H-150 a path past the limit is a 414, whichever way it is read', () => {
    expect(hrefOf(`/${'a'.repeat(2047)}`)).toHaveProperty('length', 2048)
    expect(hrefOf(`/${'a'.repeat(2048)}`)).toBe(414)
    expect(hrefOf(`//${'a'.repeat(2048)}`)).toBe(414)
    expect(hrefOf(`/${'"'.repeat(1000)}`)).toBe(414)
    expect(hrefOf('/abc', { maxPathLength: 3 })).toBe(414)
    expect(hrefOf(`/a?${'b'.repeat(8000)}`)).toHaveProperty('length', 8003)
  })

  it('tells under whose prefix a refused target would have been', () => {
    const prefixOf = (raw: string): unknown => (parse(raw) as { prefix?: string }).prefix
    expect(prefixOf('/api/x/..')).toBe('/api/x')
    expect(prefixOf('/%61pi/%zz')).toBe('/api')
    expect(prefixOf('/..')).toBe('/')
    expect(prefixOf('nonsense')).toBe('/')
  })

  it('costs linear time for what Node lets through', () => {
    const before = process.cpuUsage()
    for (const unit of ['/', '%61', '%e2%82%ac', '"', ';', '/a', '.', '\xe9', '/%2e'])
      parse(`/${unit.repeat(16_384 / unit.length)}`, { pathParameters: 'strip' })
    expect(process.cpuUsage(before).user).toBeLessThan(500_000)
  })
})

describe('rewriteTarget', () => {
  it.each([
    ['', '/'],
    ['x', '/x'],
    ['//evil.test/x', '/evil.test/x'],
    ['/a?b', '/a?b'],
    ['/a;b', '/a;b'],
    ['@evil', '/@evil'],
  ])('H-153 takes %j as %s', (given, href) => expect(rewriteTarget(given).href).toBe(href))

  it.each(['/../x', '/a\r\nb', '/a?b\nc', '/a#b', '/a b', '/%zz', `/${'a'.repeat(3000)}`])(
    'H-153 refuses %j',
    (given) => expect(() => rewriteTarget(given)).toThrow(expect.objectContaining({ code: 'ERR_EDGE_BAD_VALUE' })),
  )
})

describe('belowBase', () => {
  const below = (path: string, base: string): string | undefined => belowBase(parse(path) as Target, base)?.href
  it.each([
    ['/api', '/api', '/'],
    ['/api/', '/api', '/'],
    ['/api/x?y', '/api', '/x?y'],
    ['/api?y', '/api', '/?y'],
    ['/apiadmin', '/api', undefined],
    ['/api.x', '/api', undefined],
    ['/API/x', '/api', undefined],
    ['/x', '/', '/x'],
    ['/a/b/c', '/a/b', '/c'],
    ['/a/bc', '/a/b', undefined],
  ])('H-041 of %s below %s is %s', (path, base, href) => {
    expect(below(path, base)).toBe(href)
    expect(isUnder((parse(path) as Target).path, base)).toBe(href !== undefined)
  })
})
