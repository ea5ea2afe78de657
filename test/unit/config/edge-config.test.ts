import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { filters, handlers, pools } from './documents.js'

const root = new URL('../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const schema = JSON.parse(read('config.schema.json'))
const validate = new Ajv({ strict: false, allErrors: false }).compile(schema)
const judge = (document: unknown): string => {
  // As JSON has it: `undefined` and names that are numbers are gone.
  const plain: unknown = JSON.parse(JSON.stringify(document))
  return validate(plain) ? 'fits' : JSON.stringify(validate.errors)
}
const far = ['http://127.0.0.1:1']
const routes = [{ path: '/', respond: {} }]

describe('the schema of documents', () => {
  it('is what the types say', () => {
    const made = execFileSync(process.execPath, ['scripts/config-schema.js', '--print'], { cwd: root, maxBuffer: 1e8 })
    expect(JSON.parse(made.toString())).toEqual(schema)
  }, 60_000)

  it('is small enough for editors, and says what each option is for', () => {
    expect(read('config.schema.json').length).toBeLessThan(400_000)
    const { definitions } = schema
    expect(definitions.PoolConfig.properties.slowStartMs.description).toContain('HAProxy')
    expect(definitions.PoolConfig.properties.spillOver.default).toBe(1.4)
    expect(JSON.stringify(schema)).not.toMatch(/CodeOnly|\{@link|"events"/)
  })

  it.each(Object.entries(filters))('takes %s as its factory does', (name, options) => {
    expect(judge({ routes: [{ path: '/', filters: [{ [name]: options }], respond: {} }] })).toBe('fits')
    expect(judge({ filters: [{ use: name, options }, name], routes })).toBe('fits')
  })

  it.each(handlers)('takes %s', (_what, handler) => expect(judge({ routes: [{ path: '/', ...handler }] })).toBe('fits'))

  it.each(pools)('takes pools of %s', (_what, some) => {
    const named = some.map((pool, at) => [`p${at}`, { endpoints: far, ...pool }] as const)
    expect(judge({ pools: Object.fromEntries(named), routes: [] })).toBe('fits')
  })

  const examples = globSync('examples/config/*.yaml', { cwd: root.pathname })

  it('has examples', () => expect(examples.length).toBeGreaterThanOrEqual(2))

  it.each(examples)('takes %s', (path) => expect(judge(parse(read(path)))).toBe('fits'))

  it.each<[string, unknown]>([
    ['no routes', {}],
    ['routes that are no list', { routes: {} }],
    ['an unknown option', { routes, route: [] }],
    ['a route without a path', { routes: [{ respond: {} }] }],
    ['a route without a handler', { routes: [{ path: '/' }] }],
    ['a route of two handlers', { routes: [{ path: '/', respond: {}, forward: 'a' }] }],
    ['an unknown option of a route', { routes: [{ path: '/', respond: {}, method: 'GET' }] }],
    ['methods that are no list', { routes: [{ path: '/', respond: {}, methods: 'GET' }] }],
    ['an unknown filter', { filters: [{ ratelimit: { limit: 1 } }], routes }],
    ['two filters in one', { filters: [{ csrf: {}, compress: {} }], routes }],
    ['an unknown option of a filter', { filters: [{ rateLimit: { limit: 1, windowMS: 1 } }], routes }],
    ['an option of another type', { filters: [{ rateLimit: { limit: '1' } }], routes }],
    ['a word that is none of those', { filters: [{ rateLimit: { limit: 1, algorithm: 'leaky' } }], routes }],
    ['a missing option', { filters: [{ bodyLimit: {} }], routes }],
    ['options without a filter', { filters: [{ options: {} }], routes }],
    ['what is for code', { filters: [{ cache: { events: {} } }], routes }],
    ['an unknown option of a pool', { pools: { a: { endpoint: far } }, routes }],
    ['an endpoint that is a number', { pools: { a: { endpoints: [1] } }, routes }],
    ['an unknown strategy', { pools: { a: { endpoints: far, balancer: 'fastest' } }, routes }],
    ['two strategies', { pools: { a: { endpoints: far, balancer: { random: {}, leastTime: {} } } }, routes }],
    ['an unknown probe', { pools: { a: { endpoints: far, health: { active: { probe: 'icmp' } } } }, routes }],
    ['a split of no weights', { routes: [{ path: '/', split: { branches: { a: { respond: {} } } } }] }],
    ['a regular expression that is a number', { routes: [{ path: '/', headers: { a: { regex: 1 } }, respond: {} }] }],
  ])('does not take %s', (_what, document) => expect(judge(document)).not.toBe('fits'))
})
