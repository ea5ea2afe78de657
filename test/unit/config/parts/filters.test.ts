import { readFileSync } from 'node:fs'
import * as edgewise from 'edgewise'
import { EventHub } from 'edgewise'
import { type EdgeConfig, gatewayFromConfig } from 'edgewise/config'
import { describe, expect, it } from 'vitest'
import { FILTERS } from '../../../../src/config/parts/filters.js'
import { HANDLERS } from '../../../../src/config/parts/handlers.js'
import { sources } from '../../../structure/sources.js'
import { filters, handlers, pools } from '../documents.js'

/** Filters and handlers of the library that no document can have, and why. */
const EXCUSED: Readonly<Record<string, string>> = {
  authenticator: 'made of a function: a plugin',
  compose: 'what documents do with "filters"',
  defineFilter: 'made of a function: a plugin',
}

const textOf = (path: string): string => readFileSync(new URL(`../../../../src/${path}`, import.meta.url), 'utf8')
const texts = sources.map(({ path }) => textOf(path))

/** Types of filters and handlers: these two, and what extends them. */
function kinds(): ReadonlySet<string> {
  const found = new Set(['Filter', 'Handler'])
  for (let size = 0; size < found.size; ) {
    size = found.size
    for (const text of texts)
      for (const [, name, bases] of text.matchAll(/export interface (\w+) extends ([\w, <>]+)\{/g))
        if (bases!.split(',').some((base) => found.has(base.trim()))) found.add(name!)
  }
  return found
}

const factories = (): string[] => {
  const types = kinds()
  const found = texts.flatMap((text) =>
    [...text.matchAll(/^export function (\w+)(?:<[^(]*>)?\([\s\S]*?\n?\): (\w+)/gm)]
      .filter(([, , type]) => types.has(type!))
      .map(([, name]) => name!),
  )
  return [...new Set(found)].filter((name) => name in edgewise)
}

describe('the filters and handlers of documents', () => {
  it('are all that the library exports, but for those that are excused', () => {
    expect(factories().length).toBeGreaterThan(60)
    const known = [...Object.keys(FILTERS), ...Object.keys(HANDLERS), ...Object.keys(EXCUSED)]
    expect(factories().filter((name) => !known.includes(name))).toEqual([])
    expect(known.filter((name) => !(name in edgewise))).toEqual([])
  })

  it.each(Object.entries(filters))('%s is made of data', async (name, options) => {
    const stores = { counts: edgewise.memoryLimitStore(), entries: edgewise.memoryStore({ maxBytes: 1_000_000 }) }
    const config = {
      pools: { a: { endpoints: ['http://127.0.0.1:1'] } },
      routes: [{ path: '/', filters: [{ [name]: options }], respond: {} }],
    } as EdgeConfig
    await using edge = await gatewayFromConfig(config, { stores, events: new EventHub() })
    expect(edge.traffic.requests).toBe(0)
  })

  it.each(handlers)('%s is a handler of data', async (_what, handler) => {
    const config = {
      pools: { a: { endpoints: ['http://127.0.0.1:1'] } },
      routes: [{ path: '/', ...handler }],
    } as EdgeConfig
    await using edge = await gatewayFromConfig(config)
    expect(edge.traffic.requests).toBe(0)
  })

  it.each(pools)('pools take %s', async (_what, some) => {
    const named = some.map((pool, at) => [`p${at}`, { endpoints: ['http://127.0.0.1:1'], ...pool }] as const)
    const config = { pools: Object.fromEntries(named), routes: [] } as unknown as EdgeConfig
    await using edge = await gatewayFromConfig(config, { events: new EventHub() })
    expect(edge.pools.size).toBe(named.length)
  })
})
