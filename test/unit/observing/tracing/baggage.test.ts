import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBaggage } from '../../../../src/observing/tracing/baggage.js'

const many = (count: number): string => Array.from({ length: count }, (_, at) => `k${at}=v`).join(',')

describe('baggage', () => {
  it.each([
    ['userId=alice,serverNode=DF%2028', 'userId=alice,serverNode=DF%2028'],
    ['a = 1 ; p ; q = 2 ,\tb=', 'a=1;p;q=2,b='],
    ['a=b=c', 'a=b=c'],
    ['a=1,,b=2', 'a=1,b=2'],
    // What is malformed is left out, and the rest stays.
    ['a=1,b c=2,d', 'a=1'],
    ['a=1,b="2",c=3', 'a=1,c=3'],
    ['a=1,b=\u00e4,c=\u0001', 'a=1'],
    ['a=1;;p', ''],
    ['a=1;=p', ''],
    ['a=1 2', ''],
    ['=1', ''],
    ['a=\u00a01', ''],
    [undefined, ''],
    [['a=1', 'b=2'], ''],
    [many(64), many(64)],
    [many(100), many(64)],
  ])('reads %j', (field, wanted) => expect(readBaggage(field)).toBe(wanted))

  it('keeps 8192 bytes: whole members, in their order', () => {
    const big = `a=${'x'.repeat(8_188)}`
    expect(readBaggage(big)).toHaveLength(8_190)
    expect(readBaggage(`${big},b=`)).toBe(big)
    expect(readBaggage(`a=${'x'.repeat(8_190)}`)).toHaveLength(8_192)
    expect(readBaggage(`a=${'x'.repeat(8_191)},b=2`)).toBe('b=2')
    expect(readBaggage(`b=2,${'x'.repeat(9_000)}=1,c=3`)).toBe('b=2,c=3')
  })

  it.each([
    ['a pattern that backtracks', `a=1${';p= '.repeat(16_000)}"`],
    ['blanks', `a=1${' '.repeat(65_000)}"`],
    ['commas', ','.repeat(65_000)],
    ['semicolons', ';'.repeat(65_000)],
    ['small members', 'a=1,'.repeat(16_000)],
  ])('reads 64 KiB of %s in no time', (_what, field) => {
    const before = performance.now()
    expect(readBaggage(field).length).toBeLessThanOrEqual(8_192)
    expect(performance.now() - before).toBeLessThan(200)
  })

  it('whatever comes: never throws; what is written is within bounds, valid, and read as it is', () => {
    const near = fc.string({ unit: fc.constantFrom(...'ab=;, \t"%\u00e4'), maxLength: 400 })
    const member = fc.string({ unit: fc.constantFrom(...'abc%=;p'), minLength: 1, maxLength: 300 })
    const list = fc.array(member, { maxLength: 120 }).map((members) => members.map((each) => `k=${each}`).join(','))
    fc.assert(
      fc.property(fc.oneof(near, list, fc.string(), fc.anything()), (field) => {
        const read = readBaggage(field)
        expect(read.length).toBeLessThanOrEqual(8_192)
        expect(read === '' || read.split(',').length <= 64).toBe(true)
        expect(read).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]*$/)
        expect(readBaggage(read)).toBe(read)
      }),
      { numRuns: 1_000 },
    )
  })
})
