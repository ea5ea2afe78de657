import { describe, expect, it } from 'vitest'
import { type StoringRules, storedHeaders, whyNotStored } from '../../../../../src/filters/cache/policy/storing.js'
import { governing } from '../../../../../src/filters/cache/policy/targeted.js'
import type { HeaderMap } from '../../../../../src/http/header-map.js'

const safe: StoringRules = { setCookie: 'refuse', heuristics: false, lifetimesMs: {} }
const receivedAt = Date.UTC(2026, 10, 24)
const response = (status: number, headers: HeaderMap) => ({
  status,
  headers,
  said: governing(headers, ['cdn-cache-control']),
  receivedAt,
})
const why = (status: number, headers: HeaderMap, asked: HeaderMap = {}, rules = safe): string | null =>
  whyNotStored(asked, response(status, headers), rules)
const fresh = { 'cache-control': 'max-age=60' }

describe('whyNotStored', () => {
  it.each([200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 502, 503, 504, 599])(
    'takes a %i that says how long',
    (status) => expect(why(status, fresh)).toBeNull(),
  )

  it.each([100, 101, 102, 103, 304])('H-189 never takes a %i', (status) => expect(why(status, fresh)).toBe('status'))

  it.each([201, 202, 302, 303, 307, 400, 401, 403, 418, 429, 500, 502, 503, 504])(
    'H-177 takes no %i that says nothing',
    (status) => {
      expect(why(status, { etag: '"a"' })).toBe('no-lifetime')
      expect(why(status, { 'last-modified': 'x' }, {}, { ...safe, heuristics: true })).toBe('no-lifetime')
    },
  )

  it.each([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])('takes a %i with a validator', (status) =>
    expect(why(status, { etag: '"a"' })).toBeNull(),
  )

  it('takes nothing that could not be used', () => {
    expect(why(200, {})).toBe('no-lifetime')
    expect(why(200, { 'cache-control': 'max-age=0' })).toBe('no-lifetime')
    expect(why(200, { 'cache-control': 'max-age=0', etag: '"a"' })).toBeNull()
    expect(why(302, { 'cache-control': 'public', etag: '"a"' })).toBeNull()
  })

  it('knows what must be understood', () => {
    const field = { 'cache-control': 'max-age=60, no-store, must-understand' }
    expect(why(200, field)).toBeNull()
    expect(why(599, field)).toBe('not-understood')
    expect(why(200, { 'cache-control': 'max-age=60, no-store' })).toBe('no-store')
  })

  it.each(['private', 'Private', 'private=""', 'private="a', 'max-age="9, private'])(
    'H-175 takes nothing that is %s',
    (field) => expect(why(200, { 'cache-control': `max-age=60, ${field}` })).toBe('private'),
  )

  it.each([
    ['max-age=60', 'authorization'],
    ['public, max-age=60', null],
    ['must-revalidate, max-age=60', null],
    ['s-maxage=60', null],
    ['proxy-revalidate, max-age=60', 'authorization'],
  ])('H-174 next to credentials, says of %s: %s', (field, refusal) =>
    expect(why(200, { 'cache-control': field }, { authorization: 'x' })).toBe(refusal),
  )

  it('H-174 reads what lets credentials pass from the field that governs', () => {
    const headers = { 'cache-control': 'public, max-age=60', 'cdn-cache-control': 'max-age=60' }
    expect(why(200, headers, { authorization: 'x' })).toBe('authorization')
  })

  it.each(['max-age=60', 'public, max-age=60', 's-maxage=60', 'immutable, max-age=60'])(
    'H-175 takes no Set-Cookie by default, next to %s either',
    (field) => {
      const headers = { 'cache-control': field, 'set-cookie': ['a=b'] }
      expect(why(200, headers)).toBe('set-cookie')
      expect(why(200, headers, {}, { ...safe, setCookie: 'strip' })).toBeNull()
      expect(why(200, headers, {}, { ...safe, setCookie: 'store' })).toBeNull()
    },
  )

  it('H-175 lets a response itself withhold its cookie', () =>
    expect(why(200, { 'cache-control': 'max-age=60, private="set-cookie"', 'set-cookie': ['a=b'] })).toBeNull())

  it.each(['cookie', 'authorization'])('H-175 keeps of Vary: %s only what all without one get', (vary) => {
    const headers = { 'cache-control': 'public, max-age=60', vary }
    expect(why(200, headers, { [vary]: 'x' })).toBe('vary')
    expect(why(200, headers)).toBeNull()
  })

  it('H-176 takes no Vary: *', () => expect(why(200, { ...fresh, vary: 'foo, *' })).toBe('vary'))
})

describe('storedHeaders', () => {
  const stored = (headers: HeaderMap, rules = safe): HeaderMap => storedHeaders(response(200, headers), rules)

  it('H-187 leaves out what ends at this hop, what Connection names, and Age', () => {
    const gone =
      'age connection keep-alive proxy-connection proxy-authenticate proxy-authentication-info proxy-authorization te trailer transfer-encoding upgrade x-named'
    const headers = Object.fromEntries(gone.split(' ').map((name) => [name, '1']))
    expect(
      stored({ ...headers, connection: 'close, X-Named', close: '1', 'x-kept': '1', date: 'x' }),
    ).not.toHaveProperty('x-named')
    expect(Object.keys(stored({ ...headers, connection: 'X-Named', 'x-kept': '1' }))).toEqual(['x-kept', 'date'])
  })

  it('H-187 leaves out what a qualified directive withholds', () => {
    const headers = { 'cache-control': 'max-age=60, private="X-A", no-cache=x-b', 'x-a': '1', 'x-b': '2', 'x-c': '3' }
    expect(stored(headers)).toMatchObject({ 'x-c': '3' })
    expect(stored(headers)).not.toHaveProperty('x-a')
    expect(stored(headers)).not.toHaveProperty('x-b')
  })

  it('H-175 keeps a cookie only when told to', () => {
    expect(stored({ 'set-cookie': ['a=b'] })).not.toHaveProperty('set-cookie')
    expect(stored({ 'set-cookie': ['a=b'] }, { ...safe, setCookie: 'store' })['set-cookie']).toEqual(['a=b'])
  })

  it('gives what has no date one', () => {
    expect(stored({})['date']).toBe('Tue, 24 Nov 2026 00:00:00 GMT')
    expect(stored({ date: 'yesterday' })['date']).toBe('Tue, 24 Nov 2026 00:00:00 GMT')
    expect(stored({ date: 'Mon, 23 Nov 2026 00:00:00 GMT' })['date']).toBe('Mon, 23 Nov 2026 00:00:00 GMT')
  })
})
