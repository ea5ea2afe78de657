import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTracestate } from '../../../../src/observing/tracing/tracestate.js'

const many = (count: number): string => Array.from({ length: count }, (_, at) => `k${at}=v`).join(',')
/** `key=…` of so many characters in all. */
const long = (key: string, length: number): string => `${key}=${'v'.repeat(length - key.length - 1)}`

describe('tracestate', () => {
  it.each([
    ['rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
    ['fw529a3039@dt=FfffffffWQ', 'fw529a3039@dt=FfffffffWQ'],
    ['1a_-*/@v=x', '1a_-*/@v=x'],
    [' a=1 ,\t b= 2 , ,c=3', 'a=1,b= 2,c=3'],
    ['a=1,b=2,a=3', 'a=1,b=2'],
    [many(32), many(32)],
    [many(40), many(32)],
    [long('a', 257), long('a', 257)],
  ])('reads %j', (field, wanted) => expect(readTracestate(field)).toBe(wanted))

  it.each([
    ['nothing', undefined],
    ['a member without a value', 'a=1,b'],
    ['an empty value', 'a='],
    ['upper case in a key', 'Foo=1'],
    ['a blank in a key', 'foo =1'],
    ['a dot in a key', 'foo.bar=1'],
    ['a key that is empty before @', '@foo=1'],
    ['a key that is empty behind @', 'foo@=1'],
    ['two @', 'foo@@bar=1'],
    ['a key too long', `${'z'.repeat(257)}=1`],
    ['a tenant too long', `${'t'.repeat(242)}@v=1`],
    ['a system too long', `t@${'v'.repeat(15)}=1`],
    ['a value too long', `a=${'v'.repeat(257)}`],
    ['an equals sign in a value', 'a=b=c'],
    ['a byte that is no ASCII', 'a=\u00e4'],
    ['a blank that only looks like one', 'a=1\u00a0,b=2'],
    ['a control character', 'a=\u0001'],
    ['far too much', many(5_000)],
  ])('takes nothing where one of it is %s', (_what, field) => expect(readTracestate(field)).toBe(''))

  it('keeps 512 characters: members over 128 go first, from the end, then the last ones', () => {
    expect(readTracestate([long('a', 200), long('b', 100), long('c', 200), long('d', 100)].join(','))).toBe(
      [long('a', 200), long('b', 100), long('d', 100)].join(','),
    )
    expect(readTracestate(['a', 'b', 'c', 'd', 'e'].map((key) => long(key, 120)).join(','))).toBe(
      ['a', 'b', 'c', 'd'].map((key) => long(key, 120)).join(','),
    )
    expect(readTracestate([long('a', 255), long('b', 256)].join(','))).toHaveLength(512)
  })

  it('whatever comes: never throws; what is written is within bounds, valid, and read as it is', () => {
    const key = fc.string({ unit: fc.constantFrom(...'ab0_-*/@A '), minLength: 1, maxLength: 20 })
    const value = fc.string({ unit: fc.constantFrom(...'ab =,~\t\u00e4'), maxLength: 300 })
    const near = fc
      .array(fc.tuple(key, value), { maxLength: 40 })
      .map((pairs) => pairs.map((each) => each.join('=')).join(','))
    const good = fc
      .array(fc.integer({ min: 3, max: 257 }), { maxLength: 60 })
      .map((lengths) => lengths.map((length, at) => long(`k${at}`, Math.max(length, 6))).join(','))
    fc.assert(
      fc.property(fc.oneof(near, good, fc.string(), fc.anything()), (field) => {
        const read = readTracestate(field)
        expect(read.length).toBeLessThanOrEqual(512)
        expect(read === '' || read.split(',').length <= 32).toBe(true)
        expect(read).toMatch(/^[\x20-\x7e]*$/)
        expect(readTracestate(read)).toBe(read)
      }),
      { numRuns: 1_000 },
    )
  })
})
