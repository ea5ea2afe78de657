import { EventHub } from 'edgewise'
import { ConfigError, type EdgeConfig, gatewayFromConfig } from 'edgewise/config'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../../src/config/document/yaml.js'
import { filters, handlers } from '../../unit/config/documents.js'

const names = Object.keys(filters).filter((name) => !['cache', 'rateLimit'].includes(name)) as (keyof typeof filters)[]

/** A document that may be right: some filters, some handlers, some pools. */
const documents = fc
  .record({
    filters: fc.subarray(names, { minLength: 1, maxLength: 4 }),
    routes: fc.array(fc.constantFrom(...handlers), { minLength: 1, maxLength: 3 }),
  })
  .map((chosen) => ({
    trustedProxies: ['loopback'],
    pools: {
      a: {
        endpoints: ['http://127.0.0.1:1', { url: 'http://127.0.0.1:2', weight: 2 }],
        balancer: 'random',
        fallback: 'b',
      },
      b: { endpoints: [] },
    },
    filterLists: { l: ['requestId'] },
    filters: [{ list: 'l' }],
    routes: chosen.routes.map(([, handler], at) => ({
      path: `/${at}`,
      filters: chosen.filters.map((name) => ({ [name]: filters[name] })),
      ...handler,
    })),
  }))

const values: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown[]>(
    null,
    -1,
    0,
    1e308,
    '',
    '*',
    '/',
    [],
    {},
    [[]],
    [{}],
    'a',
    true,
    '__proto__',
    'constructor',
    { constructor: 1 },
    { toString: 1 },
    { regex: '(' },
    `\${A}`,
    `\${A`,
    `\${file:x}`,
    { use: 5 },
    { list: 'l' },
    { list: {} },
  ),
)

/** Every place of a document. */
function placesOf(data: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof data !== 'object' || data === null) return [path]
  return [path, ...Object.entries(data).flatMap(([key, value]) => placesOf(value, [...path, key]))]
}

/** A copy with something else at a place; without it where that is `undefined`. */
function put(data: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined || typeof data !== 'object' || data === null) return value
  const copy: Record<string, unknown> | unknown[] = Array.isArray(data) ? [...data] : { ...data }
  const holder = copy as Record<string, unknown>
  if (rest.length === 0 && value === undefined) delete holder[key]
  else holder[key] = put(holder[key], rest, value)
  return copy
}

/** Renames a member of an object that has one. */
function rename(data: unknown, path: readonly string[], name: string): unknown {
  const key = path.at(-1)
  const above = path.slice(0, -1).reduce<unknown>((found, step) => (found as Record<string, unknown>)[step], data)
  if (key === undefined || Array.isArray(above)) return data
  return put(put(data, path, undefined), [...path.slice(0, -1), name], (above as Record<string, unknown>)[key])
}

/** What comes of a document; anything but a gateway or problems is thrown on. */
async function outcome(config: unknown): Promise<'gateway' | 'problems'> {
  const context = { env: {}, files: false, events: new EventHub() }
  try {
    const edge = await gatewayFromConfig(config as EdgeConfig, context)
    await edge.close({ graceMs: 0 })
    return 'gateway'
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.problems.length).toBeGreaterThan(0)
    for (const { message } of error.problems) expect(message).not.toBe('')
    return 'problems'
  }
}

describe('a document in which something is otherwise', () => {
  it('is a gateway, or a list of what is wrong: never a crash, and nothing in between', async () => {
    const seen = { gateway: 0, problems: 0 }
    await fc.assert(
      fc.asyncProperty(
        documents,
        fc.array(fc.record({ at: fc.nat(), value: values, how: fc.constantFrom('put', 'drop', 'rename') }), {
          minLength: 0,
          maxLength: 3,
        }),
        async (document, changes) => {
          const changed = changes.reduce<unknown>((data, { at, value, how }) => {
            const places = placesOf(data)
            const place = places[at % places.length]!
            if (how === 'rename') return rename(data, place, typeof value === 'string' ? value : 'x')
            return put(data, place, how === 'drop' ? undefined : value)
          }, document)
          seen[await outcome(changed)]++
        },
      ),
      { numRuns: 300 },
    )
    expect(Math.min(seen.gateway, seen.problems)).toBeGreaterThan(10)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  }, 60_000)

  it('as a text is data, or a list of what is wrong', () => {
    const text =
      'pools:\n  a: &a { endpoints: ["http://127.0.0.1:1"] }\n  b: *a\nroutes:\n  - path: /**\n    filters: [requestId, { cors: { origin: "*" } }]\n    forward: a\n'
    const pieces = fc.constantFrom(
      '&x',
      '*x',
      '!!map',
      '<<:',
      '? ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '|\n',
      '---\n',
      '%YAML 1.1\n',
      '\t',
      '\0',
      '#',
      ': ',
      ',',
      '\u2028',
      '__proto__: 1\n',
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(text.length), fc.oneof(pieces, fc.string({ maxLength: 5 }))), {
          minLength: 1,
          maxLength: 4,
        }),
        (edits) => {
          const changed = edits.reduce((made, [at, piece]) => made.slice(0, at) + piece + made.slice(at), text)
          const { data, faults } = parseYaml(changed)
          expect(faults.length > 0 || JSON.stringify(data) !== undefined).toBe(true)
          for (const { position } of faults) expect(position!.line).toBeGreaterThan(0)
        },
      ),
      { numRuns: 500 },
    )
  }, 60_000)
})
