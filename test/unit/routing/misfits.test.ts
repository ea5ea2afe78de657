import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { misfitsOf } from '../../../src/routing/misfits.js'
import { compileRoute, type RouteOptions } from '../../../src/routing/route.js'
import { type Question, RouteTable } from '../../../src/routing/route-table.js'

const handler = async (): Promise<never> => {
  throw new Error('not called')
}

function judged(options: readonly Omit<RouteOptions, 'handler'>[], odd: Partial<Question>, caseSensitive = true) {
  const routes = options.map((each, order) => compileRoute({ ...each, handler }, [], order, caseSensitive))
  const question: Question = { method: 'GET', path: '/', query: '', host: 'a.test', headers: {}, ...odd }
  const match = new RouteTable(routes, caseSensitive).find(question)
  const found = 'allow' in match ? null : match
  return { found, misfits: misfitsOf(routes, question, found, caseSensitive, 100) }
}

describe('routes that do not match', () => {
  it.each<[Omit<RouteOptions, 'handler'>, Partial<Question>, string]>([
    [{ path: '/a' }, { path: '/b' }, 'another path'],
    [{ path: '/a/:id' }, { path: '/a' }, 'another path'],
    [{ path: '/a', methods: ['PUT'] }, { path: '/a' }, 'method: for PUT'],
    [{ path: '/a', hosts: ['*.b.test'] }, { path: '/a' }, 'host: for *.b.test'],
    [{ path: '/a', headers: { 'x-v': '2' } }, { path: '/a' }, 'header x-v is not "2"'],
    [{ path: '/a', headers: { 'x-v': true } }, { path: '/a' }, 'header x-v is missing'],
    [{ path: '/a', query: { v: /^2/ } }, { path: '/a', query: '?v=3' }, 'query parameter v does not match /^2/'],
    [
      { path: '/a', methods: ['PUT'], headers: { x: true } },
      { path: '/b' },
      'another path; method: for PUT; header x is missing',
    ],
  ])('%o is not for %o: %s', (route, question, why) =>
    expect(judged([route], question).misfits.near.map((each) => each.why)).toEqual([why]),
  )

  it.each<[Omit<RouteOptions, 'handler'>[], string]>([
    [[{ path: '/a' }, { path: '/**' }], 'fits, but /a is more specific'],
    [[{ path: '/a', hosts: ['a.test'] }, { path: '/a' }], 'fits, but the host of /a is more specific'],
    [[{ path: '/a', headers: { host: true } }, { path: '/a' }], 'fits, but /a has more conditions'],
    [[{ path: '/a' }, { path: '/a' }], 'fits, but /a is listed first'],
  ])('of %o the second makes way: %s', (routes, why) => {
    const { misfits } = judged(routes, { path: '/a', headers: { host: 'a.test' } })
    expect(misfits.near.map((each) => each.why)).toEqual([why])
  })

  it('are those that the table passes over: one fits by itself exactly if a table of its own finds it', () => {
    const path = fc.constantFrom('/', '/a', '/a/', '/a/b', '/A/b', '/a/b/c', '/x.png')
    const route = fc.record({
      path: fc.constantFrom('/', '/a', '/a/**', '/a/:id', '/**', '/*.png', '/**/c', '/a/b'),
      methods: fc.constantFrom(undefined, ['GET'], ['PUT']),
      hosts: fc.constantFrom(undefined, ['a.test'], ['*.test'], ['b.test']),
      headers: fc.constantFrom(undefined, { x: true as const }),
    })
    const question = fc.record({
      path,
      method: fc.constantFrom('GET', 'HEAD', 'PUT'),
      host: fc.constantFrom(null, 'a.test', 'c.test'),
      headers: fc.constantFrom({}, { x: '1' }),
    })
    fc.assert(
      fc.property(route, question, fc.boolean(), (options, odd, caseSensitive) => {
        const { found, misfits } = judged([options, { path: '/**' }], odd, caseSensitive)
        const alone = judged([options], odd, caseSensitive).found !== null
        if (found?.order === 0) expect(misfits.near.every(({ why }) => why.startsWith('fits, but '))).toBe(true)
        else expect(misfits.near[0]!.why.startsWith('fits, but ')).toBe(alone)
      }),
      { numRuns: 1_000 },
    )
  })
})
