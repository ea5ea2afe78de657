import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pairEnd, pairStart } from '../../../src/http/pairs.js'

const SEMICOLON = 59
const AMPERSAND = 38

const values = (text: string, name: string, separator: number, from = 0): string[] => {
  const found: string[] = []
  for (let start = pairStart(text, `${name}=`, separator, from); start !== -1; ) {
    const end = pairEnd(text, separator, start)
    found.push(text.slice(start, end))
    start = pairStart(text, `${name}=`, separator, end)
  }
  return found
}

describe('pairs', () => {
  it.each([
    ['a=1', ['1']],
    ['a=1; b=2; a=3', ['1', '3']],
    ['b=2;a=1', ['1']],
    ['b=2; \t a=1', ['1']],
    [' a=1', ['1']],
    ['a=', ['']],
    ['a=x=y; a==', ['x=y', '=']],
    ['ba=1; aa=2; b=a=3', []],
    ['b=x a=1', []],
    ['a', []],
    ['', []],
  ])('finds every value in %j', (text, found) => {
    expect(values(text, 'a', SEMICOLON)).toEqual(found)
  })

  it('reads a query from behind its mark', () => {
    expect(values('?id=1&xid=2&id=3', 'id', AMPERSAND, 1)).toEqual(['1', '3'])
  })

  it('finds what a naive reading finds in any list', () => {
    const name = fc.constantFrom('a', 'aa', 'ba', 'a.b', '')
    const value = fc.string({ unit: fc.constantFrom('a', '=', ' ', 'b', '.'), maxLength: 4 })
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 6 }), (pairs) => {
        const text = pairs.map(([key, given]) => `${key}=${given}`).join('; ')
        const naive = text
          .split(';')
          .map((part) => part.replace(/^[ \t]+/, ''))
          .filter((part) => part.startsWith('a='))
        expect(values(text, 'a', SEMICOLON).map((found) => `a=${found}`)).toEqual(naive)
      }),
    )
  })

  it('is linear in a field that is made of near misses', () => {
    const time = (text: string): number => {
      const from = performance.now()
      pairStart(text, 'a=', SEMICOLON, 0)
      return performance.now() - from
    }
    const hostile = (count: number): string => `${'      a=x'.repeat(count).slice(6).replace(/^a/, 'b')}`
    time(hostile(1_000))
    expect(time(hostile(100_000))).toBeLessThan(200)
  })
})
