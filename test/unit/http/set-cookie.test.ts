import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatSetCookie, parseSetCookie } from '../../../src/http/set-cookie.js'

describe('parseSetCookie', () => {
  it('takes a line apart', () =>
    expect(parseSetCookie('sid=a=b; Path=/x; SECURE;domain = a.test ; Expires=Wed, 21 Oct 2026 07:28:00 GMT')).toEqual({
      pair: 'sid=a=b',
      name: 'sid',
      attributes: [
        { label: 'Path', name: 'path', value: '/x' },
        { label: 'SECURE', name: 'secure', value: null },
        { label: 'domain', name: 'domain', value: 'a.test' },
        { label: 'Expires', name: 'expires', value: 'Wed, 21 Oct 2026 07:28:00 GMT' },
      ],
    }))

  it.each([
    ['novalue', ''],
    ['=x', ''],
    ['', ''],
    [' a =b', 'a'],
  ])('%j has the name %j', (line, name) => expect(parseSetCookie(line).name).toBe(name))

  it('a ; within quotes ends the pair, as for browsers', () =>
    expect(parseSetCookie('a="x; Domain=b"').attributes).toEqual([{ label: 'Domain', name: 'domain', value: 'b"' }]))
})

describe('formatSetCookie', () => {
  it('H-071 writes a line as it was, but for blanks around its attributes', () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        const once = formatSetCookie(parseSetCookie(line))
        expect(formatSetCookie(parseSetCookie(once))).toBe(once)
        expect(once.replace(/\s/g, '')).toBe(line.replace(/\s/g, ''))
      }),
    )
  })
})
