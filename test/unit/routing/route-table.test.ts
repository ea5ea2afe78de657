import { type RouteOptions, reply, toHeaders } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { compileRoute, type Route } from '../../../src/routing/route.js'
import { type Question, RouteTable } from '../../../src/routing/route-table.js'

const handler = async () => reply(200)
type Given = string | (Omit<RouteOptions, 'handler'> & { name?: string })

function tableOf(
  routes: readonly Given[],
  caseSensitive = true,
): { find(question: Partial<Question>): unknown; table: RouteTable } {
  const compiled = routes.map((route, order) => {
    const options = typeof route === 'string' ? { path: route } : route
    const { name, ...rest } = { name: undefined, ...options }
    const made = compileRoute({ ...rest, handler }, [], order, caseSensitive)
    return { ...made, name: name ?? made.name }
  })
  const table = new RouteTable(compiled, caseSensitive)
  return {
    table,
    find(question) {
      const found = table.find({
        method: 'GET',
        path: '/',
        query: '',
        host: 'a.test',
        headers: toHeaders(),
        ...question,
      })
      return 'allow' in found ? [...found.allow].sort() : found.name
    },
  }
}

describe('specificity', () => {
  const patterns = [
    '/**',
    '/users/**',
    '/users/:id',
    '/users/me',
    '/users/*.json',
    '/users/:id/orders',
    '/users/me/**',
    '/*',
  ]

  it.each([
    ['/', '/**'],
    ['/x', '/*'],
    ['/x/y', '/**'],
    ['/users', '/users/**'],
    ['/users/me', '/users/me'],
    ['/users/7', '/users/:id'],
    ['/users/a.json', '/users/*.json'],
    ['/users/7/orders', '/users/:id/orders'],
    ['/users/7/x', '/users/**'],
    ['/users/me/x', '/users/me/**'],
  ])('of routes that fit %s the most specific one, %s, is taken, in whatever order they are listed', (path, name) => {
    expect(tableOf(patterns).find({ path })).toBe(name)
    expect(tableOf(patterns.toReversed()).find({ path })).toBe(name)
  })

  it('of equals, the one with more conditions; then the one listed first', () => {
    const { find } = tableOf([
      { path: '/x', name: 'plain' },
      { path: '/x', name: 'one', headers: { 'X-A': true } },
      { path: '/x', name: 'two', headers: { 'X-A': true }, query: { q: '1' } },
      { path: '/x', name: 'plain again' },
    ])
    const headers = toHeaders({ 'x-a': '1' })
    expect([find({ path: '/x' }), find({ path: '/x', headers }), find({ path: '/x', headers, query: '?q=1' })]).toEqual(
      ['plain', 'one', 'two'],
    )
  })

  it('a route whose conditions do not hold leaves the next one its turn', () => {
    const { find } = tableOf([
      { path: '/x', headers: { 'x-a': /^b/g }, name: 'b' },
      { path: '/**', name: 'rest' },
    ])
    const ask = (value: string) => find({ path: '/x', headers: toHeaders({ 'x-a': value }) })
    expect([ask('bc'), ask('bc'), ask('ab'), ask('bc')]).toEqual(['b', 'b', 'rest', 'b'])
  })

  it('H-047 a query condition looks at the first value, and inherits nothing', () => {
    const { find } = tableOf([{ path: '/x', query: { a: '1' } }])
    expect([find({ path: '/x', query: '?a=1&a=2' }), find({ path: '/x', query: '?a=2&a=1' })]).toEqual(['/x', []])
    expect(
      tableOf([{ path: '/x', query: { ['toString']: true as const } }]).find({
        path: '/x',
        query: '?__proto__[toString]=1',
      }),
    ).toEqual([])
  })
})

describe('hosts', () => {
  const { find } = tableOf([
    { path: '/**', hosts: ['a.test'], name: 'exact' },
    { path: '/**', hosts: ['*.a.test'], name: 'wild' },
    { path: '/**', hosts: ['*.deep.a.test'], name: 'deep' },
    { path: '/only', name: 'any' },
  ])

  it.each([
    ['a.test', 'exact'],
    ['x.a.test', 'wild'],
    ['x.y.a.test', 'wild'],
    ['x.deep.a.test', 'deep'],
    ['deep.a.test', 'wild'],
    ['evila.test', []],
    ['a.test.evil', []],
    ['xa.test', []],
    ['.a.test', 'wild'],
    ['b.test', []],
    [null, []],
  ])('H-042 the host is compared whole: %s is %j', (host, name) => expect(find({ host, path: '/x' })).toEqual(name))

  it('H-042 a host’s route goes before a more specific path of any host', () => {
    expect([find({ host: 'a.test', path: '/only' }), find({ host: 'b.test', path: '/only' })]).toEqual(['exact', 'any'])
  })

  it('H-042 a host and a path never run together', () => {
    const { find } = tableOf([{ path: '/api', hosts: ['localhost'] }])
    expect(find({ host: 'evillocalhost', path: '/api' })).toEqual([])
    expect(find({ host: 'localhost', path: '/api' })).toBe('/api')
  })

  it('H-042 a name is listed in any case, and once', () => {
    const { find } = tableOf([{ path: '/x', hosts: ['A.Test', 'B.TEST'] }])
    expect([find({ host: 'a.test', path: '/x' }), find({ host: 'b.test', path: '/x' })]).toEqual(['/x', '/x'])
  })
})

describe('paths', () => {
  it.each([
    ['/api/**', '/apiadmin'],
    ['/api/**', '/ap'],
    ['/api', '/api/'],
    ['/api', '/api/x'],
    ['/api/', '/api'],
    ['/a/b', '/a'],
    ['/a/b', '/a/bc'],
  ])('H-041 %s does not fit %s: prefixes end on a segment', (pattern, path) =>
    expect(tableOf([pattern]).find({ path })).toEqual([]),
  )

  it.each([
    ['/api/**', '/api'],
    ['/api/**', '/api/'],
    ['/api/', '/api/'],
    ['/', '/'],
    ['/a/b/', '/a/b/'],
  ])('H-041 %s fits %s', (pattern, path) => expect(tableOf([pattern]).find({ path })).toBe(pattern))

  it('H-037 case matters, unless told otherwise, for every kind of pattern', () => {
    const patterns = ['/Users', '/Posts/**', '/Tags/:id', '/Files/*.Png']
    for (const path of ['/users', '/posts/x', '/tags/x', '/files/a.png']) {
      expect(tableOf(patterns).find({ path })).toEqual([])
      expect(tableOf(patterns, false).find({ path: path.toUpperCase() })).not.toEqual([])
    }
  })

  it('H-154 segments named like parts of Object are segments', () => {
    const { find } = tableOf(['/x/**'])
    for (const path of ['/__proto__', '/constructor', '/x/__proto__/toString', '/hasOwnProperty/x'])
      expect(find({ path })).toEqual(path.startsWith('/x/') ? '/x/**' : [])
    expect(tableOf(['/__proto__']).find({ path: '/__proto__' })).toBe('/__proto__')
  })
})

describe('methods', () => {
  const { find } = tableOf([
    { path: '/x', methods: ['GET', 'post'], name: 'read' },
    { path: '/x', methods: ['DELETE'], name: 'delete' },
    { path: '/any', name: 'any' },
    { path: '/**', methods: ['PATCH'], name: 'patch' },
  ])

  it.each([
    ['GET', 'read'],
    ['HEAD', 'read'],
    ['POST', 'read'],
    ['DELETE', 'delete'],
    ['PATCH', 'patch'],
  ])('%s goes to the route that has it', (method, name) => expect(find({ method, path: '/x' })).toBe(name))

  it('a path whose methods are others is told them all', () => {
    expect(find({ method: 'PUT', path: '/x' })).toEqual(['DELETE', 'GET', 'HEAD', 'PATCH', 'POST'])
    expect(find({ method: 'PUT', path: '/y' })).toEqual(['PATCH'])
    expect(find({ method: 'get', path: '/x' })).toEqual(['DELETE', 'GET', 'HEAD', 'PATCH', 'POST'])
  })

  it('a route without methods takes any', () => {
    for (const method of ['GET', 'FOO', 'OPTIONS']) expect(find({ method, path: '/any' })).toBe('any')
  })

  it('a preflight goes to the route it asks about', () => {
    const headers = (method: string) => toHeaders({ origin: 'https://a.test', 'access-control-request-method': method })
    expect(find({ method: 'OPTIONS', path: '/x', headers: headers('DELETE') })).toBe('delete')
    expect(find({ method: 'OPTIONS', path: '/x', headers: headers('get') })).toBe('read')
    expect(find({ method: 'OPTIONS', path: '/x', headers: headers('TRACE') })).toContain('GET')
  })

  it('an OPTIONS that is no preflight does not', () => {
    expect(find({ method: 'OPTIONS', path: '/x' })).toContain('DELETE')
    expect(
      find({ method: 'OPTIONS', path: '/x', headers: toHeaders({ 'access-control-request-method': 'GET' }) }),
    ).toContain('GET')
  })
})

describe('cost', () => {
  /** A table of many routes whose pattern tells how often it was asked. */
  function counted(paths: readonly string[]): { asked: () => number; find: (path: string) => unknown } {
    let asked = 0
    const routes = paths.map((path, order): Route => {
      const route = compileRoute({ path, handler }, [], order, true)
      const matches = (given: string): boolean => {
        asked++
        return route.pattern.matches(given)
      }
      return { ...route, pattern: { ...route.pattern, matches } }
    })
    const table = new RouteTable(routes, true)
    const find = (path: string): unknown => {
      const found = table.find({ method: 'GET', path, query: '', host: 'a.test', headers: toHeaders() })
      return 'allow' in found ? undefined : found.name
    }
    return { asked: () => asked, find }
  }

  it.each([10, 10_000])('with %i distinct literal prefixes, one pattern is tried', (count) => {
    const { find, asked } = counted(Array.from({ length: count }, (_, at) => `/p${at}/**`))
    expect(find(`/p${count - 1}/x/y`)).toBe(`/p${count - 1}/**`)
    expect(asked()).toBe(1)
    expect(find('/nothing/x')).toBeUndefined()
    expect(asked()).toBe(1)
  })

  it('patterns are tried only among those whose literal prefix fits', () => {
    const others = Array.from({ length: 1_000 }, (_, at) => `/q${at}/:id/x`)
    const { find, asked } = counted([...others, '/q7/:id/y', '/q7/:id/z', '/**'])
    expect(find('/q7/1/y')).toBe('/q7/:id/y')
    expect(asked()).toBeLessThanOrEqual(3)
  })

  it('H-150 a path of thousands of segments asks no more patterns than there are', () => {
    const { find, asked } = counted(['/a/**', '/**', '/a/a/**'])
    expect(find('/a'.repeat(4_000))).toBe('/a/a/**')
    expect(asked()).toBe(1)
  })
})
