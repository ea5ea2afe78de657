import { toHeaders } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { confirmed, isFixed, recoded, recodedTrailers, variedByEncoding, weakened } from '../../../src/http/recoded.js'

describe('recoded', () => {
  it('takes off what spoke of the exact bytes, weakens the ETag, and leaves the map it was given', () => {
    const headers = toHeaders({
      'content-type': 'text/plain',
      'content-length': '5',
      'accept-ranges': 'bytes',
      'content-md5': 'x',
      digest: 'x',
      'content-digest': 'x',
      'repr-digest': 'x',
      etag: '"a"',
    })
    const before = { ...headers }
    expect({ ...recoded(headers, 'gzip') }).toEqual({
      'content-type': 'text/plain',
      'content-encoding': 'gzip',
      etag: 'W/"a"',
    })
    expect({ ...headers }).toEqual(before)
    expect({ ...recoded(toHeaders({ 'content-encoding': 'gzip' }), undefined) }).toEqual({})
  })
})

describe('weakened', () => {
  it.each([
    ['"a"', 'W/"a"'],
    ['W/"a"', 'W/"a"'],
    ['""', 'W/""'],
    ['a', undefined],
    ['', undefined],
  ])('H-165 %j becomes %j', (etag, weak) => {
    expect(weakened(etag)).toBe(weak)
  })
})

describe('confirmed', () => {
  const etag = (asked: Record<string, string>, given: Record<string, string>): unknown =>
    confirmed(toHeaders(asked), toHeaders(given))?.['etag'] ?? null

  it('H-165 a 304 answers with the weak tag that the client asked with', () => {
    expect(etag({ 'if-none-match': 'W/"a"' }, { etag: '"a"' })).toBe('W/"a"')
    expect(etag({ 'if-none-match': '"b", W/"a"' }, { etag: '"a"' })).toBe('W/"a"')
  })

  it.each([
    [{ 'if-none-match': '"a"' }, { etag: '"a"' }],
    [{ 'if-none-match': 'W/"b"' }, { etag: '"a"' }],
    [{ 'if-none-match': 'W/"a"' }, { etag: 'W/"a"' }],
    [{ 'if-none-match': 'W/"a"' }, { etag: '"a"', 'content-encoding': 'gzip' }],
    [{}, { etag: '"a"' }],
    [{ 'if-none-match': 'W/"a"' }, {}],
  ])('asked with %j, answered with %j, it stays', (asked, given) => {
    expect(etag(asked, given)).toBe(null)
  })
})

describe('variedByEncoding', () => {
  it.each([
    [undefined, 'Accept-Encoding'],
    ['', 'Accept-Encoding'],
    ['Origin', 'Origin, Accept-Encoding'],
    ['accept-encoding', 'accept-encoding'],
    ['Origin, ACCEPT-ENCODING', 'Origin, ACCEPT-ENCODING'],
    ['*', '*'],
    ['Origin, *', '*'],
    ['X-Accept-Encoding', 'X-Accept-Encoding, Accept-Encoding'],
  ])('H-164 %j becomes %j', (vary, merged) => {
    expect(variedByEncoding(toHeaders({ vary }))['vary']).toBe(merged)
  })
})

describe('isFixed', () => {
  it.each([
    ['no-transform', true],
    ['public, No-Transform , max-age=1', true],
    ['public', false],
    ['x-no-transform', false],
    [undefined, false],
  ])('H-163 Cache-Control %j: %s', (control, fixed) => {
    expect(isFixed(toHeaders({ 'cache-control': control }))).toBe(fixed)
  })
})

describe('recodedTrailers', () => {
  it('are read when they are there, without sums of other bytes', () => {
    expect({ ...recodedTrailers(() => ({ 'x-took': '1', 'content-digest': 'x', 'repr-digest': 'x' }))!() }).toEqual({
      'x-took': '1',
    })
    expect(recodedTrailers(undefined)).toBeUndefined()
  })
})
