import { createServer, type IncomingMessage, METHODS } from 'node:http'
import { Duplex } from 'node:stream'
import { type Body, bytesBody, EdgeError, emptyBody, type HeaderMap, StreamBody } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requestHead } from '../../../../src/forwarding/http1/request-head.js'

const stream = (length?: number): Body => new StreamBody({ pause() {}, resume() {}, cancel() {} }, length)
const head = (change: { method?: string; target?: string; headers?: HeaderMap; body?: Body; host?: string } = {}) => {
  const { method = 'GET', target = '/', headers = {}, body = emptyBody, host = 'up:1' } = change
  return requestHead(method, target, headers, body, host)
}
const refused = (make: () => string): boolean => {
  try {
    make()
    return false
  } catch (error) {
    expect(error instanceof EdgeError && error.code).toBe('ERR_EDGE_BAD_VALUE')
    return true
  }
}

describe('the head of a request', () => {
  it('has a line for the target, its Host first, and one for each field', () => {
    const headers = { accept: '*/*', host: 'a', 'x-two': ['1', '2'], nothing: undefined }
    expect(head({ method: 'M-SEARCH', target: '/x?y', headers })).toBe(
      'M-SEARCH /x?y HTTP/1.1\r\nhost: a\r\naccept: */*\r\nx-two: 1\r\nx-two: 2\r\nconnection: keep-alive\r\n\r\n',
    )
  })

  it('takes a number for its text, as JavaScript has it', () => {
    expect(head({ headers: { 'x-attempt': 2 as never, 'x-list': [1, 2] as never } })).toContain(
      '\r\nx-attempt: 2\r\nx-list: 1\r\nx-list: 2\r\n',
    )
  })

  it('RFC 9112 §3.2 has a Host field whatever there is: the endpoint’s where none was given', () => {
    expect(head()).toContain('\r\nhost: up:1\r\n')
    expect(head({ headers: { host: '' } })).toContain('\r\nhost: \r\n')
  })

  it.each<[string, string, Body, string]>([
    ['a length for bytes', 'GET', bytesBody('abc'), 'content-length: 3'],
    ['a length for a stream that knows it', 'PUT', stream(7), 'content-length: 7'],
    ['a length for a stream of nothing', 'GET', stream(0), 'content-length: 0'],
    ['chunks for a stream that does not', 'GET', stream(), 'transfer-encoding: chunked'],
    ['RFC 9110 §8.6 a length of 0 for a POST without body', 'POST', emptyBody, 'content-length: 0'],
    ['the same for a PUT', 'PUT', emptyBody, 'content-length: 0'],
    ['the same for a PATCH', 'PATCH', emptyBody, 'content-length: 0'],
    ['no framing for a GET without body', 'GET', emptyBody, ''],
    ['no framing for a DELETE without body', 'DELETE', emptyBody, ''],
    ['no framing for a HEAD without body', 'HEAD', emptyBody, ''],
  ])('RFC 9112 §6 says %s, once', (_, method, body, line) => {
    // What a filter left there is not believed.
    const text = head({ method, body, headers: { 'content-length': '99' } })
    expect(text.split('\r\n').filter((each) => /^(content-length|transfer-encoding)/.test(each))).toEqual(
      line === '' ? [] : [line],
    )
  })

  it.each(['transfer-encoding', 'connection', 'keep-alive', 'upgrade', 'expect', 'trailer'])(
    'refuses %s, which is this hop’s to say (H-001)',
    (name) => {
      expect(refused(() => head({ headers: { [name]: 'x' } }))).toBe(true)
    },
  )

  it.each<[string, Parameters<typeof head>[0]]>([
    ['CRLF in a value', { headers: { x: 'a\r\nb: c' } }],
    ['LF in a value', { headers: { x: 'a\nb' } }],
    ['CR in a value', { headers: { x: 'a\rb' } }],
    ['NUL in a value', { headers: { x: 'a\0' } }],
    ['DEL in a value', { headers: { x: 'a\x7f' } }],
    ['CRLF in one of several values', { headers: { x: ['a', 'b\r\nc: d'] } }],
    // U+010D and U+010A would be CR and LF as one byte each.
    ['a character that latin1 would cut down to CR', { headers: { x: 'a\u010d\u010ab' } }],
    ['a character beyond latin1', { headers: { x: '\u20ac' } }],
    ['CRLF in Host', { headers: { host: 'a\r\nx: y' } }],
    ['CRLF in the host of an endpoint', { host: 'a\r\nx: y' }],
    ['a blank in a name', { headers: { 'x y': '1' } }],
    ['a colon in a name', { headers: { 'x:y': '1' } }],
    ['CRLF in a name', { headers: { 'x\r\ny': '1' } }],
    ['an empty name', { headers: { '': '1' } }],
    ['a name beyond ASCII', { headers: { 'x\xe9': '1' } }],
    ['a blank in a target', { target: '/a b' }],
    ['CRLF in a target', { target: '/ HTTP/1.1\r\nx: y' }],
    ['NUL in a target', { target: '/\0' }],
    ['a character that latin1 would cut down, in a target', { target: '/\u010a' }],
    ['an empty target', { target: '' }],
    ['a blank in a method', { method: 'GET /' }],
    ['CRLF in a method', { method: 'GET\r\n' }],
    ['an empty method', { method: '' }],
    ['what is no text', { headers: { x: { toString: () => 'a\r\n' } as never } }],
  ])('H-023 refuses %s', (_, change) => {
    expect(refused(() => head(change))).toBe(true)
  })

  const odd = fc.string({
    unit: fc.oneof(
      fc.constantFrom(...'\r\n\0\t :,;"x/\u010d\u010a\u0100\xff'),
      fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
    ),
    maxLength: 8,
  })
  const anyFields = fc.dictionary(odd, fc.oneof(odd, fc.array(odd, { maxLength: 2 })), { maxKeys: 3 })

  it('H-023 never has a line that was not asked for, whatever it is made of', () => {
    const seen = { made: 0, refused: 0 }
    const mostly = (good: string, bad: fc.Arbitrary<string>) =>
      fc.oneof({ weight: 4, arbitrary: fc.constant(good) }, bad)
    const plain = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), mostly('v', odd), { maxKeys: 2 })
    fc.assert(
      fc.property(
        mostly('GET', odd),
        mostly('/', odd),
        fc.oneof(anyFields, plain),
        mostly('a', odd),
        (method, target, fields, host) => {
          const headers: HeaderMap = fields
          let text = ''
          if (refused(() => (text = head({ method, target, headers, host })))) return void seen.refused++
          seen.made++
          const values = Object.entries(fields).flatMap(([name, value]) =>
            name === 'content-length' ? [] : name === 'host' ? [''] : [value].flat(),
          )
          const lines = text.split('\r\n')
          // The request line, Host where none is given, each value, Connection, and the empty line.
          expect(lines).toHaveLength(1 + (headers['host'] === undefined ? 1 : 0) + values.length + 1 + 2)
          expect(text.replaceAll('\r\n', '')).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/)
        },
      ),
      { numRuns: 2_000 },
    )
    expect([seen.made > 200, seen.refused > 200]).toEqual([true, true])
  })

  it('is read by Node’s own server as exactly what was put into it', async () => {
    const name = fc.stringMatching(/^[a-z0-9!#$%&'*+.^_`|~-]{1,10}$/).filter((each) => !RESERVED.has(each))
    const value = fc.stringMatching(/^([!-~\x80-\xff]([\t -~\x80-\xff]{0,10}[!-~\x80-\xff])?)?$/)
    const body = fc.oneof(fc.constant(emptyBody), fc.constant(bytesBody('abc')), fc.constant(null))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...METHODS.filter((method) => method !== 'CONNECT')),
        fc.stringMatching(/^\/[!-~]{0,20}$/).filter((each) => !each.includes('#')),
        fc.dictionary(name, fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })), { maxKeys: 6 }),
        body,
        async (method, target, fields, carried) => {
          const text = head({ method, target, headers: { ...fields, host: 'a.test' }, body: carried ?? stream() })
          const request = await nodeReads(text)
          const framing = request.rawHeaders.slice(-2)
          expect([request.method, request.url, request.httpVersion]).toEqual([method, target, '1.1'])
          const sent = Object.entries(fields).flatMap(([key, lines]) => [lines].flat().flatMap((line) => [key, line]))
          const expected = ['host', 'a.test', ...sent, 'connection', 'keep-alive']
          expect(request.rawHeaders.slice(0, expected.length)).toEqual(expected)
          const stated = request.rawHeaders.slice(expected.length)
          if (carried === null) expect(stated).toEqual(['transfer-encoding', 'chunked'])
          else if (carried.length > 0) expect(framing).toEqual(['content-length', '3'])
          else expect(stated.length === 0 || stated[1] === '0').toBe(true)
        },
      ),
      { numRuns: 1_000 },
    )
  })
})

const RESERVED = new Set([
  ...['transfer-encoding', 'connection', 'keep-alive', 'upgrade', 'expect', 'trailer', 'host', 'content-length'],
  ...['__proto__'],
])

/** A head as Node's own server reads it, without a socket. */
function nodeReads(text: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const wire = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
    const server = createServer((request) => {
      resolve(request)
      wire.destroy()
    })
    server.on('clientError', reject)
    server.on('checkExpectation', reject)
    server.emit('connection', wire)
    wire.push(Buffer.from(text, 'latin1'))
  })
}
