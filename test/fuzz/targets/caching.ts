import { formatDate, parseDate } from '../../../src/filters/cache/policy/dates.js'
import { parseCacheControl } from '../../../src/filters/cache/policy/directives.js'
import { parsePart, parseRange, rangeWithin } from '../../../src/filters/cache/policy/ranges.js'
import { parseTargeted } from '../../../src/filters/cache/policy/targeted.js'
import { retryAfterMs } from '../../../src/forwarding/retry-after.js'
import { type FuzzTarget, promise, same, TOKEN } from '../target.js'

/** H-179: one range within what there is, or none. */
export const range: FuzzTarget = {
  name: 'range',
  corpus: [
    'bytes=0-499',
    'bytes=-500',
    'bytes=9500-',
    'bytes=0-0,-1',
    'BYTES= 1-2 ',
    'items=0-1',
    'bytes=5-2',
    'bytes=999999999999999-',
  ],
  pieces: ['bytes=', '-', '0-', ',', '999999999999999', '=', ' '],
  check(input, mutator) {
    const total = mutator.pick([0, 1, 1000, 2 ** 40])
    const read = parseRange(input, total)
    if (read === null || read === 'unsatisfiable') return `${read}`
    const { first, last } = read
    promise(
      0 <= first && first <= last && last < total && Number.isSafeInteger(last),
      'a range within its content',
      read,
      total,
    )
    promise(!input.includes(','), 'one range')
    same(parseRange(`bytes=${first}-${last}`, total), read, 'a range in full is the same range')
    const part = { first: Math.floor(first / 2), last: first + mutator.below(100), total }
    const within = rangeWithin(input, part)
    promise(
      within === null || (within.first >= part.first && within.last <= part.last),
      'within the part',
      within,
      part,
    )
    return `${within === null} ${input.includes('=-')}`
  },
}

/** H-179, H-180: a Content-Range that fits, or none. */
export const contentRange: FuzzTarget = {
  name: 'content-range',
  corpus: ['bytes 0-4/10', 'bytes 0-4/*', 'bytes */10', 'bytes 5-4/10', 'bytes 0-10/10', 'Bytes\t1-1/2'],
  pieces: ['bytes ', '/', '*', '-', '999999999999999'],
  check(input, mutator) {
    const length = mutator.pick([undefined, 1, 5])
    const part = parsePart(input, length)
    if (part === null) return 'none'
    const { first, last, total } = part
    promise(
      first <= last && (total === null || last < total) && (length === undefined || last - first + 1 === length),
      'a part that fits',
      part,
    )
    return `${total === null}`
  },
}

const CONTROL_PIECES = [
  'no-store',
  'no-cache',
  'private',
  'max-age=',
  's-maxage=60',
  '="x-a, x-b"',
  'public',
  'stale-if-error=1',
  'max-stale',
  ', ',
  '"',
  '\\"',
  '="',
  'must-revalidate',
]

/** H-184: no directive hides another, and every duration is one. */
export const cacheControl: FuzzTarget = {
  name: 'cache-control',
  corpus: [
    'max-age=60, public',
    'no-store',
    'private="x-a, x-b", max-age="5"',
    'no-cache="set-cookie"',
    'max-age=1, max-age=2',
    's-maxage = 5',
    'max-stale, min-fresh=-1',
    'max-age=99999999999',
  ],
  pieces: CONTROL_PIECES,
  check(input) {
    const read = parseCacheControl(input)
    for (const seconds of [read.maxAge, read.sMaxAge, read.staleIfError, read.staleWhileRevalidate, read.minFresh])
      promise(
        seconds === undefined || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 2 ** 31),
        'a duration',
        seconds,
      )
    for (const name of read.withheld)
      promise(TOKEN.test(name) && name === name.toLowerCase(), 'the name of a field', name)
    const parts = input.includes('"') ? [] : input.split(',').map((part) => part.trim().toLowerCase())
    promise(read.noStore || !parts.includes('no-store'), 'no-store is not hidden')
    promise(read.private || !parts.includes('private'), 'private is not hidden')
    promise(read.noCache || !parts.includes('no-cache'), 'no-cache is not hidden')
    // What a store must heed stays, whatever is put behind it.
    const more = parseCacheControl(`${input}, x-unknown`)
    if (!input.includes('"') && !input.includes('\\'))
      same({ ...more }, { ...read }, 'an unknown directive changes nothing')
    return `${Object.values(read).map((value) => (typeof value === 'object' ? value.length > 0 : typeof value === 'number' ? value > 0 : value))}`
  },
}

/** RFC 9213: a Dictionary to the letter, or none. */
export const targetedControl: FuzzTarget = {
  name: 'targeted-control',
  corpus: [
    'max-age=60, private',
    'max-age=5;a=b, no-store=?0',
    'a=(1 2 "x");q, b=:YQ==:',
    'max-age="5"',
    'x=1.5, y=tok/en',
  ],
  pieces: [...CONTROL_PIECES, '?0', '?1', ';a=1', '(', ')', ':YQ==:'],
  check(input) {
    const read = parseTargeted(input)
    if (read === null) return 'none'
    promise(new Set(read.map(([name]) => name)).size === read.length, 'each name once', read)
    for (const [name] of read) promise(/^[a-z*][a-z0-9_.*-]*$/.test(name), 'a key', name)
    return `${read.map(([name, value]) => `${name.slice(0, 8)}${value === null}`)}`
  },
}

/** H-184: a date that exists, or none. */
export const date: FuzzTarget = {
  name: 'date',
  corpus: [
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    'Tue, 29 Feb 2000 23:59:60 GMT',
    '0',
    '2026-01-01',
  ],
  pieces: ['GMT', 'UTC', ' Nov ', '-', '31', '30 Feb ', '24:', ':60', '0000', '9999', 'Sun, '],
  maxLength: 256,
  check(input) {
    const now = Date.UTC(2026, 0, 1)
    const read = parseDate(input, now)
    const waits = retryAfterMs(input, now)
    promise(waits >= 0 && Number.isFinite(waits), 'a wait', waits)
    if (read === null) return `none ${waits > 0}`
    promise(Number.isSafeInteger(read), 'a time', read)
    if (read >= Date.UTC(1000, 0, 1)) same(parseDate(formatDate(read), now), read, 'a date reads as it is written')
    return `${input.indexOf(',') === 3} ${input.includes('-')} ${read > now}`
  },
}
