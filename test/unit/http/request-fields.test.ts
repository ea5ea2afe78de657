import { describe, expect, it } from 'vitest'
import { dropNominated, readRequestFields } from '../../../src/http/request-fields.js'

const read = (lines: readonly string[], { trusted = false, version = '1.1' } = {}) =>
  readRequestFields(
    lines.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
    version,
    trusted,
  )
const headersOf = (lines: readonly string[], options = {}) => ({ ...read(lines, options).headers })

describe('readRequestFields', () => {
  it('keeps end-to-end fields, lower case, lists joined in order', () => {
    expect(headersOf(['Host: a', 'Accept: x', 'ACCEPT: y', 'Cookie: a=1', 'cookie: b=2', 'X-Empty:'])).toEqual({
      host: 'a',
      accept: 'x, y',
      cookie: 'a=1; b=2',
      'x-empty': '',
    })
  })

  it.each([
    'Host',
    'Content-Type',
    'Authorization',
    'Origin',
    'Referer',
    'Range',
    'If-Range',
    'User-Agent',
    'Sec-WebSocket-Key',
    'Max-Forwards',
    'Content-Length',
    'Transfer-Encoding',
  ])('H-012 a repeated %s is a 400', (name) => {
    const value = name === 'Content-Length' ? '5' : name === 'Transfer-Encoding' ? 'chunked' : 'a'
    expect(() => read([`${name}: ${value}`, `${name.toLowerCase()}: ${value}`])).toThrow(
      expect.objectContaining({ code: 'ERR_EDGE_BAD_REQUEST', status: 400 }),
    )
  })

  it.each([
    [[], 0],
    [['Content-Length: 0'], 0],
    [['Content-Length: 5'], 5],
    [['Content-Length: 005'], 5],
    [['Transfer-Encoding: chunked'], undefined],
    [['Transfer-Encoding: CHUNKED'], undefined],
  ])('H-007 %j has a body of %s', (lines, length) => expect(read(lines).length).toBe(length))

  it('H-007 writes a length out plainly', () => expect(headersOf(['Content-Length: 005'])['content-length']).toBe('5'))

  it.each(['+5', '-1', '0x5', '5 5', '5,5', '5_0', '1e1', '', '99999999999999999999', '9007199254740992', '٥'])(
    'H-007 a Content-Length of %j is a 400',
    (value) => expect(() => read([`Content-Length: ${value}`])).toThrow(expect.objectContaining({ status: 400 })),
  )

  it.each(['gzip, chunked', 'xchunked', 'chunked, identity', 'identity', '"chunked"', 'chunked;a=b', ''])(
    'H-005 a Transfer-Encoding of %j is a 501',
    (value) => expect(() => read([`Transfer-Encoding: ${value}`])).toThrow(expect.objectContaining({ status: 501 })),
  )

  it('H-002 both framings, or one that HTTP/1.0 has not, are a 400', () => {
    expect(() => read(['Content-Length: 5', 'Transfer-Encoding: chunked'])).toThrow('ambiguous framing')
    expect(() => read(['Transfer-Encoding: chunked'], { version: '1.0' })).toThrow('ambiguous framing')
  })

  it('H-022 takes 200 fields and refuses more with 431', () => {
    const lines = Array.from({ length: 200 }, (_, at) => `X-${at}: 1`)
    expect(Object.keys(headersOf(lines))).toHaveLength(200)
    expect(() => read([...lines, 'X-More: 1'])).toThrow(expect.objectContaining({ status: 431 }))
  })

  it('H-050 drops what belongs to the hop', () => {
    expect(
      headersOf([
        'Keep-Alive: 1',
        'Proxy-Connection: x',
        'Proxy-Authorization: x',
        'Trailer: x',
        'Expect: x',
        'HTTP2-Settings: x',
      ]),
    ).toEqual({})
  })

  it('H-060 keeps claims of trusted peers only, joined in order', () => {
    const lines = ['X-Forwarded-For: 1', 'X-Real-IP: 2', 'X-Forwarded-For: 3']
    expect(headersOf(lines)).toEqual({})
    expect(headersOf(lines, { trusted: true })).toEqual({ 'x-forwarded-for': '1, 3', 'x-real-ip': '2' })
  })

  it('H-062 drops aliases, of trusted peers too', () => {
    expect(headersOf(['X_Forwarded_For: 1', 'Content_Length: 5', 'x_mine: 1'], { trusted: true })).toEqual({
      x_mine: '1',
    })
  })

  it.each([
    [['Upgrade: websocket', 'Connection: Upgrade'], 'websocket'],
    [['Upgrade: websocket', 'Connection: keep-alive, upgrade'], 'websocket'],
    [['Upgrade: a', 'Upgrade: b', 'Connection: upgrade'], 'a, b'],
    [['Upgrade: websocket'], null],
    [['Upgrade: websocket', 'Connection: close'], null],
    [['Upgrade: websocket', 'Connection: X-Upgrade'], null],
    [['Connection: Upgrade'], null],
  ])('H-054 of %j the upgrade is %j, and never forwarded', (lines, upgrade) => {
    expect(read(lines).upgrade).toBe(upgrade)
    expect(headersOf(lines)).toEqual({})
  })

  it('H-154 takes __proto__ and constructor as data', () => {
    const { headers } = read(['__proto__: a', 'constructor: b', 'constructor: c'])
    expect(Object.entries(headers)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b, c'],
    ])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('dropNominated', () => {
  it('H-051 leaves what is protected', () => {
    const headers = { host: 'a', 'x-forwarded-for': '1', cookie: 'c', 'x-mine': '2' } as Record<string, string>
    expect(dropNominated(headers, 'Host, X-Forwarded-For, cookie, X-MINE, keep-alive')).toBe(false)
    expect(headers).toEqual({ host: 'a', 'x-forwarded-for': '1', cookie: 'c' })
  })
})
