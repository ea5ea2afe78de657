import { describe, expect, it } from 'vitest'
import { compilePattern } from '../../../src/routing/pattern.js'

const match = (pattern: string, path: string, caseSensitive = true) => {
  const compiled = compilePattern(pattern, caseSensitive)
  return compiled.matches(path) ? { ...compiled.captures(path) } : null
}
/** As the route table does: exact patterns are found by their segments, not by `matches`. */
const fits = (pattern: string, path: string): boolean => {
  const compiled = compilePattern(pattern, true)
  return compiled.exact ? pattern === path : compiled.matches(path)
}

/** What the documentation shows, and the most that lint lets through. */
const PATTERNS = [
  '/',
  '/users',
  '/users/**',
  '/users/:id',
  '/users/:id/orders/:order',
  '/*.png',
  '/static/*',
  '/static/**',
  '/**',
  '/**/x',
  '/a/**/b',
  '/**/a/**',
  '/**/*.js',
  '/a/**/b/**',
  '/**/a/**/b',
  '/**/a/:x/**/y',
  '/**/a*/**/b*c',
  '/:a/:b/:c/:d',
  '/*-x/*-y/*-z',
  '/file-?.txt',
  '/v[12]/**',
  '/**/:id',
  '/a*b/c*d/e*f/**',
  '/**/a*b/**',
  `/${'a*/'.repeat(100)}x`,
  `/${':p/'.repeat(200)}x`.replace(/:p/g, ':p'),
  '/**/a?b*/**',
  '/[a-z]*/**/[0-9]',
  `${'/*'.repeat(400)}/dd`,
  `${'/[a-z]*'.repeat(100)}/x`,
]

/** Paths made to hurt: long runs of what patterns look for, that fail at the very end. */
const LONGEST = 8192
const ADVERSARIAL = [
  '/a',
  '/',
  'a',
  '-',
  '/-',
  '/a/b',
  '.',
  '/.',
  'ab',
  '/x',
  '*',
  '/a-x',
  '/%E2%82%AC',
  '/v1',
  '1',
].map((unit) => `${`/${unit.repeat(LONGEST / unit.length)}`.slice(0, LONGEST - 1)}!`)

describe('what a path can cost', () => {
  it.each(PATTERNS)('H-150 %s takes a hostile path of 8 KiB in next to no time', (pattern) => {
    const compiled = compilePattern(pattern, true)
    const folded = compilePattern(pattern, false)
    for (const path of ADVERSARIAL) compiled.matches(path.slice(0, 64))
    let worst = Infinity
    // The best of three: what is measured is the matcher, not the machine's other work.
    for (let round = 0; round < 3; round++) {
      let slowest = 0
      for (const path of ADVERSARIAL) {
        for (const each of [compiled, folded]) {
          const before = process.cpuUsage()
          each.matches(path)
          const { user, system } = process.cpuUsage(before)
          slowest = Math.max(slowest, user + system)
        }
      }
      worst = Math.min(worst, slowest)
    }
    expect(worst).toBeLessThan(5_000)
  })

  it.each([
    '/*a*',
    '/*-*-*',
    '/*a*a*a*a',
    '/**a',
    '/a**',
    '/x/**/y/**/z/**',
    '/**/**/**',
    '/***',
    '/a/***/b',
    '/****',
    '/:id*',
    '/x:id',
    '/:1',
    '/:',
    '/:a:b',
    '/a-:id',
    '/**/**',
    '/**/**/x',
  ])('H-150 %s could cost time, and is refused', (pattern) => {
    expect(() => compilePattern(pattern, true)).toThrow(expect.objectContaining({ code: 'ERR_EDGE_OPTION' }))
  })

  it.each([
    '/+(a|aa)',
    '/*(*(a|b))',
    '/@(a|b)',
    '/?(a)',
    '/!(a)',
    '/{1..100000}',
    '/{a,{b,{c,d}}}',
    '/(a+)+',
    '/a|b',
    '/\\d',
    '/[[:alpha:]]',
    '/[:alpha:]',
    '/???',
    { times: 1_024, of: 'a' },
    { times: 32_768, of: '*/' },
  ])('H-151 a pattern bomb is refused at construction: %j', (given) => {
    const pattern = typeof given === 'string' ? given : `/${given.of.repeat(given.times)}`
    const before = process.cpuUsage()
    expect(() => compilePattern(pattern, true)).toThrow(expect.objectContaining({ code: 'ERR_EDGE_OPTION' }))
    expect(process.cpuUsage(before).user).toBeLessThan(200_000)
  })

  it.each([
    'users',
    '',
    '*',
    '!/admin/**',
    '!admin',
    'http://a/x',
    '/a b',
    '/a#b',
    '/a/../b',
    '/./a',
    '/a//b',
    '//a',
    '/%zz',
    '/%2g',
    '/a\n',
    5,
    null,
    undefined,
  ])('H-152 %j is no pattern', (pattern) =>
    expect(() => compilePattern(pattern as string, true)).toThrow(expect.objectContaining({ code: 'ERR_EDGE_OPTION' })),
  )

  it.each(['/[', '/a]', '/[]', '/[!]', '/[!a]', '/[^a]', '/[+-9]x', '/[--9]', '/[a/b]', '/[z-a]', '/[a', '/]['])(
    'H-151 a bracket that is none, %s, is refused or matches nothing odd',
    (pattern) => {
      let fits = false
      try {
        fits = compilePattern(pattern, true).matches('/admin/secret')
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_EDGE_OPTION' })
      }
      expect(fits).toBe(false)
    },
  )
})

describe('what a glob matches', () => {
  it.each([
    ['/api/**', '/api/.git/config', true],
    ['/api/**', '/api/.env', true],
    ['/api/**', '/api', true],
    ['/api/**', '/api/', true],
    ['/api/**', '/apix', false],
    ['/api/**', '/API/x', false],
    ['/api/**', '/api/a%0Ab', true],
    ['/api/**', '//api/x', false],
    ['/**', '/', true],
    ['/**', '/.hidden/.more', true],
    ['/*', '/.env', true],
    ['/*', '/', false],
    ['/*', '/a/b', false],
    ['/*.js', '/.js', true],
    ['/*.js', '/a.js', true],
    ['/*.js', '/a.jsx', false],
    ['/:name', '/.htaccess', true],
    ['/:name', '/', false],
    ['/:name', '/a/', false],
    ['/**/config', '/.git/config', true],
    ['/**/config', '/config', true],
    ['/a/**/b', '/a/b', true],
    ['/a/**/b', '/a/.x/.y/b', true],
    ['/a/**/b', '/ab', false],
    ['/a/**/b', '/a/xb', false],
    ['/a/**/b/**', '/a/b', true],
    ['/a/**/b/**', '/a/x/b/y', true],
    ['/users/:id/**', '/users/7', true],
    ['/users/:id/**', '/users', false],
    ['/file-?.txt', '/file-1.txt', true],
    ['/file-?.txt', '/file-/.txt', false],
    ['/v[12]/x', '/v1/x', true],
    ['/v[12]/x', '/v3/x', false],
    ['/v[0-9]/x', '/v/x', false],
    ['/**/admin', '/admin', true],
    ['/**/admin', '/x/admin', true],
    ['/**/admin', '/xadmin', false],
    ['/**/*.js', '/a.js', true],
    ['/**/*.js', '/x/y/a.js', true],
    ['/**/a/**', '/a', true],
    ['/**/a/**', '/ab/a/c', true],
    ['/**/a/**', '/ab/c', false],
    ['/**/a/**/b', '/a/b', true],
    ['/**/a/**/b', '/x/ab/a/y/b', true],
    ['/**/a/**/b', '/b/a', false],
    ['/**/a*/b/**/c', '/ax/x/ay/b/c', true],
    ['/**/a/**/b', '/a/x/b/a/b', true],
    ['/**/a/**/b', '/a/b/a', false],
    ['/**/a/**/b', '/a/x/b/a/y', false],
    ['/**/a/**/b', '/aa/b/a/b', true],
    ['/**/a/**/b', '/a/b', true],
    ['/a*/', '/ab/', true],
    ['/a*/', '/ab', false],
    ['/?a/**', '/xa/y', true],
    ['/?a/**', '/xab/y', false],
    ['/a.b/*', '/aXb/c', false],
    ['/a+b/*', '/aab/c', false],
    ['/$x^/*', '/$x^/c', true],
    ['/x', '/x/', false],
  ])('H-152 %s and %s: %s', (pattern, path, matches) => expect(fits(pattern, path)).toBe(matches))
})

describe('a naive matcher', () => {
  /** Segment by segment, trying everything. */
  function naive(pattern: readonly string[], path: readonly string[]): boolean {
    const [first, ...rest] = pattern
    if (first === undefined) return path.length === 0
    if (first === '**') return path.some((_, at) => naive(rest, path.slice(at))) || naive(rest, [])
    return (
      path.length > 0 &&
      (first === '*' || first === ':x' || first === path[0] || (first === 'a*' && path[0]!.startsWith('a'))) &&
      naive(rest, path.slice(1))
    )
  }

  function upTo(length: number, parts: readonly string[]): string[][] {
    if (length === 0) return [[]]
    return [[], ...upTo(length - 1, parts).flatMap((rest) => parts.map((part) => [part, ...rest]))]
  }

  it('H-152 says the same of every short pattern and path', () => {
    const paths = upTo(4, ['a', 'b', 'ab']).filter((path) => path.length > 0)
    const wrong: string[] = []
    for (const pattern of upTo(4, ['**', '*', ':x', 'a*', 'a', 'b'])) {
      const source = `/${pattern.join('/')}`
      if (!/[*:]/.test(source) || source.includes('**/**') || source.split('**').length > 3) continue
      const compiled = compilePattern(source, true)
      for (const path of paths)
        if (compiled.matches(`/${path.join('/')}`) !== naive(pattern, path))
          wrong.push(`${source} and /${path.join('/')}`)
    }
    expect(wrong).toEqual([])
  })
})

describe('captures', () => {
  it.each([
    ['/users/:id', '/users/7', { id: '7' }],
    ['/:a/:b', '/x/y%2Fz', { a: 'x', b: 'y%2Fz' }],
    ['/users/**', '/users', { 0: '' }],
    ['/users/**', '/users/a/b', { 0: 'a/b' }],
    ['/*/x/**', '/a/x/b/c', { 0: 'a', 1: 'b/c' }],
    ['/a*c/:id/**', '/abc/7/rest', { 0: 'b', id: '7', 1: 'rest' }],
    ['/**/x', '/a/b/x', { 0: 'a/b' }],
    ['/:id/*', '/7/y', { id: '7', 0: 'y' }],
    ['/v[12]/:id', '/v1/7', { id: '7' }],
    ['/[ab]*/:id/**', '/axyz/7/r', { 0: 'xyz', id: '7', 1: 'r' }],
    ['/:t/**/a/:id/**/z', '/t/u/v/a/7/w/z', { t: 't', 0: 'u/v', id: '7', 1: 'w' }],
    ['/**/a/**', '/a', { 0: '', 1: '' }],
    ['/**/a/**', '/a/a/b', { 0: '', 1: 'a/b' }],
  ])('of %s in %s are %j', (pattern, path, params) => expect(match(pattern, path)).toEqual(params))

  it('keep their case where the match does not mind it', () => {
    expect(match('/Users/:id', '/uSERS/AbC', false)).toEqual({ id: 'AbC' })
    expect(match('/Users/**', '/uSERS/AbC', false)).toEqual({ 0: 'AbC' })
    expect(match('/Users/:id', '/users/AbC', true)).toBeNull()
  })

  it('H-154 have no inherited names, and take __proto__ as one of their own', () => {
    const params = compilePattern('/:__proto__/:constructor', true).captures('/a/b')
    expect(Object.entries(params)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
    expect((compilePattern('/x/**', true).captures('/x/y') as Record<string, unknown>)['toString']).toBeUndefined()
  })
})

describe('what the table finds a pattern by', () => {
  it.each([
    ['/', [], true],
    ['/a/b', ['a', 'b'], true],
    ['/a/:id', ['a'], false],
    ['/a/b*/c', ['a'], false],
    ['/**', [], false],
  ])('of %s the literal prefix is %j, exact: %s', (pattern, literal, exact) => {
    expect(compilePattern(pattern, true)).toMatchObject({ literal, exact, source: pattern })
  })

  it('a literal segment weighs more than a partial one, that more than a name, that more than **', () => {
    const weights = ['/a/b', '/a/b*', '/a/:id', '/a/**'].map((pattern) => compilePattern(pattern, true).weight)
    expect(weights).toEqual(weights.toSorted((a, b) => b - a))
    expect(new Set(weights).size).toBe(4)
  })
})
