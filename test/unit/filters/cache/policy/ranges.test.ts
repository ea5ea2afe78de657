import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  completes,
  isRangeWanted,
  missingRest,
  parsePart,
  parseRange,
  rangeWithin,
} from '../../../../../src/filters/cache/policy/ranges.js'

describe('parseRange', () => {
  it.each<[field: string, first: number, last: number]>([
    ['bytes=0-1', 0, 1],
    ['BYTES=0-1', 0, 1],
    ['bytes= 0-1 ', 0, 1],
    ['bytes=9-9', 9, 9],
    ['bytes=5-', 5, 9],
    ['bytes=5-99', 5, 9],
    ['bytes=-3', 7, 9],
    ['bytes=-99', 0, 9],
  ])('H-179 reads %s of ten bytes', (field, first, last) => expect(parseRange(field, 10)).toEqual({ first, last }))

  it.each(['bytes=10-', 'bytes=10-11', 'bytes=5-4', 'bytes=-0'])('H-179 can’t satisfy %s of ten bytes', (field) =>
    expect(parseRange(field, 10)).toBe('unsatisfiable'),
  )

  it.each([
    'bytes=0-1,3-4',
    `bytes=${'0-,'.repeat(100)}`,
    'lines=0-1',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes 0-1',
    '0-1',
  ])('H-179 answers %s with all of it', (field) => expect(parseRange(field, 10)).toBeNull())

  it('is always inside what there is', () => {
    const number = fc.oneof(fc.constant(''), fc.nat({ max: 2000 }).map(String))
    fc.assert(
      fc.property(number, number, fc.nat({ max: 1000 }), (from, to, total) => {
        const range = parseRange(`bytes=${from}-${to}`, total)
        if (range === null || range === 'unsatisfiable') return
        expect(range.first).toBeGreaterThanOrEqual(0)
        expect(range.last).toBeGreaterThanOrEqual(range.first)
        expect(range.last).toBeLessThan(total)
      }),
    )
  })
})

describe('isRangeWanted', () => {
  const stored = { etag: '"a"', 'last-modified': 'Tue, 24 Nov 2026 10:00:00 GMT' }

  it.each([
    [undefined, true],
    ['"a"', true],
    ['"b"', false],
    ['W/"a"', false],
    ['Tue, 24 Nov 2026 10:00:00 GMT', true],
    ['Tue, 24 Nov 2026 10:00:01 GMT', false],
  ])('H-179 with If-Range: %s: %s', (condition, wanted) =>
    expect(isRangeWanted(condition === undefined ? {} : { 'if-range': condition }, stored)).toBe(wanted),
  )

  it('H-179 takes no weak tag, not even the stored one', () =>
    expect(isRangeWanted({ 'if-range': 'W/"a"' }, { etag: 'W/"a"', 'last-modified': 'W/"a"' })).toBe(false))
})

describe('parsePart', () => {
  it.each([
    ['bytes 4-9/10', 6, { first: 4, last: 9, total: 10 }],
    ['bytes 4-9/*', 6, { first: 4, last: 9, total: null }],
    ['bytes 4-9/10', undefined, { first: 4, last: 9, total: 10 }],
  ])('reads %s', (field, length, part) => expect(parsePart(field, length)).toEqual(part))

  it.each([
    ['bytes 4-9/10', 5],
    ['bytes 4-10/10', 7],
    ['bytes 9-4/10', 6],
    ['bytes */10', 0],
    ['lines 4-9/10', 6],
    [undefined, 6],
  ])('H-180 takes nothing of %s with %s bytes', (field, length) => expect(parsePart(field, length)).toBeNull())
})

describe('rangeWithin', () => {
  const part = { first: 4, last: 7, total: 10 }

  it.each([
    ['bytes=4-7', part, { first: 4, last: 7 }],
    ['bytes=5-5', part, { first: 5, last: 5 }],
    ['bytes=3-7', part, null],
    ['bytes=4-8', part, null],
    ['bytes=4-', part, null],
    ['bytes=-3', part, null],
    ['bytes=-3', { first: 5, last: 9, total: 10 }, { first: 7, last: 9 }],
    ['bytes=5-', { first: 5, last: 9, total: 10 }, { first: 5, last: 9 }],
    ['bytes=5-6', { first: 5, last: 9, total: null }, { first: 5, last: 6 }],
    ['bytes=5-', { first: 5, last: 9, total: null }, null],
    ['bytes=-1', { first: 5, last: 9, total: null }, null],
    ['bytes=4-5,6-7', part, null],
  ])('H-179 finds %s in %j: %j', (field, within, range) => expect(rangeWithin(field, within)).toEqual(range))
})

describe('completing a part', () => {
  const part = { first: 0, last: 4, total: 10 }
  const etag = { etag: '"a"' }

  it('asks for the rest of what has a strong tag and a known length', () => {
    expect(missingRest(part, etag)).toBe('bytes=5-')
    expect(missingRest(part, { etag: 'W/"a"' })).toBeNull()
    expect(missingRest(part, {})).toBeNull()
    expect(missingRest({ ...part, first: 1 }, etag)).toBeNull()
    expect(missingRest({ ...part, total: null }, etag)).toBeNull()
    expect(missingRest({ ...part, last: 9 }, etag)).toBeNull()
  })

  it.each([
    ['bytes 5-9/10', '"a"', 5, true],
    ['bytes 5-9/10', '"b"', 5, false],
    ['bytes 5-9/10', undefined, 5, false],
    ['bytes 5-8/10', '"a"', 4, false],
    ['bytes 6-9/10', '"a"', 4, false],
    ['bytes 5-9/11', '"a"', 5, false],
    ['bytes 5-9/10', '"a"', 4, false],
  ])('H-180 joins %s with tag %s and %d bytes: %s', (field, tag, length, fits) =>
    expect(completes({ 'content-range': field, etag: tag }, length, part, etag)).toBe(fits),
  )
})
