import { describe, expect, it } from 'vitest'
import { proxyHeaderBytes } from '../../../src/tcp/proxy-header-bytes.js'
import { parseProxyHeader } from '../../../src/tcp/proxy-protocol.js'

const four = { address: '192.0.2.1', port: 5000 }
const six = { address: '2001:db8::1', port: 443 }

describe('a PROXY header that is sent', () => {
  it.each([
    ['IPv4', four, { address: '192.0.2.2', port: 443 }, 'PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n'],
    ['IPv6', six, { address: '::1', port: 0 }, 'PROXY TCP6 2001:db8::1 ::1 443 0\r\n'],
    [
      'IPv4 mapped into IPv6',
      { address: '::ffff:192.0.2.1', port: 5000 },
      four,
      'PROXY TCP4 192.0.2.1 192.0.2.1 5000 5000\r\n',
    ],
    ['one of each', four, six, 'PROXY TCP6 ::ffff:c000:201 2001:db8::1 5000 443\r\n'],
    ['a zone', { address: 'fe80::1%eth0', port: 1 }, six, 'PROXY TCP6 fe80::1 2001:db8::1 1 443\r\n'],
    ['no source', null, four, 'PROXY UNKNOWN\r\n'],
    ['no destination', four, null, 'PROXY UNKNOWN\r\n'],
  ])('says %s in version 1', (_what, source, destination, text) => {
    expect(proxyHeaderBytes('v1', source, destination).toString('latin1')).toBe(text)
  })

  it.each([
    ['v1', 4, four, { address: '192.0.2.2', port: 65_535 }],
    ['v2', 4, four, { address: '192.0.2.2', port: 65_535 }],
    ['v1', 6, six, { address: '::1', port: 256 }],
    ['v2', 6, six, { address: '::1', port: 256 }],
  ] as const)('in %s is read back as it was, IPv%d', (version, _family, source, destination) => {
    const bytes = proxyHeaderBytes(version, source, destination)
    expect(parseProxyHeader(bytes)).toEqual({
      state: 'done',
      length: bytes.length,
      value: { version: Number(version[1]), source, destination },
    })
  })

  it('says in version 2 that an end is unknown', () => {
    const bytes = proxyHeaderBytes('v2', null, null)
    expect([bytes.length, parseProxyHeader(bytes)]).toMatchObject([16, { state: 'done', value: { source: null } }])
  })
})
