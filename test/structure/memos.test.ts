import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sources } from './sources.js'

/**
 * Maps of a module's own that begin empty, so that something puts entries in: each with what bounds it. Whoever adds one that is keyed by
 * what a client sends adds it to test/integration/access/memory.test.ts, too.
 */
const BOUNDED: Readonly<Record<string, string>> = {
  'chunk-memory.ts spare': 'filled once, with the sizes that chunks are read in; 2 MiB of each',
  'http/authority.ts memo': 'emptied at 512 entries of at most 260 characters',
  'http/fields.ts kinds': 'filled once, with the names that are written there',
  'http/fields.ts known': 'emptied at 1024 entries of at most 40 characters',
  'routing/route-table.ts nothing': 'stays empty',
  'upstream/lending.ts NONE': 'stays empty',
}

const textOf = (path: string): string => readFileSync(new URL(`../../src/${path}`, import.meta.url), 'utf8')

/** Maps, sets and objects that a module makes for itself and fills later on; those keyed by objects go with their keys. */
function ownMaps(text: string): string[] {
  return [
    ...text.matchAll(/^(?:export )?(?:const|let) (\w+)[^\n=]*= (?:new (?:Map|Set)(?:<.*>)?\(\)|nullObject)/gm),
  ].map(([, name]) => name!)
}

describe('memos', () => {
  it('H-202 of a module are known, and each has its bound', () => {
    const found = sources.flatMap(({ path }) => ownMaps(textOf(path)).map((name) => `${path} ${name}`))
    expect(found.toSorted()).toEqual(Object.keys(BOUNDED).toSorted())
  })

  it('H-202 that are caches say how many entries or bytes they hold', () => {
    const caches = sources.flatMap(({ path }) =>
      [...textOf(path).matchAll(/new LRUCache[^(]*\(([\s\S]{0,200})/g)].map(([, options]) => ({
        path,
        options: options!,
      })),
    )
    expect(caches.length).toBeGreaterThan(0)
    expect(
      caches.filter(({ options }) => !/^\s*\{[\s\S]*?\bmax(?:Size)?\b/.test(options)).map(({ path }) => path),
    ).toEqual([])
  })

  it.each([
    ['const memo = new Map<string, number>()', ['memo']],
    ['export const seen: Set<string> = new Set()', ['seen']],
    ["const words = new Set(['a'])", []],
    ['const byRequest = new WeakMap<object, number>()', []],
    ['  const local = new Map()', []],
  ])('in %j are seen: %j', (text, names) => expect(ownMaps(text)).toEqual(names))
})
