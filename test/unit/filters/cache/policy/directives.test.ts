import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCacheControl } from '../../../../../src/filters/cache/policy/directives.js'

const parse = parseCacheControl

describe('parseCacheControl', () => {
  it.each([
    'no-store',
    'No-Store',
    ' no-store ',
    'max-age=60, no-store',
    'no-store=x',
    'private="a, no-cache", NO-STORE',
  ])('H-184 finds no-store in %s', (field) => expect(parse(field).noStore).toBe(true))

  it.each(['x="no-store"', 'x="\\", no-store"', 'no-storey', ''])(
    'H-184 finds no directive inside a value: %s',
    (field) => expect(parse(field).noStore).toBe(false),
  )

  it.each(['max-age="60, no-store', 'private="a, no-store', '", no-store', 'a="b\\", no-store'])(
    'H-184 lets no stray quote hide a directive: %s',
    (field) => expect(parse(field).noStore).toBe(true),
  )

  it.each([
    ['max-age=60', 60],
    ['MAX-AGE=60', 60],
    ['max-age=0060', 60],
    ['max-age="60"', 60],
    ['max-age=2147483648', 2 ** 31],
    ['max-age=99999999999999999999', 2 ** 31],
    ['max-age=60, max-age=10', 60],
    ['max-age=10, max-age=60', 10],
    ['x=1, max-age=60', 60],
    ['smax-age=60', undefined],
    ['"max-age=60"', undefined],
    ['', undefined],
  ])('H-184 reads %s as %s seconds', (field, seconds) => expect(parse(field).maxAge).toBe(seconds))

  it.each([
    'max-age=-60',
    "max-age='60'",
    'max-age=60.5',
    'max-age=60a',
    'max-age=a60',
    'max-age =60',
    'max-age= 60',
    'max-age=',
    'max-age',
    'max-age=""',
    'max-age="60',
    'max-age=1x0',
    'max-age=0x10',
  ])('H-184 reads %s as 0, never as absent', (field) => expect(parse(field).maxAge).toBe(0))

  it.each([
    ['private', true, []],
    ['Private, max-age=60', true, []],
    ['private=""', true, []],
    ['private="a', true, []],
    ['private="a b"', true, []],
    ['private="a\\"b"', true, []],
    ['private="x-a"', false, ['x-a']],
    ['private="X-A, x-b"', false, ['x-a', 'x-b']],
    ['private=x-a', false, ['x-a']],
    ['private="x-a", private', true, ['x-a']],
  ])('H-184 takes %s for unqualified: %s, with fields %s', (field, unqualified, withheld) => {
    expect([parse(field).private, parse(field).withheld]).toEqual([unqualified, withheld])
    const caching = parse(field.replace(/private/gi, 'No-Cache'))
    expect([caching.noCache, caching.withheld]).toEqual([unqualified, withheld])
  })

  it('takes max-stale without a value for any staleness', () => {
    expect(parse('max-stale').maxStale).toBe(Number.POSITIVE_INFINITY)
    expect(parse('max-stale=5').maxStale).toBe(5)
    expect(parse('max-stale=x').maxStale).toBe(0)
  })

  it('finds every directive that is written as RFC 9111 says, in any company', () => {
    const name = fc.constantFrom('no-store', 'no-cache', 'private', 'public', 'must-revalidate')
    const other = fc.constantFrom('x', 'x=1', 'x="a, b"', 'x="\\""', 'max-age=5', ' ', 'y="no-store"')
    fc.assert(
      fc.property(name, fc.array(other), fc.array(other), (wanted, before, after) => {
        const said = parse([...before, wanted, ...after].join(', '))
        const read = {
          'no-store': said.noStore,
          'no-cache': said.noCache,
          private: said.private,
          public: said.public,
          'must-revalidate': said.mustRevalidate,
        }
        expect(Object.entries(read).flatMap(([each, found]) => (found ? [each] : []))).toEqual([wanted])
      }),
    )
  })

  it('reads anything into seconds from 0 to 2^31, and never throws', () => {
    const text = fc.array(fc.constantFrom('max-age', '=', '"', ',', ' ', '1', '-', '\\', 'private', 'a'), {
      maxLength: 12,
    })
    fc.assert(
      fc.property(text, (parts) => {
        const { maxAge } = parse(parts.join(''))
        expect(maxAge === undefined || (maxAge >= 0 && maxAge <= 2 ** 31)).toBe(true)
      }),
    )
  })
})
