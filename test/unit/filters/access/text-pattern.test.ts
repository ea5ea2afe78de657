import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileText, type TextPattern } from '../../../../src/filters/access/text-pattern.js'

describe('a text pattern', () => {
  it.each<[TextPattern, string, boolean]>([
    ['curl/8.0', 'CURL/8.0', true],
    ['curl/8.0', 'curl/8.0.1', false],
    ['curl/*', 'curl/8.0.1', true],
    ['curl/*', 'libcurl/8', false],
    ['*bot*', 'Googlebot/2.1', true],
    ['*bot', 'robots', false],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['*', '', true],
    ['a.c', 'abc', false],
    [/^python-requests\/[0-9.]+$/, 'python-requests/2.31', true],
    [/bot|crawler/, 'Some Crawler', true],
    [/bot/g, 'bot', true],
  ])('%s fits %j: %s, every time', (pattern, text, fits) => {
    const test = compileText(pattern, 'test', 'allow')
    expect([test(text), test(text)]).toEqual([fits, fits])
  })

  it('with stars fits just what its regular expression would', () => {
    const piece = fc.stringMatching(/^[ab]{0,3}$/)
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 2, maxLength: 5 }),
        fc.stringMatching(/^[ab]{0,12}$/),
        (pieces, text) => {
          const pattern = pieces.join('*')
          expect(compileText(pattern, 'test', 'allow')(text)).toBe(new RegExp(`^${pieces.join('.*')}$`).test(text))
        },
      ),
      { numRuns: 500 },
    )
  })

  it.each([
    /(a+)+$/,
    /(a*)*b/,
    /(a|a)*b/,
    /(a|b)+c/,
    /(?:a?){16}b/,
    /(a{1,9}){2,9}b/,
    /a*a*b/,
    /^a*a*a*b/,
    /.*foo.*/,
    /a{1,99}b{1,99}/,
    /a{0,9}a{0,9}a{0,9}b/,
    /(a)\1/,
    /(?<x>a)\k<x>/,
    /(?=a)b/,
    /(?<!a)b/,
  ])('H-150 refuses %s, which could take long', (pattern) => {
    expect(() => compileText(pattern, 'test', 'deny')).toThrow(/"deny".*at most one unbounded repetition/)
  })

  it.each([
    [/a*b/, 'a'.repeat(512)],
    [/^a*a*b/, 'a'.repeat(512)],
    [/^(?:ab)*.*c/, 'ab'.repeat(256)],
    [/a{0,4}a{0,4}b/, 'a'.repeat(512)],
    [/(?:a|b|ab)(?:a|b)c/, 'ab'.repeat(256)],
    [/[a-z]+\d/, 'a'.repeat(512)],
  ])('H-150 takes %s, which takes a few milliseconds at worst', (pattern, worst) => {
    const test = compileText(pattern, 'test', 'deny')
    test(worst)
    const times = Array.from({ length: 5 }, () => {
      const before = performance.now()
      expect(test(worst)).toBe(false)
      return performance.now() - before
    })
    expect(Math.min(...times)).toBeLessThan(10)
  })

  it('H-150 matches stars in linear time, however many', () => {
    const test = compileText(`${'*a'.repeat(100)}*b`, 'test', 'deny')
    const before = performance.now()
    for (let at = 0; at < 100; at++) expect(test('a'.repeat(2_000))).toBe(false)
    expect((performance.now() - before) / 100).toBeLessThan(5)
  })

  it.each([['', 1, null]].flat())('H-155 refuses %j', (pattern) =>
    expect(() => compileText(pattern as never, 'test', 'allow')).toThrow(/test: option "allow"/),
  )
})
