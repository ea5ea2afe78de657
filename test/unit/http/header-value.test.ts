import { describe, expect, it } from 'vitest'
import { compileValue, type HeaderValue } from '../../../src/http/header-value.js'
import { asked } from '../asked.js'

const read = (value: HeaderValue, name = 'x-a'): string | readonly string[] =>
  compileValue('f', 'set.a', name, value)(asked('/p', { headers: { x: '1' } }))

describe('compileValue', () => {
  it.each<[HeaderValue, string | readonly string[]]>([
    ['fixed', 'fixed'],
    ['{path}', '/p'],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [
      ['{path}', 'b', '{headers.none}'],
      ['/p', 'b'],
    ],
    [() => ['a', 'b'], ['a', 'b']],
    [() => undefined, ''],
    [[], []],
  ])('%o is %o', (value, made) => expect(read(value)).toEqual(made))

  it('H-183 a fixed list is one value, that nobody changes', () => expect(Object.isFrozen(read(['a', 'b']))).toBe(true))

  it('says which option is wrong', () => expect(() => read('\n')).toThrow(/f: option "set\.a" is "\\n"/))
})
