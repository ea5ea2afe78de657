import { reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { mayLeak } from '../../../../src/filters/compress/breach.js'
import { asking } from '../coding-kit.js'

const plain = reply(200, 'x')
const cookies = reply(200, 'x', { 'set-cookie': ['a=1'] })
const CROSS = { 'sec-fetch-site': 'cross-site' }

describe('mayLeak', () => {
  it.each([
    [{ cookie: 'a' }, false],
    [{ ...CROSS, cookie: 'a' }, true],
    [{ ...CROSS, authorization: 'Basic eDp5' }, true],
    [{ ...CROSS, authorization: 'Bearer t' }, false],
    [{ ...CROSS }, false],
    [{ ...CROSS, cookie: 'a', 'sec-fetch-user': '?1' }, false],
    [{ 'sec-fetch-site': 'same-origin', cookie: 'a' }, false],
    [{ 'sec-fetch-site': 'same-site', cookie: 'a' }, false],
    [{ 'sec-fetch-site': 'none', cookie: 'a' }, false],
  ])('H-169 cross-site, asked with %j: %s', (fields, leaks) => {
    expect(mayLeak(asking(fields as Record<string, string>), plain, 'cross-site')).toBe(leaks)
  })

  it.each([
    [{ cookie: 'a' }, plain, true],
    [{ authorization: 'Bearer t' }, plain, true],
    [{}, cookies, true],
    [{}, plain, false],
  ])('H-169 credentials, asked with %j', (fields, answer, leaks) => {
    expect(mayLeak(asking(fields as Record<string, string>), answer, 'credentials')).toBe(leaks)
  })

  it('H-169 without a guard nothing does', () => {
    expect(mayLeak(asking({ ...CROSS, cookie: 'a' }), cookies, false)).toBe(false)
  })
})
