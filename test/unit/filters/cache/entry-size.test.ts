import { toHeaders } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { entrySize } from '../../../../src/filters/cache/entry-size.js'
import { entryOf } from '../../../integration/stores/entries.js'

const more = (change: Parameters<typeof entryOf>[0]): number => entrySize(entryOf(change)) - entrySize(entryOf())

describe('H-182 the size of an entry', () => {
  it.each([
    ['body', { body: new Uint8Array(10_005) }, 10_000],
    ['a long field', { headers: toHeaders({ ...entryOf().headers, x: 'y'.repeat(10_000) }) }, 10_001],
    [
      'the lines of a repeated field',
      { headers: { ...entryOf().headers, x: ['y'.repeat(5_000), 'z'.repeat(5_000)] } },
      10_001,
    ],
    ['fields that selected it', { selecting: toHeaders({ accept: 'y'.repeat(10_000) }) }, 10_006],
    ["a variant's name", { variant: 'y'.repeat(10_000) }, 10_000],
    ['names in Vary', { vary: ['y'.repeat(10_000)] }, 10_000],
    ['tags', { tags: ['y'.repeat(10_000)] }, 10_000],
  ])('H-182 counts %s', (_what, change, least) => {
    expect(more(change)).toBeGreaterThanOrEqual(least)
    expect(more(change)).toBeLessThan(least + 500)
  })

  it('H-182 is not small for an entry that is', () => {
    expect(entrySize(entryOf({ body: new Uint8Array(0), headers: toHeaders() }))).toBeGreaterThan(1_000)
  })
})
