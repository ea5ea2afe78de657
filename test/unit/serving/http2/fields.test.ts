import type { Http2ServerResponse } from 'node:http2'
import { describe, expect, it } from 'vitest'
import { toHeaders } from '../../../../src/http/header-map.js'
import { http2Head, http2Trailers, isOfConnection } from '../../../../src/serving/http2/fields.js'

/** What of Node's response is asked for: fields that a framework has set. */
const earlier = (fields: Record<string, string | string[]>): Http2ServerResponse =>
  ({ getHeaderNames: () => Object.keys(fields), getHeader: (name: string) => fields[name] }) as never

describe('http2Head', () => {
  it('is the status and the fields, lines of one name together', () => {
    const head = http2Head(200, ['a', '1', 'set-cookie', 'x=1', 'set-cookie', 'y=2'], null)
    expect({ ...head }).toEqual({ ':status': 200, a: '1', 'set-cookie': ['x=1', 'y=2'] })
  })

  it('leaves out what belongs to a connection, whoever set it', () => {
    const list = ['connection', 'close', 'keep-alive', 'x', 'transfer-encoding', 'chunked', 'upgrade', 'h2c', 'te', 'x']
    const head = http2Head(200, list, earlier({ 'proxy-connection': 'close', 'http2-settings': 'x', b: '2' }))
    expect({ ...head }).toEqual({ ':status': 200, b: '2' })
    expect(isOfConnection('connection')).toBe(true)
    expect(isOfConnection('content-type')).toBe(false)
  })

  it('keeps what the framework has set, where the reply does not say it itself, and both their cookies', () => {
    const head = http2Head(
      200,
      ['a', 'ours', 'set-cookie', 'x=1'],
      earlier({ a: 'theirs', b: '2', 'set-cookie': ['y=2'] }),
    )
    expect({ ...head }).toEqual({ ':status': 200, a: 'ours', b: '2', 'set-cookie': ['x=1', 'y=2'] })
  })

  it.each([
    ['CR and LF', ['a', 'x\r\ny: z']],
    ['NUL, which ends a field for nghttp2', ['a', 'x\0y\0z']],
    ['a pseudo-field', [':status', '500']],
  ])('H-023 refuses %s', (_what, list) => {
    expect(() => http2Head(200, list, null)).toThrow()
  })
})

describe('http2Trailers', () => {
  it('are those that can be sent', () => {
    const trailers = toHeaders({
      'grpc-status': '0',
      'x-many': ['1', '2'],
      'x-bad': 'a\0b',
      'x-worse': 'a\r\nb',
      ':status': '500',
      connection: 'close',
      'x y': '1',
    })
    expect(http2Trailers(trailers)).toEqual({ 'grpc-status': '0', 'x-many': ['1', '2'] })
  })
})
