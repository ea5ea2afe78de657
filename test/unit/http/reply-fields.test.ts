import { describe, expect, it } from 'vitest'
import { readReplyFields } from '../../../src/http/reply-fields.js'

const read = (...raw: string[]) => readReplyFields(raw)
const bad = expect.objectContaining({ code: 'ERR_EDGE_BAD_REPLY', status: 502 })

describe('readReplyFields', () => {
  it('keeps Set-Cookie and challenges apart, and joins lists', () => {
    const { headers } = read(
      'Set-Cookie',
      'a=1',
      'set-cookie',
      'b=2',
      'WWW-Authenticate',
      'A',
      'Www-Authenticate',
      'B',
      'Vary',
      'x',
      'vary',
      'y',
    )
    expect({ ...headers }).toEqual({ 'set-cookie': ['a=1', 'b=2'], 'www-authenticate': ['A', 'B'], vary: 'x, y' })
  })

  it('reads the same out of undici’s object', () => {
    const { headers, length } = readReplyFields({
      'set-cookie': ['a=1', 'b=2'],
      vary: 'x',
      'content-length': '5',
      connection: 'close',
    })
    expect({ ...headers }).toEqual({ 'set-cookie': ['a=1', 'b=2'], vary: 'x', 'content-length': '5' })
    expect(length).toBe(5)
  })

  it('H-071 a single Set-Cookie is a list, too', () => {
    expect(read('Set-Cookie', 'a=1').headers['set-cookie']).toEqual(['a=1'])
  })

  it('H-050 drops what belongs to the hop and what Connection nominates', () => {
    const { headers } = read(
      'Connection',
      'X-Secret, keep-alive',
      'X-Secret',
      '1',
      'Keep-Alive',
      '1',
      'TE',
      'x',
      'Upgrade',
      'h2c',
      'Trailer',
      'x',
      'Proxy-Authenticate',
      'x',
      'X-Ordinary',
      '2',
    )
    expect({ ...headers }).toEqual({ 'x-ordinary': '2' })
  })

  it('H-105 refuses a transfer coding other than one chunked', () => {
    for (const coding of ['foo', 'gzip, chunked', 'chunked, chunked', ''])
      expect(() => read('Transfer-Encoding', coding)).toThrow(bad)
    expect(() => read('Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked')).toThrow(bad)
    expect(read('Transfer-Encoding', ' Chunked ').length).toBeUndefined()
  })

  it('H-105 refuses two lengths, an odd one, and one next to chunked', () => {
    expect(() => read('Content-Length', '5', 'Content-Length', '5')).toThrow(bad)
    expect(() => read('Content-Length', '5', 'Transfer-Encoding', 'chunked')).toThrow(bad)
    for (const length of ['+5', '-1', '0x5', '5, 5', '', '1e3', ' 5'])
      expect(() => read('Content-Length', length)).toThrow(bad)
  })

  it('of a repeated singleton the first counts', () => {
    expect(read('Location', '/a', 'Location', '/b', 'Content-Type', 'x', 'content-type', 'y').headers).toMatchObject({
      location: '/a',
      'content-type': 'x',
    })
  })

  it('H-201 refuses more than 500 fields', () => {
    expect(() => read(...Array.from({ length: 501 }, (_, at) => [`X-${at}`, '1']).flat())).toThrow(bad)
  })
})
