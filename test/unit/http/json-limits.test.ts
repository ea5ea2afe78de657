import { describe, expect, it } from 'vitest'
import { excess, type JsonLimits } from '../../../src/http/json-limits.js'

const limits: JsonLimits = {
  maxDepth: 3,
  maxMembers: 3,
  maxItems: 3,
  maxStringLength: 12,
  duplicateNames: 'refuse',
  unsafeNumbers: 'refuse',
}

describe('excess', () => {
  it.each([
    '',
    '1',
    '"1234567890ab"',
    '[[[]]]',
    '[1,2,3]',
    '{"a":1,"b":2,"c":3}',
    '[[],[],[]]',
    '{"a":{"a":{"a":1}}}',
    '"\\"\\\\"',
    '["[[[","]]]"]',
    '[9007199254740991,-9007199254740991,1e308]',
  ])('lets %s pass', (text) => expect(excess(text, limits)).toBeNull())

  it.each([
    ['[[[[]]]]', 'more than 3 levels'],
    ['{"a":[{"b":[]}]}', 'more than 3 levels'],
    ['[1,2,3,4]', 'an array of more than 3 items'],
    ['[[1,2,3,4]]', 'an array of more than 3 items'],
    ['{"a":1,"b":2,"c":3,"d":4}', 'an object of more than 3 members'],
    ['{"a":{},"b":[1,2],"c":3,"d":4}', 'an object of more than 3 members'],
    ['"1234567890abc"', 'a string of more than 12 characters'],
    ['{"1234567890abc":1}', 'a string of more than 12 characters'],
    ['"1234567890abc', 'a string of more than 12 characters'],
  ])('of %s says: %s', (text, words) => expect(excess(text, limits)).toBe(words))

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"b":{"c":1,"c":2}}',
    '{"a":1,"\\u0061":2}',
    '{"\\u0061":1,"a":2}',
    '{"a":{"a":1},"a":2}',
    '{"1":1,"1":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"a" :1, "a" :2}',
  ])('H-160 finds a name that stands twice in %s, however it is written', (text) => {
    expect(excess(text, limits)).toBe('a name that stands twice in one object')
    expect(excess(text, { ...limits, duplicateNames: 'allow' })).toBeNull()
  })

  it.each(['[{"a":1},{"a":2}]', '{"a":["a","a"]}', '{"a":"a"}', '{"a":1,"A":2}'])('H-160 finds none in %s', (text) =>
    expect(excess(text, limits)).toBeNull(),
  )

  it.each([
    '1e400',
    '-1e400',
    '9007199254740993',
    '-9007199254740992',
    '123456789012345678901234567890',
    '[0,{"a":1e999}]',
  ])('H-160 says of %s that not every reader can hold it, where asked to', (text) => {
    expect(excess(text, limits)).toBe('a number that not every reader can hold')
    expect(excess(text, { ...limits, unsafeNumbers: 'allow' })).toBeNull()
  })

  it('takes no number in a string for one', () =>
    expect(excess('"9007199254740993"', { ...limits, maxStringLength: 99 })).toBeNull())

  it('reads to the end what is no JSON, whatever it is', () => {
    for (const text of ['}', ']]]', '{"a"', '"\\', '{,,,', '-', '--', '\\"', ',', '{"a":1}}', '"\\u12'])
      expect(typeof excess(text, limits)).toMatch(/object|string/)
  })

  it('takes time in proportion to the text: levels, quotes, backslashes', () => {
    const much: JsonLimits = { ...limits, maxDepth: 1e9, maxItems: 1e9, maxMembers: 1e9, maxStringLength: 1e9 }
    const time = (text: string): number => {
      const before = performance.now()
      excess(text, much)
      return performance.now() - before
    }
    for (const unit of ['[', '"', '\\', '\\"', '{"a":', '"a",', '1,'])
      expect(time(unit.repeat(200_000))).toBeLessThan(2_000)
  })
})
