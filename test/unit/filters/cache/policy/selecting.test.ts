import { describe, expect, it } from 'vitest'
import {
  isSelected,
  selectingFields,
  variantName,
  varyNames,
} from '../../../../../src/filters/cache/policy/selecting.js'
import type { HeaderMap } from '../../../../../src/http/header-map.js'

const by = (headers: HeaderMap, peer = '127.0.0.1') => ({ headers, client: { peer, forwardedFor: '' } })
const matches = (vary: readonly string[], then: HeaderMap, now: HeaderMap): boolean => {
  const [one, other] = [by(then), by(now)]
  const selected = isSelected(vary, selectingFields(vary, one), other)
  expect(variantName(vary, one) === variantName(vary, other)).toBe(selected)
  return selected
}

describe('varyNames', () => {
  it('reads names once each, in lower case', () =>
    expect(varyNames({ vary: 'Foo, bar,, FOO ,' })).toEqual(['bar', 'foo']))

  it.each(['*', '*, *', ', *', 'foo, *', '*, foo', 'foo,*,bar'])('H-176 finds * in any position: %s', (vary) =>
    expect(varyNames({ vary })).toBeNull(),
  )

  it('H-176 reads several lines as one', () => expect(varyNames({ vary: ['foo', '*'] })).toBeNull())
})

describe('isSelected', () => {
  it.each<[name: string, then: string | undefined, now: string | undefined, same: boolean]>([
    ['foo', '1', '1', true],
    ['foo', '1', '2', false],
    ['foo', undefined, undefined, true],
    ['foo', undefined, '', false],
    ['foo', '1', undefined, false],
    ['foo', '1,2', '1,  2', true],
    ['foo', '1, 2', '2, 1', false],
    ['foo', 'a', 'A', false],
    ['foo', '"1,2"', '"1, 2"', false],
    ['accept-language', 'en, de', 'de,  EN', true],
    ['accept-language', 'en, de;q=0.5', 'de;q=0.5, en;q=1', true],
    ['accept-language', 'en, de;q=0.5', 'de, en;q=0.5', false],
    ['accept-language', 'en, de', 'en', false],
    ['accept-encoding', 'gzip, br;q=0', 'gzip', false],
    ['accept-encoding', 'GZIP,br', 'br, gzip', true],
    ['accept', 'text/html;level=1', 'text/html', false],
    ['accept', 'text/html ; level = 1', 'TEXT/html;level=1;q=1.0', true],
  ])('H-176 Vary: %s matches %j with %j: %s', (name, then, now, same) =>
    expect(matches([name], { [name]: then }, { [name]: now })).toBe(same),
  )

  it('goes by all fields', () => {
    expect(matches(['a', 'b'], { a: '1', b: '2' }, { a: '1', b: '2', c: '3' })).toBe(true)
    expect(matches(['a', 'b'], { a: '1', b: '2' }, { a: '1' })).toBe(false)
  })

  it('H-172 takes the chain of addresses as the upstream is shown it, not as a client writes it', () => {
    const vary = ['x-forwarded-for']
    const then = selectingFields(vary, by({}, '10.0.0.1'))
    expect(isSelected(vary, then, by({}, '10.0.0.1'))).toBe(true)
    expect(isSelected(vary, then, by({}, '10.0.0.2'))).toBe(false)
  })
})
