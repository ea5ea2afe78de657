import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isJson, readMediaType } from '../../../src/http/media-type.js'

const TOKEN = fc.string({ unit: fc.constantFrom(..."aZ0!#$%&'*+.^_`|~-"), minLength: 1, maxLength: 8 })

describe('readMediaType', () => {
  it.each([
    ['application/json', 'application/json', 'json', {}],
    ['Application/Problem+JSON', 'application/problem+json', 'json', {}],
    ['text/html;charset=utf-8', 'text/html', 'html', { charset: 'utf-8' }],
    ['text/html \t; \tCharSet="UTF-8" ; x=y', 'text/html', 'html', { charset: 'UTF-8', x: 'y' }],
    ['a/b;', 'a/b', 'b', {}],
    ['a/b; ;; x=y;', 'a/b', 'b', { x: 'y' }],
    ['a/b;x="\\"; \\\\ ,ü"', 'a/b', 'b', { x: '"; \\ ,ü' }],
    ['a/b+c+xml', 'a/b+c+xml', 'xml', {}],
    ['a/b;x=""', 'a/b', 'b', { x: '' }],
  ])('reads %j', (value, essence, suffix, parameters) => {
    const type = readMediaType(value)!
    expect([type.essence, type.suffix, Object.fromEntries(type.parameters)]).toEqual([essence, suffix, parameters])
  })

  it.each([
    '',
    'json',
    '/json',
    'application/',
    'application/json garbage',
    'application/json\t; x',
    'application/json; x',
    'application/json; x=',
    'application/json; =x',
    'application/json; x =y',
    'application/json; x= y',
    'application/json; x="y',
    'application/json; x="y"z',
    'application/json; x=y z',
    'application/json, text/html',
    'application/json\n',
    'application/json; x="\n"',
    'application/json\0',
    ' application/json',
    'application /json',
    'application/ json',
    'application//json',
    'application/json;x=y;x=z',
    'application/json;x=y;X=y',
    'application/j\u00e4son',
    `application/json;x=${'y'.repeat(512)}`,
  ])('H-203 takes %j for nothing', (value) => expect(readMediaType(value)).toBeNull())

  it('H-203 reads back what is written to the letter of RFC 9110', () => {
    const quoted = fc.string({ unit: fc.constantFrom('a', '"', '\\', ';', ' ', '\t', '='), maxLength: 8 })
    fc.assert(
      fc.property(TOKEN, TOKEN, fc.dictionary(TOKEN, quoted, { maxKeys: 4 }), (type, subtype, given) => {
        const parameters = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]))
        const written = Object.entries(parameters).map(
          ([name, value]) => `; ${name}="${value.replace(/["\\]/g, '\\$&')}"`,
        )
        const read = readMediaType(`${type}/${subtype}${written.join('')}`)
        expect([read?.essence, Object.fromEntries(read?.parameters ?? [])]).toEqual([
          `${type}/${subtype}`.toLowerCase(),
          parameters,
        ])
      }),
    )
  })

  it('H-052 takes linear time over what is long, which is none', () => {
    for (const value of [`a/b${';'.repeat(1 << 20)}`, `a/b${' '.repeat(1 << 20)}x`, `a/b;x="${'\\"'.repeat(1 << 19)}`])
      expect(readMediaType(value)).toBeNull()
    for (const value of [`a/b${' '.repeat(500)}x`, `a/b${'; '.repeat(250)}x`, `a/b;x="${'\\"'.repeat(250)}`])
      expect(readMediaType(value)).toBeNull()
  })
})

describe('isJson', () => {
  it.each([
    ['application/json', true],
    ['text/json', true],
    ['application/vnd.a+json; charset=utf-8', true],
    ['image/svg+json', true],
    ['application/x-json', false],
    ['text/plain', false],
    ['x/json', false],
    ['application/jsonp', false],
    ['application/json+xml', false],
  ])('of %s is %s', (value, json) => expect(isJson(readMediaType(value)!)).toBe(json))
})
