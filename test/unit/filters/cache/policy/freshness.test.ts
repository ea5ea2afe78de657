import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDate } from '../../../../../src/filters/cache/policy/dates.js'
import { ageAtReceipt, lifetimeOf, statedAge } from '../../../../../src/filters/cache/policy/freshness.js'
import { governing } from '../../../../../src/filters/cache/policy/targeted.js'
import type { HeaderMap } from '../../../../../src/http/header-map.js'

const receivedAt = Date.UTC(2026, 10, 24, 12)
const at = (seconds: number): string => formatDate(receivedAt + seconds * 1000)
const none = { heuristics: false, lifetimesMs: {} }
const lifetime = (headers: HeaderMap, presumed = none, status = 200): number =>
  lifetimeOf(status, headers, governing(headers, ['cdn-cache-control']), receivedAt, presumed) / 1000

describe('lifetimeOf', () => {
  it.each<[HeaderMap, number]>([
    [{ 'cache-control': 's-maxage=5, max-age=60' }, 5],
    [{ 'cache-control': 'max-age=60', expires: at(5) }, 60],
    [{ expires: at(60), date: at(0) }, 60],
    [{ expires: at(-3000), date: at(-3600) }, 600],
    [{ expires: at(60) }, 60],
    [{ expires: at(60), date: 'yesterday' }, 60],
    [{ expires: at(-60), date: at(0) }, 0],
    [{ expires: '0' }, 0],
    [{ expires: `${at(60)}, ${at(60)}` }, 0],
    [{ 'cache-control': 'max-age=x', expires: at(60) }, 0],
    [{ 'cdn-cache-control': 'foo', expires: at(60) }, 0],
    [{ 'last-modified': at(-36_000) }, 0],
    [{}, 0],
  ])('H-184 of %j is %d s', (headers, seconds) => expect(lifetime(headers)).toBe(seconds))

  it('H-184 guesses only when told to: a tenth of the age, at most a day', () => {
    const guessing = { heuristics: true, lifetimesMs: {} }
    expect(lifetime({ 'last-modified': at(-36_000), date: at(0) }, guessing)).toBe(3600)
    expect(lifetime({ 'last-modified': at(-36_000_000) }, guessing)).toBe(86_400)
    expect(lifetime({ 'last-modified': at(60) }, guessing)).toBe(0)
    expect(lifetime({ 'last-modified': at(-36_000) }, guessing, 500)).toBe(0)
    expect(lifetime({ 'last-modified': at(-36_000), 'cache-control': 'public' }, guessing, 500)).toBe(3600)
  })

  it('goes by the option for a status that says nothing itself', () => {
    const negative = { heuristics: false, lifetimesMs: { 404: 10_000 } }
    expect(lifetime({}, negative, 404)).toBe(10)
    expect(lifetime({ 'cache-control': 'max-age=1' }, negative, 404)).toBe(1)
    expect(lifetime({}, negative, 200)).toBe(0)
  })
})

describe('statedAge', () => {
  it.each([
    ['60', 60],
    ['060', 60],
    ['0, 7200', 0],
    ['7200, 0', 7200],
    ['99999999999999999999', 2 ** 31],
  ])('H-184 reads %s as %d s', (age, seconds) => expect(statedAge({ age })).toBe(seconds * 1000))

  it.each(['', 'abc', '-1', '7200.0', '1a', 'a1', '"5"', '5;x'])('H-184 ignores %j', (age) =>
    expect(statedAge({ age })).toBe(0),
  )

  it('is always a time, whatever the field says', () => {
    fc.assert(
      fc.property(fc.string(), (age) => {
        const read = statedAge({ age })
        expect(read >= 0 && read <= 2 ** 31 * 1000).toBe(true)
      }),
    )
  })
})

describe('ageAtReceipt', () => {
  it('is the largest of what Date and what Age with the response’s delay tell', () => {
    expect(ageAtReceipt({ date: at(-90) }, receivedAt - 5_000, receivedAt)).toBe(90_000)
    expect(ageAtReceipt({ date: at(0) }, receivedAt - 5_000, receivedAt)).toBe(5_000)
    expect(ageAtReceipt({}, receivedAt, receivedAt)).toBe(0)
  })

  it('H-184 is never negative, however the clocks disagree', () => {
    expect(ageAtReceipt({ date: at(3600) }, receivedAt + 5_000, receivedAt)).toBe(0)
  })
})
