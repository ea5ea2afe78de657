import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { governing, parseTargeted } from '../../../../../src/filters/cache/policy/targeted.js'

const cdn = (field: string, plain = 'no-store') =>
  governing({ 'cdn-cache-control': field, 'cache-control': plain }, ['cdn-cache-control'])

describe('parseTargeted', () => {
  it.each([
    ['max-age=60', [['max-age', '60']]],
    [
      'max-age=60;x=1;y, private',
      [
        ['max-age', '60'],
        ['private', null],
      ],
    ],
    ['max-age=1, max-age=2', [['max-age', '2']]],
    ['private=?0, no-store=?1', [['no-store', null]]],
    ['x=(a "b";c 1.5), y=:aGk=:, z="\\"", w=@5, v=%"%c3"', ['x', 'y', 'z', 'w', 'v'].map((name) => [name, null])],
    ['', []],
  ])('reads %s', (field, members) => expect(parseTargeted(field)).toEqual(members))

  it.each([
    'MaX-aGe=60',
    'max-age=60,',
    'max-age=60, &&&&',
    'max-age="60"',
    'max-age=60.5',
    'max-age',
    'max-age =60',
    'max-age= 60',
    'x=(a',
    'x="a',
    'x=(a"b")',
    'a b',
  ])('H-184 takes nothing of %s', (field) => expect(parseTargeted(field)).toBeNull())

  it('never throws', () => {
    const piece = fc.constantFrom('a', '=', ';', ',', ' ', '(', ')', '"', '\\', '1', '.', '?', ':', 'A', '*', '@', '%')
    fc.assert(fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => void parseTargeted(pieces.join(''))))
  })
})

describe('governing', () => {
  it('puts a targeted field in the place of Cache-Control, whole', () => {
    expect(cdn('max-age=60')).toMatchObject({ targeted: true, maxAge: 60, noStore: false })
    expect(cdn('private', 'max-age=60')).toMatchObject({ targeted: true, private: true, maxAge: undefined })
    expect(cdn('foo', 'max-age=60')).toMatchObject({ targeted: true, maxAge: undefined })
  })

  it.each(['', 'max-age=60,', 'max-age="60"'])('goes by Cache-Control next to an empty or broken one: %j', (field) =>
    expect(cdn(field)).toMatchObject({ targeted: false, noStore: true }),
  )

  it('takes the first of several that can be read', () => {
    const headers = { 'a-cache-control': '&', 'b-cache-control': 'max-age=5', 'c-cache-control': 'max-age=6' }
    expect(governing(headers, ['a-cache-control', 'b-cache-control', 'c-cache-control']).maxAge).toBe(5)
  })
})
