import { createPool, type Pool } from 'edgewise'
import { afterAll, describe, expect, it } from 'vitest'
import { SniRoutes } from '../../../src/tcp/sni-routes.js'

const pool: Pool = createPool({ name: 'p', endpoints: ['tcp://127.0.0.1:9'] })
afterAll(() => pool.close())

const table = (...names: readonly string[]) =>
  new SniRoutes(Object.fromEntries(names.map((name) => [name, pool])), 'test')

describe('routes by name', () => {
  const routes = table('a.example.com', '*.example.com', '*.deep.example.com', 'Other.Test', 'default')

  it.each([
    ['a.example.com', 'a.example.com'],
    ['b.example.com', '*.example.com'],
    ['x.y.example.com', '*.example.com'],
    ['deep.example.com', '*.example.com'],
    ['x.deep.example.com', '*.deep.example.com'],
    ['x.y.deep.example.com', '*.deep.example.com'],
    ['example.com', 'default'],
    ['aexample.com', 'default'],
    ['other.test', 'Other.Test'],
    ['default', 'default'],
    ['__proto__', 'default'],
    [null, 'default'],
  ])('lead %s to %s', (name, entry) => {
    expect(routes.find(name)?.name).toBe(entry)
  })

  it('lead nowhere what matches none, without a default', () => {
    expect(table('a.example.com').find('b.example.com')).toBeNull()
    expect(table('a.example.com').find(null)).toBeNull()
    expect(table('constructor').find('toString')).toBeNull()
  })

  it.each(['*', 'a.*.com', '*.*.com', 'a:443', 'a b', '', 'https://a'])('refuse %j as a name', (name) => {
    expect(() => table(name)).toThrow(/routes.*host names/)
  })

  it('refuse a name that stands there twice', () => {
    expect(() => table('a.b', 'A.B')).toThrow('each name once')
    expect(() => table('a.b', '*.a.b', 'a.b.')).toThrow('each name once')
  })
})
