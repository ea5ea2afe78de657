import { describe, expect, it } from 'vitest'
import { readPathPairs } from '../../../../src/filters/rewriting/path-pairs.js'

describe('readPathPairs', () => {
  it('reads pairs without their last slash, the longest first', () =>
    expect(readPathPairs('f', 'paths', { '/': '/app/', '/a/b/': '/', '/a': '/c' })).toEqual([
      ['/a/b', ''],
      ['/a', '/c'],
      ['', '/app'],
    ]))

  it('H-155 refuses what is no path', () =>
    expect(() => readPathPairs('f', 'paths', { a: '/b' })).toThrow(/f: option "paths" is "a"/))
})
