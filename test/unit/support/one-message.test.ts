import { describe, expect, it } from 'vitest'
import { WireError } from '../../../src/testing/wire/error.js'
import { messages, oneMessage } from '../../support/one-message.js'

const head = (...lines: string[]): string => `${['GET /a HTTP/1.1', 'Host: x', ...lines].join('\r\n')}\r\n\r\n`
const post = (...lines: string[]): string => head(...lines).replace('GET', 'POST')
const chunked = (body: string): string => post('Transfer-Encoding: chunked') + body

describe('oneMessage accepts', () => {
  it('a request without a body', () => {
    const request = oneMessage(head('X-A:  one \t', 'x-a: two'))
    expect(request.method).toBe('GET')
    expect(request.target).toBe('/a')
    expect(request.version).toBe('1.1')
    expect(request.headers).toEqual([
      ['Host', 'x'],
      ['X-A', 'one'],
      ['x-a', 'two'],
    ])
    expect(request.header('X-a')).toBe('one, two')
    expect(request.header('nope')).toBeUndefined()
    expect(request.body.length).toBe(0)
    expect(request.complete).toBe(true)
  })

  it.each(['*', 'http://x/a?b', '/%20?a=[1]|"', 'x:443'])('the target %s', (target) => {
    expect(oneMessage(head().replace('/a', target)).target).toBe(target)
  })

  it('a counted body, and bytes above 0x7f in it', () => {
    const bytes = Buffer.concat([Buffer.from(post('Content-Length: 3')), Buffer.of(0, 10, 255)])
    expect(oneMessage(bytes).body).toEqual(Buffer.of(0, 10, 255))
  })

  it('a chunked body, extensions and trailers', () => {
    const request = oneMessage(chunked('3;a;b=c;d="e;\\"f"\r\nabc\r\n0A\r\n0123456789\r\n000\r\nX-T: 1\r\n\r\n'))
    expect(request.body.toString()).toBe('abc0123456789')
    expect(request.trailers).toEqual([['X-T', '1']])
  })

  it('an HTTP/1.0 request without Host', () => {
    expect(oneMessage('GET / HTTP/1.0\r\n\r\n').version).toBe('1.0')
  })
})

describe('oneMessage refuses', () => {
  const cases: readonly (readonly [what: string, bytes: string, problem: RegExp])[] = [
    ['nothing', '', /no request/],
    ['an unfinished head', head().slice(0, -2), /unfinished head/],
    ['an empty line first', `\r\n${head()}`, /empty start line/],
    ['leftover', `${head()}G`, /1 bytes left over after GET \/a: "G"/],
    ['a second request (M1)', `${post('Content-Length: 0')}GET /secret HTTP/1.1\r\n\r\n`, /left over.*GET \/secret/],
    ['a short counted body', `${post('Content-Length: 3')}ab`, /cut after 2 bytes/],
    ['a long counted body', `${post('Content-Length: 3')}abcd`, /left over/],
    ['a body without framing', `${post()}abc`, /left over/],
    ['bare LF', head().replaceAll('\r\n', '\n'), /bare LF/],
    ['bare LF in an unfinished head', 'GET / HTTP/1.1\nHost', /bare LF/],
    ['bare CR', head('a: b\rc: d'), /bare CR/],
    ['NUL', head('a: b\0'), /bad field value/],
    ['obs-fold', head('a: b', ' c'), /obs-fold/],
    ['a blank before the colon', head('a : b'), /bad field name/],
    ['no colon', head('abc'), /bad field name/],
    ['an empty name', head(': b'), /bad field name/],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', /no Host/],
    ['two Hosts', head('host: x'), /more than one Host/],
    ['HTTP/2.0', head().replace('1.1', '2.0'), /bad request line/],
    ['HTTP/0.9', 'GET /\r\n\r\n', /bad request line/],
    ['a blank in the target', head().replace('/a', '/a b'), /bad request line/],
    ['two blanks', head().replace(' /a', '  /a'), /bad request line/],
    ['a bad method', head().replace('GET', 'G(T'), /bad request line/],
    ['an obs-text target', head().replace('/a', '/\xe4'), /bad request line/],
    ['two Content-Lengths', `${post('Content-Length: 1', 'Content-Length: 1')}a`, /more than one Content-Length/],
    ['a list of lengths', `${post('Content-Length: 1, 1')}a`, /not plain digits/],
    ['+1', `${post('Content-Length: +1')}a`, /not plain digits/],
    ['0x1', `${post('Content-Length: 0x1')}a`, /not plain digits/],
    ['01', `${post('Content-Length: 01')}a`, /not plain digits/],
    ['an empty length', post('Content-Length:'), /not plain digits/],
    ['a huge length', post('Content-Length: 18446744073709551616'), /not plain digits/],
    ['CL and TE', `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`, /both/],
    [
      'two TEs',
      `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
      /more than one Transfer/,
    ],
    ['gzip, chunked', `${post('Transfer-Encoding: gzip, chunked')}0\r\n\r\n`, /not "chunked"/],
    ['identity', post('Transfer-Encoding: identity'), /not "chunked"/],
    ['xchunked', post('Transfer-Encoding: xchunked'), /not "chunked"/],
    ['TE in HTTP/1.0', `${post('Transfer-Encoding: chunked').replace('1.1', '1.0')}0\r\n\r\n`, /in HTTP\/1.0/],
    ['no last chunk', chunked('1\r\na\r\n'), /cut after 1 bytes/],
    ['a cut chunk', chunked('5\r\nab'), /cut after 2 bytes/],
    ['no line after the last chunk', chunked('0\r\n'), /cut/],
    ['an empty chunk size', chunked('\r\n'), /bad chunk size/],
    ['a chunk size of 0x5', chunked('0x5\r\nabcde\r\n0\r\n\r\n'), /bad chunk size/],
    ['a chunk size of +5', chunked('+5\r\nabcde\r\n0\r\n\r\n'), /bad chunk size/],
    ['a blank after the size', chunked('5 \r\nabcde\r\n0\r\n\r\n'), /bad chunk size/],
    ['a blank before the size', chunked(' 5\r\nabcde\r\n0\r\n\r\n'), /bad chunk size/],
    ['an underscore in the size', chunked('1_0\r\nabcde\r\n0\r\n\r\n'), /bad chunk size/],
    ['an overflowing size', chunked('fffffffffffffffff\r\n'), /bad chunk size/],
    ['an open quote in an extension', chunked('1;a="\r\na\r\n0\r\n\r\n'), /bad chunk size/],
    ['LF after the size', chunked('1\na\r\n0\r\n\r\n'), /bare LF/],
    ['LF in an extension', chunked('1;a\nb\r\na\r\n0\r\n\r\n'), /bare LF/],
    ['CR in an extension', chunked('1;a\rb\r\na\r\n0\r\n\r\n'), /bare CR/],
    ['data longer than its size', chunked('1\r\nab\r\n0\r\n\r\n'), /not followed by CRLF/],
    ['data longer than its size, cut', chunked('1\r\nab'), /not followed by CRLF/],
    ['LF after the data', chunked('1\r\na\n0\r\n\r\n'), /bare LF|not followed/],
    ['LF as the end', chunked('0\r\n\n'), /bare LF/],
    ['a bad trailer', chunked('0\r\nabc\r\n\r\n'), /bad field name/],
    ['framing in the trailers', chunked('0\r\nContent-Length: 3\r\n\r\n'), /content-length in the trailers/],
    ['bytes after the last chunk', chunked('0\r\n\r\nG'), /left over/],
  ]
  it.each(cases)('%s', (_, bytes, problem) => {
    expect(() => oneMessage(Buffer.from(bytes, 'latin1'))).toThrow(problem)
    expect(() => oneMessage(bytes)).toThrow(WireError)
  })
})

describe('messages', () => {
  it('splits pipelined requests', () => {
    const found = messages(head() + chunked('1\r\na\r\n0\r\n\r\n') + head())
    expect(found.messages.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET'])
    expect(found.messages[1]?.body.toString()).toBe('a')
    expect(found).toMatchObject({ truncated: false })
    expect(found.leftover.length).toBe(0)
  })

  it('shows an unfinished head', () => {
    const found = messages(`${head()}GET /b`)
    expect(found.messages).toHaveLength(1)
    expect(found.leftover.toString()).toBe('GET /b')
    expect(found.truncated).toBe(true)
  })

  it('shows a cut body', () => {
    const found = messages(`${post('Content-Length: 9')}abc`)
    expect(found.messages[0]).toMatchObject({ complete: false, bodyLength: 3 })
    expect(found.leftover.length).toBe(0)
    expect(found.truncated).toBe(true)
  })

  it('leaves what follows the wanted messages', () => {
    const found = messages(`${head('Upgrade: websocket')}\x81\x00\n`, { limit: 1 })
    expect(found.leftover.toString('latin1')).toBe('\x81\x00\n')
    expect(found.truncated).toBe(false)
  })

  it('is empty without bytes', () => {
    expect(messages('')).toMatchObject({ messages: [], truncated: false })
  })
})
