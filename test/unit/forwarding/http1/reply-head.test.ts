import { describe, expect, it } from 'vitest'
import { malformed, readFieldLines, readReplyHead } from '../../../../src/forwarding/http1/reply-head.js'
import { isBadReply } from './reading.js'

/** The error that a reader throws, or what it gives. */
function outcome<T>(read: () => T): T | 'refused' {
  try {
    return read()
  } catch (error) {
    expect(isBadReply(error)).toBe(true)
    return 'refused'
  }
}

describe('RFC 9112 §4 the status line', () => {
  it.each([
    ['as usual', 'HTTP/1.1 200 OK', 200, 1],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK', 200, 0],
    ['without a reason', 'HTTP/1.1 200 ', 200, 1],
    ['without the space either, as many send it', 'HTTP/1.1 200', 200, 1],
    ['a reason of blanks, tabs and latin1', 'HTTP/1.1 404  \t\xe9t\xe9 ', 404, 1],
    ['the lowest status', 'HTTP/1.1 100 C', 100, 1],
    ['one that nobody has heard of', 'HTTP/1.1 999 X', 999, 1],
  ])('takes one %s', (_, line, status, minor) => {
    expect(readReplyHead(`${line}\r\n`)).toEqual({ status, minor, fields: [] })
  })

  it.each([
    ['another version', 'HTTP/1.2 200 OK'],
    ['a version of one digit', 'HTTP/1 200 OK'],
    ['a version of the future', 'HTTP/2.0 200 OK'],
    ['a version with a leading zero', 'HTTP/01.1 200 OK'],
    ['lower case', 'http/1.1 200 OK'],
    ['two spaces', 'HTTP/1.1  200 OK'],
    ['a tab for a space', 'HTTP/1.1\t200 OK'],
    ['a tab behind the status', 'HTTP/1.1 200\tOK'],
    ['a blank in front', ' HTTP/1.1 200 OK'],
    ['a status of two digits', 'HTTP/1.1 20 OK'],
    ['a status of four', 'HTTP/1.1 2000 OK'],
    ['a status below 100', 'HTTP/1.1 099 OK'],
    ['a signed status', 'HTTP/1.1 +20 OK'],
    ['no status', 'HTTP/1.1'],
    ['a NUL in the reason', 'HTTP/1.1 200 O\0K'],
    ['a bare LF in the reason', 'HTTP/1.1 200 OK\nX: y'],
    ['a bare CR in the reason', 'HTTP/1.1 200 OK\rX: y'],
    ['a DEL in the reason', 'HTTP/1.1 200 \x7f'],
    ['nothing', ''],
  ])('refuses %s', (_, line) => {
    expect(outcome(() => readReplyHead(`${line}\r\n`))).toBe('refused')
  })
})

describe('RFC 9112 §5 field lines', () => {
  it.each<[string, string, string[]]>([
    ['none', '', []],
    ['names and values, as they came', 'X-One: 1\r\nx-two: 2\r\n', ['X-One', '1', 'x-two', '2']],
    ['repeated ones apart', 'A: 1\r\nA: 2\r\n', ['A', '1', 'A', '2']],
    ['every character that a token has', "!#$%&'*+-.^_`|~09AZaz: x\r\n", ["!#$%&'*+-.^_`|~09AZaz", 'x']],
    ['an empty value (§5.1)', 'X:\r\nY: \t \r\n', ['X', '', 'Y', '']],
    ['no blank behind the colon', 'X:y\r\n', ['X', 'y']],
    ['blanks and tabs around a value, which are no part of it (§5.1)', 'X: \t y \tz\t \r\n', ['X', 'y \tz']],
    ['colons in a value', 'X: a:b::\r\n', ['X', 'a:b::']],
    ['obs-text, byte for byte (RFC 9110 §5.5)', 'X: \x80\xa0\xff\r\n', ['X', '\x80\xa0\xff']],
    ['a name like a member of every object', '__proto__: x\r\n', ['__proto__', 'x']],
  ])('takes %s', (_, text, fields) => {
    expect(readFieldLines(text)).toEqual(fields)
    expect(readReplyHead(`HTTP/1.1 200 OK\r\n${text}`).fields).toEqual(fields)
  })

  it.each([
    ['a blank in front of the colon (§5.1)', 'X : y\r\n'],
    ['a tab in front of the colon', 'X\t: y\r\n'],
    ['a blank in the name', 'X Y: z\r\n'],
    ['no name', ': y\r\n'],
    ['no colon', 'X\r\n'],
    ['a folded line (§5.2)', 'X: a\r\n b\r\n'],
    ['one folded by a tab', 'X: a\r\n\tb\r\n'],
    ['a blank in front of the first name (§2.2)', ' X: a\r\n'],
    ['a line that ends in LF alone (§2.2)', 'X: a\nY: b\r\n'],
    ['a line that ends in CR alone (§2.2)', 'X: a\rY: b\r\n'],
    ['two CRs', 'X: a\r\r\n'],
    ['a NUL (RFC 9110 §5.5)', 'X: a\0\r\n'],
    ['another control character', 'X: a\x0bb\r\n'],
    ['a DEL', 'X: a\x7f\r\n'],
    ['a name beyond ASCII', 'X\xe9: y\r\n'],
    ['an end without CRLF', 'X: y'],
    ['an empty line, and what stands behind it', 'X: y\r\n\r\nZ: 1\r\n'],
    ['a name in quotes', '"X": y\r\n'],
  ])('refuses %s', (_, text) => {
    expect(outcome(() => readFieldLines(text))).toBe('refused')
    expect(outcome(() => readReplyHead(`HTTP/1.1 200 OK\r\n${text}`))).toBe('refused')
  })

  it('takes no longer for what it refuses at the very end', () => {
    const since = performance.now()
    for (let nth = 0; nth < 20; nth += 1)
      expect(outcome(() => readFieldLines(`${'X: y \r\n'.repeat(2_300)}\0`))).toBe('refused')
    expect(outcome(() => readFieldLines(`X:${' '.repeat(16_000)}\0\r\n`))).toBe('refused')
    expect(performance.now() - since).toBeLessThan(500)
  })
})

it('tells why, and no more than that', () => {
  expect(malformed('a reason')).toMatchObject({
    code: 'ERR_EDGE_BAD_REPLY',
    message: 'upstream reply refused: a reason',
  })
})
