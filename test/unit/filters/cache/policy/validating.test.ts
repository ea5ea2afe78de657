import { describe, expect, it } from 'vitest'
import {
  agrees,
  belongsTo,
  conditional,
  isConditional,
  isNotModified,
  merged,
} from '../../../../../src/filters/cache/policy/validating.js'
import type { HeaderMap } from '../../../../../src/http/header-map.js'

const MODIFIED = 'Tue, 24 Nov 2026 10:00:00 GMT'
const LATER = 'Tue, 24 Nov 2026 11:00:00 GMT'
const EARLIER = 'Tue, 24 Nov 2026 09:00:00 GMT'

describe('conditional', () => {
  it('H-186 puts our validators in the place of all of the client’s, and asks for all of it', () => {
    const asked = {
      'if-none-match': '"theirs"',
      'if-modified-since': EARLIER,
      'if-match': '"x"',
      'if-unmodified-since': EARLIER,
      'if-range': '"x"',
      range: 'bytes=0-1',
      accept: 'a',
    }
    const sent = conditional(asked, { etag: 'W/"ours"', 'last-modified': 'as it came' })
    expect({ ...sent }).toEqual({ accept: 'a', 'if-none-match': 'W/"ours"', 'if-modified-since': 'as it came' })
    expect(isConditional(asked)).toBe(true)
    expect(isConditional({ range: 'bytes=0-1' })).toBe(false)
  })
})

describe('belongsTo', () => {
  it.each<[answer: HeaderMap, stored: HeaderMap, belongs: boolean]>([
    [{ etag: '"a"' }, { etag: '"a"' }, true],
    [{ etag: '"b"' }, { etag: '"a"' }, false],
    [{ etag: '"a"' }, { etag: 'W/"a"' }, false],
    [{ etag: 'W/"a"' }, { etag: '"a"' }, true],
    [{ etag: '"a"' }, { 'last-modified': MODIFIED }, false],
    [{}, { etag: '"a"' }, true],
    [{ 'last-modified': MODIFIED }, { 'last-modified': MODIFIED }, true],
    [{ 'last-modified': LATER }, { 'last-modified': MODIFIED }, false],
  ])('H-186 a 304 with %j is about %j: %s', (answer, stored, belongs) =>
    expect(belongsTo(answer, stored)).toBe(belongs),
  )
})

describe('merged', () => {
  it('H-186 replaces and adds fields, but for what tells of the content, what chose it, and the old age', () => {
    const stored = { a: '1', b: '1', 'content-type': 'x', 'content-length': '5', vary: 'a', age: '9' }
    const answer = {
      b: '2',
      c: '2',
      'content-type': 'y',
      'content-length': '0',
      'content-encoding': 'gzip',
      'content-range': 'x',
      vary: '*',
      connection: 'c',
    }
    expect({ ...merged(stored, answer) }).toEqual({
      a: '1',
      b: '2',
      c: '2',
      'content-type': 'x',
      'content-length': '5',
      vary: 'a',
    })
  })
})

describe('isNotModified', () => {
  const judge = (asked: HeaderMap, stored: HeaderMap): boolean => isNotModified(asked, stored, Date.parse(LATER))

  it.each<[tags: string, etag: string | undefined, same: boolean]>([
    ['"a"', '"a"', true],
    ['W/"a"', '"a"', true],
    ['"a"', 'W/"a"', true],
    ['"b", "a"', '"a"', true],
    ['"b,c", W/"a" ', '"a"', true],
    ['"a,b"', '"a"', false],
    ['"b"', '"a"', false],
    ['*', undefined, true],
    ['"a"', undefined, false],
    ['a', '"a"', false],
  ])('If-None-Match: %s of %s: %s', (tags, etag, same) => expect(judge({ 'if-none-match': tags }, { etag })).toBe(same))

  it('H-186 does not look at If-Modified-Since next to If-None-Match', () => {
    const asked = { 'if-none-match': '"b"', 'if-modified-since': LATER }
    expect(judge(asked, { etag: '"a"', 'last-modified': MODIFIED })).toBe(false)
  })

  it.each<[since: string, stored: HeaderMap, same: boolean]>([
    [MODIFIED, { 'last-modified': MODIFIED }, true],
    [LATER, { 'last-modified': MODIFIED }, true],
    [EARLIER, { 'last-modified': MODIFIED }, false],
    ['Tuesday, 24-Nov-26 10:00:00 GMT', { 'last-modified': MODIFIED }, true],
    ['nonsense', { 'last-modified': MODIFIED }, false],
    [MODIFIED, { date: MODIFIED }, true],
    [EARLIER, { date: MODIFIED }, false],
    [LATER, {}, true],
    [MODIFIED, {}, false],
  ])('If-Modified-Since: %s of %j: %s', (since, stored, same) =>
    expect(judge({ 'if-modified-since': since }, stored)).toBe(same),
  )
})

describe('agrees', () => {
  it('takes what the answer to a HEAD does not say for agreed', () => {
    const stored = { etag: '"a"', 'last-modified': MODIFIED, 'content-length': '5' }
    expect(agrees({}, stored)).toBe(true)
    expect(agrees(stored, stored)).toBe(true)
    for (const other of [{ etag: '"b"' }, { 'last-modified': LATER }, { 'content-length': '6' }])
      expect(agrees({ ...stored, ...other }, stored)).toBe(false)
  })
})
