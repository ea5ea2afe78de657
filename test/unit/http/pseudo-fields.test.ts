import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EdgeError } from '../../../src/errors.js'
import { readHttp2Fields, readPseudoFields } from '../../../src/http/pseudo-fields.js'

const request = (...more: readonly [string, string][]): string[] => [
  ...[':method', 'GET', ':scheme', 'https', ':path', '/x?y', ':authority', 'a.test'],
  ...more.flat(),
]
const instead = (name: string, value: string): string[] => {
  const raw = request()
  raw[raw.indexOf(name) + 1] = value
  return raw
}
const without = (name: string): string[] => {
  const raw = request()
  raw.splice(raw.indexOf(name), 2)
  return raw
}

const CONNECT = [':method', 'CONNECT', ':protocol', 'websocket', ':scheme', 'https', ':path', '/x', ':authority', 'a']

describe('readPseudoFields', () => {
  it('reads what stands in place of the request line, and where the fields begin', () => {
    expect(readPseudoFields(request(['accept', '*/*']))).toEqual({
      method: 'GET',
      authority: 'a.test',
      protocol: null,
      end: 8,
    })
    expect(readPseudoFields(CONNECT)).toMatchObject({ method: 'CONNECT', protocol: 'websocket', end: 10 })
    expect(readPseudoFields([':method', 'OPTIONS', ':scheme', 'http', ':path', '*', 'host', 'a'])).toMatchObject({
      authority: null,
      end: 6,
    })
  })

  it.each([
    ['no :method', without(':method')],
    ['no :scheme', without(':scheme')],
    ['no :path', without(':path')],
    ['an empty :path', instead(':path', '')],
    ['a relative :path', instead(':path', 'x')],
    ['an absolute :path', instead(':path', 'http://evil/x')],
    ['* for GET', instead(':path', '*')],
    ['a :method with a request line', instead(':method', 'GET /admin HTTP/1.1')],
    ['a :method with CRLF', instead(':method', 'GET\r\nx')],
    ['a :method that goes on', instead(':method', 'G'.repeat(33))],
    ['another :scheme', instead(':scheme', 'ftp')],
    ['a :scheme with more in it', instead(':scheme', 'http://evil/?')],
    ['two :path', [':path', '/y', ...request()]],
    ['an unknown one', [':evil', '1', ...request()]],
    ['that of a reply', [':status', '200', ...request()]],
    ['one behind a field', [...without(':path'), 'x', '1', ':path', '/x']],
    [':protocol without CONNECT', [':protocol', 'websocket', ...request()]],
    ['CONNECT without :protocol', instead(':method', 'CONNECT')],
    ['a name of no length', request(['', 'x'])],
    ['an upper-case name', request(['X-Y', 'x'])],
    ['Transfer-Encoding', request(['transfer-encoding', 'chunked'])],
    ['Connection', request(['connection', 'close'])],
    ['Keep-Alive', request(['keep-alive', 'timeout=5'])],
    ['Proxy-Connection', request(['proxy-connection', 'close'])],
    ['Upgrade', request(['upgrade', 'h2c'])],
    ['TE: gzip', request(['te', 'gzip'])],
    ['TE: trailers, gzip', request(['te', 'trailers, gzip'])],
  ])('H-070 refuses %s', (_what, raw) => {
    expect(() => readPseudoFields(raw)).toThrow(expect.objectContaining({ code: 'ERR_EDGE_BAD_REQUEST' }))
  })
})

describe('readHttp2Fields', () => {
  it('makes :authority the Host, and no pseudo-field a field', () => {
    const { headers, length, upgrade } = readHttp2Fields(request(['accept', '*/*'], ['te', 'trailers']), false)
    expect({ ...headers }).toEqual({ host: 'a.test', accept: '*/*', te: 'trailers' })
    expect([length, upgrade]).toEqual([undefined, null])
  })

  it('takes a Host that names the same place, and one alone', () => {
    expect(readHttp2Fields(request(['host', 'A.test']), false).headers['host']).toBe('a.test')
    expect(readHttp2Fields([...without(':authority'), 'host', 'b.test'], false).headers['host']).toBe('b.test')
    expect(readHttp2Fields(without(':authority'), false).headers['host']).toBeUndefined()
  })

  it('H-070 refuses a Host that names another place', () => {
    expect(() => readHttp2Fields(request(['host', 'b.test']), false)).toThrow(':authority and Host differ')
  })

  it('H-070 puts the crumbs of a cookie together again', () => {
    expect(readHttp2Fields(request(['cookie', 'a=1'], ['cookie', 'b=2']), false).headers['cookie']).toBe('a=1; b=2')
  })

  it('reads the length that is stated, and the protocol of an extended CONNECT', () => {
    expect(readHttp2Fields(request(['content-length', '0']), false).length).toBe(0)
    expect(readHttp2Fields(request(['content-length', '12']), false).length).toBe(12)
    expect(readHttp2Fields(CONNECT, false).upgrade).toBe('websocket')
  })

  it('H-022 counts fields without the pseudo-fields', () => {
    const fields = (count: number) =>
      request(...Array.from({ length: count }, (_, at): [string, string] => [`x-${at}`, '1']))
    expect(Object.keys(readHttp2Fields(fields(200), false).headers)).toHaveLength(201)
    expect(() => readHttp2Fields(fields(201), false)).toThrow(expect.objectContaining({ status: 431 }))
  })

  it('H-070 lets nothing into a header map that HTTP/1.1 would read as something else, whatever comes', () => {
    const name = fc.oneof(
      fc.constantFrom(
        ':method',
        ':path',
        ':evil',
        'connection',
        'transfer-encoding',
        'te',
        'host',
        'x',
        'X',
        '',
        'upgrade',
      ),
      fc.string({ maxLength: 12 }),
    )
    const value = fc.oneof(
      fc.constantFrom('GET', '/', 'https', 'trailers', 'chunked', 'a.test'),
      fc.string({ maxLength: 12 }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 6 }), fc.boolean(), (pairs, front) => {
        const raw = front ? [...pairs.flat(), ...request()] : [...request(), ...pairs.flat()]
        try {
          const { headers } = readHttp2Fields(raw, false)
          for (const each of Object.keys(headers)) {
            expect(each).toBe(each.toLowerCase())
            expect(each).not.toMatch(/^(?::.*|connection|transfer-encoding|upgrade|keep-alive|proxy-connection|)$/)
          }
          expect([undefined, 'trailers']).toContain(headers['te'])
          expect(headers['host']).toBe('a.test')
        } catch (error) {
          if (!(error instanceof EdgeError)) throw error
          expect(error.status).toBeGreaterThanOrEqual(400)
        }
      }),
    )
  })
})
