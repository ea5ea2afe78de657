import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDate, parseDate } from '../../../../../src/filters/cache/policy/dates.js'

const now = Date.UTC(2026, 10, 24)

describe('parseDate', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sun Nov  6 08:49:37 1994', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sun Nov 16 08:49:37 1994', Date.UTC(1994, 10, 16, 8, 49, 37)],
    ['sUN, 06 nOV 1994 08:49:37 gmt', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2016, 11, 31, 23, 59, 59)],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['Mon, 29 Feb 2096 00:00:00 GMT', Date.UTC(2096, 1, 29)],
  ])('reads %s', (field, time) => expect(parseDate(field, now)).toBe(time))

  it.each([
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Sun, 06 Nov 1994 08:49:37 AEST',
    'Sun, 06-Nov-1994 08:49:37 GMT',
    'Sun 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 94 08:49:37 GMT',
    'Sun,  06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 8:49:37 GMT',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08.49.37 GMT',
    'Sun, 06 Nov 1994 24:49:37 GMT',
    'Sun, 06 Nov 1994 08:60:37 GMT',
    'Sun, 06 Nov 1994 08:49:61 GMT',
    'Sat, 31 Feb 2026 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT, x',
    'Sun, 06 Nov 1994 08:49:37 GMT ',
    '1994-11-06T08:49:37Z',
    '784111777',
    '0',
    '-1',
    '',
  ])('H-184 takes %j for no date, whatever Date.parse says', (field) => expect(parseDate(field, now)).toBeNull())

  it('reads two digits as the nearest year that is at most 50 years ahead', () => {
    expect(parseDate('Tuesday, 24-Nov-76 00:00:00 GMT', now)).toBe(Date.UTC(2076, 10, 24))
    expect(parseDate('Wednesday, 24-Nov-77 00:00:00 GMT', now)).toBe(Date.UTC(1977, 10, 24))
  })

  it('reads every date that is written, and never throws', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(100, 0), max: Date.UTC(9999, 11) }), (time) => {
        const second = Math.floor(time / 1000) * 1000
        expect(parseDate(formatDate(second), now)).toBe(second)
      }),
    )
    fc.assert(fc.property(fc.string(), (text) => parseDate(text, now) === null || text.length > 20))
  })
})
