import { describe, expect, it } from 'vitest'
import { copyPlain } from '../../../../src/config/document/plain.js'

describe('an object as a document', () => {
  it('is copied: what happens to it later changes nothing', () => {
    const given = { a: [{ b: 1 }], c: undefined, d: null }
    const { data, faults } = copyPlain(given)
    given.a[0]!.b = 2
    expect([data, faults]).toEqual([{ a: [{ b: 1 }], d: null }, []])
  })

  const circle: Record<string, unknown> = {}
  circle['self'] = circle

  it.each<[string, unknown, string]>([
    ['a function', { a: () => 1 }, 'a function, which is no data'],
    ['a date', { a: new Date(0) }, 'an object of the class Date'],
    ['a map', { a: [new Map()] }, 'an object of the class Map'],
    ['a symbol', { a: Symbol('x') }, 'a symbol, which is no data'],
    ['a big integer', { a: 1n }, 'a bigint, which is no data'],
    ['infinity', { a: Infinity }, 'a number that is none'],
    ['__proto__ of its own', JSON.parse('{"a": {"__proto__": {"x": 1}}}'), 'objects of JavaScript have a use for'],
    ['a circle', circle, 'deeper than 64'],
    ['too many values', { a: Array(200_000).fill(1) }, 'more than 100000 values'],
  ])('does not have %s', (_what, value, message) => {
    expect(
      copyPlain(value)
        .faults.map((fault) => fault.message)
        .join('\n'),
    ).toContain(message)
    expect(({} as { x?: number }).x).toBeUndefined()
  })
})
