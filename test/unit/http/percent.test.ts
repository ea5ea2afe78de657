import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeQueryText, decodeText, encodePathText, encodeText, isUtf8 } from '../../../src/http/percent.js'

const latin1 = (text: string): string => Buffer.from(text).toString('latin1')

describe('encodeText', () => {
  it.each([
    ['', ''],
    ['aZ09-._~', 'aZ09-._~'],
    ['a b&c=d?e#f/g', 'a%20b%26c%3Dd%3Fe%23f%2Fg'],
    ['a\r\nb\0', 'a%0D%0Ab%00'],
    ["!'()*", '%21%27%28%29%2A'],
    [latin1('é€'), '%C3%A9%E2%82%AC'],
    ['é', '%C3%A9'],
    ['€', '%E2%82%AC'],
    ['\ud800', '%EF%BF%BD'],
  ])('writes %j as %s: bytes as such, text as UTF-8', (text, encoded) => expect(encodeText(text)).toBe(encoded))

  it('leaves nothing that could end a value, and is undone by decodeText, byte for byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const encoded = encodeText(text)
        expect(encoded).toMatch(/^(?:[A-Za-z0-9\-._~]|%[0-9A-F]{2})*$/)
        expect(Buffer.from(decodeText(encoded), 'latin1').toString()).toBe(
          /^[\0-\xff]*$/.test(text) && latin1(Buffer.from(text, 'latin1').toString()) === text
            ? Buffer.from(text, 'latin1').toString()
            : text.toWellFormed(),
        )
      }),
    )
  })
})

describe('decodeText', () => {
  it.each([
    ['%41%c3%A9', `A${latin1('é')}`],
    ['%zz%', '%zz%'],
    ['a+b', 'a+b'],
  ])('reads %s', (encoded, text) => expect(decodeText(encoded)).toBe(text))

  it('a + of a query is a space', () => expect(decodeQueryText('a+b%2Bc')).toBe('a b+c'))
})

describe('encodePathText', () => {
  it.each([
    ['/a/b;c=1,%2F', '/a/b;c=1,%2F'],
    ['a?b#c d', 'a%3Fb%23c%20d'],
    ['é', '%C3%A9'],
    ['a\r\nb', 'a%0D%0Ab'],
  ])('writes %j as %s', (text, encoded) => expect(encodePathText(text)).toBe(encoded))
})

describe('isUtf8', () => {
  it.each([
    ['%C3%A9', true],
    ['', true],
    ['%C0%AE', false],
    ['%E9', false],
    ['%ED%A0%80', false],
  ])('H-040 of %s is %s', (escapes, wanted) => expect(isUtf8(escapes)).toBe(wanted))
})
