import { describe, expect, it } from 'vitest'
import { ChunkedReader } from '../../../../src/forwarding/http1/chunked.js'
import { cut, isBadReply } from './reading.js'

const LIMIT = 64

interface Outcome {
  readonly body: string
  readonly trailers: string | null
  readonly consumed: number
  readonly refused: boolean
}

function read(text: string, places: readonly number[] = []): Outcome {
  let body = ''
  let trailers: string | null = null
  const reader = new ChunkedReader(
    {
      data: (chunk) => (body += chunk.toString('latin1')),
      trailers: (lines) => {
        trailers = lines
      },
    },
    LIMIT,
  )
  let consumed = 0
  try {
    for (const piece of cut(Buffer.from(text, 'latin1'), places)) consumed += reader.read(piece, 0, piece.length)
  } catch (error) {
    expect(isBadReply(error)).toBe(true)
    return { body, trailers, consumed, refused: true }
  }
  // Behind its end nothing is its own.
  if (trailers !== null) expect(reader.read(Buffer.from('0\r\n'), 0, 3)).toBe(0)
  return { body, trailers, consumed, refused: false }
}

const all = (text: string): number[] => [...Array(text.length).keys()]

describe('RFC 9112 §7.1 the chunked coding', () => {
  it.each([
    ['no chunk', '0\r\n\r\n', '', ''],
    ['one chunk', '3\r\nabc\r\n0\r\n\r\n', 'abc', ''],
    ['several', '3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n', 'abcd', ''],
    ['sizes in lower and upper case', 'a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n', '01234567890123456789', ''],
    ['leading zeros', '003\r\nabc\r\n000\r\n\r\n', 'abc', ''],
    ['13 digits', '0000000000003\r\nabc\r\n0000000000000\r\n\r\n', 'abc', ''],
    ['CR, LF and digits in data', '6\r\n\r\n0\r\n\r\r\n0\r\n\r\n', '\r\n0\r\n\r', ''],
    ['extensions (§7.1.1)', '3;a\r\nabc\r\n0;b="c"\r\n\r\n', 'abc', ''],
    ['extensions of blanks, tabs and latin1', '3; \t=;;\xe9\r\nabc\r\n0\r\n\r\n', 'abc', ''],
    ['trailers (§7.1.2)', '0\r\nX: y\r\nZ: 1\r\n\r\n', '', 'X: y\r\nZ: 1\r\n'],
  ])('takes %s, however it is cut', (_, text, body, trailers) => {
    const whole = { body, trailers, consumed: text.length, refused: false }
    expect(read(text)).toEqual(whole)
    expect(read(text, all(text))).toEqual(whole)
    for (const place of all(text)) expect(read(text, [place])).toEqual(whole)
    // What follows is no part of it.
    expect(read(`${text}HTTP/1.1`)).toEqual(whole)
  })

  it.each([
    ['no size', '\r\n'],
    ['an extension without size', ';a\r\n'],
    ['a blank in front of a size', ' 3\r\nabc\r\n0\r\n\r\n'],
    ['a blank behind a size', '3 \r\nabc\r\n0\r\n\r\n'],
    ['a blank in front of an extension', '3 ;a\r\nabc\r\n0\r\n\r\n'],
    ['a sign', '+3\r\nabc\r\n0\r\n\r\n'],
    ['a minus', '-3\r\nabc\r\n0\r\n\r\n'],
    ['0x', '0x3\r\nabc\r\n0\r\n\r\n'],
    ['an underscore', '1_0\r\n'],
    ['a letter past f', 'g\r\n'],
    ['@, one in front of A', '@\r\n'],
    ['`, one in front of a', '`\r\n'],
    ['/ and :, around the digits', '/\r\n'],
    [': behind 9', ':\r\n'],
    ['14 digits', '00000000000003\r\n'],
    ['a size that ends in LF', '3\nabc\r\n0\r\n\r\n'],
    ['a size that ends in CR', '3\rabc\r\n0\r\n\r\n'],
    ['a last size that ends in LF', '0\n\r\n'],
    ['anything for the LF behind a size', '3\rXabc\r\n0\r\n\r\n'],
    ['LF for the CR behind a size', '3\n\nabc\r\n0\r\n\r\n'],
    ['anything for the CR behind data', '3\r\nabcX\n0\r\n\r\n'],
    ['anything for the LF behind data', '3\r\nabc\rX0\r\n\r\n'],
    ['data that ends in LF', '3\r\nabc\n0\r\n\r\n'],
    ['data that ends in CR', '3\r\nabc\r0\r\n\r\n'],
    ['data of more than its size', '3\r\nabcd\r\n0\r\n\r\n'],
    ['data of less than its size', '3\r\nab\r\n0\r\n\r\n'],
    ['an LF in an extension', '3;a\nabc\r\n0\r\n\r\n'],
    ['a NUL in an extension', '3;a\0\r\nabc\r\n0\r\n\r\n'],
    ['an LF in a quoted extension', '3;a="\n"\r\nabc\r\n0\r\n\r\n'],
    ['a quoted extension without end', '3;a="b\r\nabc\r\n0\r\n\r\n'],
    ['a quoted extension whose last quote is escaped', '3;a="b\\"\r\nabc\r\n0\r\n\r\n'],
    ['a CR in a quoted extension', '3;a="\rb"\r\nabc\r\n0\r\n\r\n'],
  ])('refuses %s, however it is cut', (_, text) => {
    expect(read(text).refused).toBe(true)
    expect(read(text, all(text)).refused).toBe(true)
  })

  it('H-097 takes 16 KiB of extensions in all, and not a byte more', () => {
    const body = (size: number): string => `1;${'x'.repeat(size - 1)}\r\na\r\n1;x\r\nb\r\n0\r\n\r\n`
    expect(read(body(16 * 1024))).toMatchObject({ body: 'ab', refused: false })
    expect(read(body(16 * 1024 + 1))).toMatchObject({ body: 'a', refused: true })
  })

  describe(`a trailer section of ${LIMIT} bytes`, () => {
    const trailers = (size: number): string => `X: ${'y'.repeat(size - 5)}\r\n`
    const text = (size: number): string => `0\r\n${trailers(size)}\r\n`

    it('H-097 passes, wherever it is cut', () => {
      for (const place of all(text(LIMIT)))
        expect(read(text(LIMIT), [place])).toMatchObject({ trailers: trailers(LIMIT), refused: false })
      expect(read(text(LIMIT), all(text(LIMIT)))).toMatchObject({ trailers: trailers(LIMIT), refused: false })
    })

    it('H-097 and one more byte does not, wherever it is cut', () => {
      for (const place of all(text(LIMIT + 1))) expect(read(text(LIMIT + 1), [place])).toMatchObject({ refused: true })
      expect(read(text(LIMIT + 1), all(text(LIMIT + 1)))).toMatchObject({ refused: true })
      expect(read(text(2 * LIMIT), [LIMIT])).toMatchObject({ refused: true })
    })

    it('H-097 nor does one without end', () => {
      expect(read(`0\r\n${'x'.repeat(1_000)}`)).toMatchObject({ refused: true })
      expect(read(`0\r\n${'x'.repeat(1_000)}`, [3, 20, 40, 60, 80, 100])).toMatchObject({ refused: true })
    })
  })
})
