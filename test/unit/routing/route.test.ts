import { reply, toHeaders } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { compileRoute } from '../../../src/routing/route.js'

const handler = async () => reply(200)
const route = (options: object) => compileRoute({ path: '/x', handler, ...options }, [], 0, true)

describe('compileRoute', () => {
  it('folds methods and hosts once, and counts conditions', () => {
    const made = route({
      methods: ['get', 'Post'],
      hosts: ['A.Test', '*.B.test'],
      headers: { 'X-A': true },
      query: { q: '1' },
    })
    expect([[...made.methods!], made.hosts, made.conditions, made.name]).toEqual([
      ['GET', 'POST'],
      ['a.test', '*.b.test'],
      2,
      '/x',
    ])
    expect([route({}).methods, route({}).hosts]).toEqual([null, null])
  })

  it.each([
    [{ methods: [] }, 'methods'],
    [{ methods: ['GET '] }, 'methods'],
    [{ methods: 'GET' }, 'methods'],
    [{ hosts: ['a.test:80'] }, 'hosts'],
    [{ hosts: ['a/b'] }, 'hosts'],
    [{ hosts: ['*'] }, 'hosts'],
    [{ hosts: ['a.*.test'] }, 'hosts'],
    [{ hosts: ['user@a'] }, 'hosts'],
    [{ headers: 'x' }, 'headers'],
    [{ query: [] }, 'query'],
    [{ filters: ['x'] }, 'filters'],
    [{ handler: 'x' }, 'handler'],
    [{ path: '' }, 'path'],
    [{ path: 'x' }, 'path'],
  ])('H-155 %j is refused, naming %s', (options, option) =>
    expect(() => route(options)).toThrow(new RegExp(`route: option "${option}"`)),
  )

  it.each([
    [{ 'X-A': 'b' }, { 'x-a': 'b' }, true],
    [{ 'X-A': 'b' }, { 'x-a': 'B' }, false],
    [{ 'X-A': 'b' }, {}, false],
    [{ 'X-A': true as const }, { 'x-a': '' }, true],
    [{ 'X-A': /^b/ }, { 'x-a': 'bc' }, true],
    [{ 'X-A': 'b, c' }, { 'x-a': ['b', 'c'] }, true],
    [{ constructor: true as const }, {}, false],
  ])('the condition %j on fields %j holds: %s', (headers, fields, holds) => {
    expect(route({ headers }).admits(toHeaders(fields), '')).toBe(holds)
  })

  it('H-153 an expression with g or y does not alternate', () => {
    for (const flags of ['g', 'y']) {
      const { admits } = route({ query: { q: new RegExp('a', flags) } })
      expect([1, 2, 3].map(() => admits(toHeaders(), '?q=a'))).toEqual([true, true, true])
    }
  })

  it('puts shared filters outside its own', () => {
    const [a, b] = [async () => reply(200), async () => reply(200)]
    expect(compileRoute({ path: '/x', filters: [b!], handler }, [a!], 0, true).filters).toEqual([a, b])
  })
})
