import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cut, plain, plainValue } from '../../../src/observing/plain.js'

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

describe('plain', () => {
  it.each([
    ['a b"c\\d', 'a b"c\\d'],
    ['a\r\nb', 'a\\x0D\\x0Ab'],
    ['\u001b[31mred', '\\x1B[31mred'],
    ['\u009b31m\u007f', '\\x9B31m\\x7F'],
    ['a\u2028b\u2029', 'a\\u2028b\\u2029'],
    ['\u202egnp.exe\u200b', '\\u202Egnp.exe\\u200B'],
    ['\u{e0041}', '\\u{E0041}'],
    ['Jörg 漢字 🎉', 'Jörg 漢字 🎉'],
    ['a\ud800b', 'a\ufffdb'],
  ])('H-195 writes %j as %j', (text, shown) => expect(plain(text, 100)).toBe(shown))

  it('reads the bytes of a field as UTF-8 where they are', () => {
    const field = Buffer.from('Jörg \u2028 🎉').toString('latin1')
    expect(plain(field, 100)).toBe('Jörg \\u2028 🎉')
    expect(plain('caf\xe9', 100)).toBe('café')
  })

  it('H-195 leaves nothing that ends a line, moves a cursor or hides others, and is bounded', () => {
    const texts = fc.oneof(
      fc.array(fc.integer({ min: 0, max: 0x2100 }), { maxLength: 200 }).map((units) => String.fromCharCode(...units)),
      fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 }).map((units) => String.fromCharCode(...units)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const shown = plain(text, 50)
        expect(shown).not.toMatch(UNSEEN)
        expect(shown.isWellFormed()).toBe(true)
        expect(shown.length).toBeLessThanOrEqual(50 * 9 + 3)
      }),
    )
  })

  it('cuts what is too long, and no character in two', () => {
    expect(plain('a'.repeat(20), 16)).toBe(`${'a'.repeat(16)}...`)
    expect(plain(`${'a'.repeat(15)}🎉`, 16)).toBe(`${'a'.repeat(15)}\ufffd...`)
    expect(cut('a'.repeat(16), 16)).toBe('a'.repeat(16))
  })
})

describe('plainValue', () => {
  const secret = (name: string): string | null => (name === 'token' ? '[redacted]' : null)

  it('H-195 makes whatever it is given plain, and takes the secrets out', () => {
    const given = {
      'a\n': ['b\n', 1, true, null, { token: 'abc', deep: 'c\n' }],
      token: ['a', 'b'],
      count: 10n,
      at: new Date(0),
      never: new Date(Number.NaN),
      failure: new TypeError('no\n'),
    }
    expect(plainValue(given, 20, secret)).toEqual({
      'a\\x0A': ['b\\x0A', 1, true, null, { token: '[redacted]', deep: 'c\\x0A' }],
      token: '[redacted]',
      count: '10',
      at: '1970-01-01T00:00:00.000Z',
      never: null,
      failure: 'TypeError: no\\x0A',
    })
  })

  it('ends where a value leads to itself, or never', () => {
    const around: Record<string, unknown> = {}
    around['self'] = around
    expect(JSON.stringify(plainValue(around, 20, secret))).toBe('{"self":{"self":{"self":{"self":"..."}}}}')
    expect(plainValue(Array(1_000).fill(1), 20, secret)).toHaveLength(100)
  })
})
