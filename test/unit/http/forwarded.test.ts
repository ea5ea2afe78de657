import { describe, expect, it } from 'vitest'
import type { ClientInfo } from '../../../src/http/client-info.js'
import { type ForwardedStyle, writeForwarded } from '../../../src/http/forwarded.js'
import { toHeaders } from '../../../src/http/header-map.js'

const untrusted: ClientInfo = {
  address: '203.0.113.9',
  peer: '203.0.113.9',
  protocol: 'https',
  host: 'a.test',
  port: 8443,
  authority: 'a.test:8443',
  trusted: false,
  forwardedFor: '',
  certificate: null,
}

function written(
  style: ForwardedStyle,
  change: Partial<ClientInfo> = {},
  given: Record<string, string> = {},
  base = '/',
) {
  const headers = toHeaders(given)
  writeForwarded(headers, { ...untrusted, ...change }, base, style)
  return { ...headers }
}

describe('writeForwarded', () => {
  it('writes X-Forwarded fields', () => {
    expect(written('x-forwarded')).toEqual({
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '8443',
      'x-forwarded-host': 'a.test:8443',
    })
  })

  it('writes Forwarded of the same facts', () => {
    expect(written('forwarded')).toEqual({ forwarded: 'for=203.0.113.9;host="a.test:8443";proto=https' })
    expect(Object.keys(written('both'))).toHaveLength(5)
  })

  it('writes nothing when off', () => expect(written('off')).toEqual({}))

  it('tells the base, behind the prefix that a trusted peer told', () => {
    expect(written('x-forwarded', {}, {}, '/api')['x-forwarded-prefix']).toBe('/api')
    const given = { 'x-forwarded-prefix': '/shop' }
    expect(written('x-forwarded', { trusted: true }, given, '/api')['x-forwarded-prefix']).toBe('/shop/api')
  })

  it('H-060 appends the peer to what a trusted one said', () => {
    const client = { trusted: true, peer: '10.0.0.1', forwardedFor: '6.6.6.6, 203.0.113.9' }
    expect(written('x-forwarded', client)['x-forwarded-for']).toBe('6.6.6.6, 203.0.113.9, 10.0.0.1')
  })

  it('H-063 leaves no claim beside its own that could disagree', () => {
    const given = { forwarded: 'for=6.6.6.6', 'x-forwarded-for': '9.9.9.9', 'x-forwarded-host': 'b.test' }
    const client = { trusted: true, peer: '10.0.0.1', forwardedFor: '9.9.9.9' }
    expect(written('x-forwarded', client, given)['forwarded']).toBeUndefined()
    expect(Object.keys(written('forwarded', client, given))).toEqual(['forwarded'])
  })

  it.each([
    ['2001:db8::1', 'for="[2001:db8::1]"'],
    ['::ffff:1.2.3.4', 'for="[::ffff:1.2.3.4]"'],
    ['', 'for=unknown'],
    ['1.1.1.1', 'for=1.1.1.1'],
  ])('H-063 quotes the peer %j as %s', (peer, node) => {
    expect(written('forwarded', { peer, authority: null })['forwarded']).toBe(`${node};proto=https`)
  })

  it('H-063 quotes what could inject', () => {
    const client = { trusted: true, peer: '10.0.0.1', forwardedFor: 'a";host=evil;b="\\' }
    expect(written('forwarded', client)['forwarded']).toBe(
      'for="a\\";host=evil;b=\\"\\\\", for=10.0.0.1;host="a.test:8443";proto=https',
    )
  })
})
