import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseProxyHeader } from '../../../src/tcp/proxy-protocol.js'
import { fed } from './feed.js'
import { V2_SIGNATURE, v2 } from './proxy-headers.js'

const TCP4 = [192, 0, 2, 1, 192, 0, 2, 2, 0x13, 0x88, 0x01, 0xbb]
const TCP6 = [...new Array(15).fill(0), 1, 0x20, 0x01, 0x0d, 0xb8, ...new Array(11).fill(0), 2, 0x13, 0x88, 0x01, 0xbb]
const from4 = { address: '192.0.2.1', port: 5000 }
const to4 = { address: '192.0.2.2', port: 443 }
const longest = `PROXY UNKNOWN ${'f'.repeat(107 - 'PROXY UNKNOWN \r\n'.length)}\r\n`

describe('a PROXY header', () => {
  it.each([
    ['v1 TCP4', 'PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n', from4, to4],
    [
      'v1 TCP6',
      'PROXY TCP6 2001:DB8:0::1 ::2 5000 443\r\n',
      { address: '2001:db8::1', port: 5000 },
      { address: '::2', port: 443 },
    ],
    [
      'v1 TCP6 at its longest',
      `PROXY TCP6 ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`,
      expect.anything(),
      expect.anything(),
    ],
    [
      'v1 a mapped address',
      'PROXY TCP6 ::ffff:192.0.2.1 ::2 0 65535\r\n',
      { address: '192.0.2.1', port: 0 },
      { address: '::2', port: 65_535 },
    ],
    ['v1 UNKNOWN', 'PROXY UNKNOWN\r\n', null, null],
    ['v1 UNKNOWN with what is to be ignored', 'PROXY UNKNOWN ffff::1 x 1 2\r\n', null, null],
    ['v1 of 107 bytes', longest, null, null],
    ['v2 TCP4', v2(0x21, 0x11, TCP4), from4, to4],
    ['v2 TCP6', v2(0x21, 0x21, TCP6), { address: '::1', port: 5000 }, { address: '2001:db8::2', port: 443 }],
    ['v2 with fields', v2(0x21, 0x11, [...TCP4, 1, 0, 2, 104, 50, 4, 0, 0]), from4, to4],
    ['v2 LOCAL', v2(0x20, 0x00, []), null, null],
    ['v2 LOCAL with a block to be discarded', v2(0x20, 0xff, [1, 2, 3]), null, null],
    ['v2 UNSPEC', v2(0x21, 0x00, [9, 9, 9]), null, null],
    ['v2 UDP4, which a connection is not', v2(0x21, 0x12, TCP4), null, null],
    ['v2 Unix', v2(0x21, 0x31, new Array(216).fill(65)), null, null],
    [
      'v2 of 4096 bytes',
      v2(0x21, 0x11, [...TCP4, 4, ...[(4096 - 31) >> 8, (4096 - 31) & 255], ...new Array(4096 - 31).fill(7)]),
      from4,
      to4,
    ],
  ] as const)('%s is read, and no byte behind it', (_what, header, source, destination) => {
    const bytes = Buffer.from(header as string, 'latin1')
    for (const rest of ['', 'PROXY TCP4 6.6.6.6 6.6.6.6 6 6\r\n'])
      expect(fed(parseProxyHeader, Buffer.concat([bytes, Buffer.from(rest)]))).toMatchObject({
        state: 'done',
        length: bytes.length,
        value: { source, destination },
      })
  })

  it.each([
    ['H-084 no header', 'GET / HTTP/1.1\r\n'],
    ['H-084 lower case', 'proxy TCP4 192.0.2.1 192.0.2.2 5000 443\r\n'],
    ['H-084 v1 of 108 bytes', longest.replace('ff', 'fff')],
    ['H-084 v1 without an end', `PROXY TCP4 ${'1'.repeat(200)}`],
    ['H-084 v1 that ends by LF alone', 'PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\n'],
    ['H-084 v1 with a CR inside', 'PROXY TCP4 192.0.2.1\r192.0.2.2 5000 443\r\n'],
    ['H-084 v1 of another protocol', 'PROXY UDP4 192.0.2.1 192.0.2.2 5000 443\r\n'],
    ['H-084 v1 UNKNOWN without a space', 'PROXY UNKNOWNX\r\n'],
    ['H-084 v1 with two spaces', 'PROXY TCP4  192.0.2.1 192.0.2.2 5000 443\r\n'],
    ['H-084 v1 with a space behind', 'PROXY TCP4 192.0.2.1 192.0.2.2 5000 443 \r\n'],
    ['H-084 v1 with a fifth part', 'PROXY TCP4 192.0.2.1 192.0.2.2 5000 443 1\r\n'],
    ['H-084 v1 with too few parts', 'PROXY TCP4 192.0.2.1 192.0.2.2 5000\r\n'],
    ['H-084 v1 with octal', 'PROXY TCP4 192.0.2.01 192.0.2.2 5000 443\r\n'],
    ['H-084 v1 TCP4 with IPv6', 'PROXY TCP4 ::1 ::2 5000 443\r\n'],
    ['H-084 v1 TCP6 with IPv4', 'PROXY TCP6 192.0.2.1 192.0.2.2 5000 443\r\n'],
    ['H-084 v1 with a zone', 'PROXY TCP6 fe80::1%eth0 ::2 5000 443\r\n'],
    ['H-084 v1 with port 65536', 'PROXY TCP4 192.0.2.1 192.0.2.2 65536 443\r\n'],
    ['H-084 v1 with port 0443', 'PROXY TCP4 192.0.2.1 192.0.2.2 5000 0443\r\n'],
    ['H-084 v1 with port -1', 'PROXY TCP4 192.0.2.1 192.0.2.2 -1 443\r\n'],
    ['H-084 v2 of version 1', v2(0x11, 0x11, TCP4)],
    ['H-084 v2 of version 3', v2(0x31, 0x11, TCP4)],
    ['H-084 v2 with command 2', v2(0x22, 0x11, TCP4)],
    ['H-084 v2 of an unknown family', v2(0x21, 0x41, TCP4)],
    ['H-084 v2 of an unknown transport', v2(0x21, 0x13, TCP4)],
    ['H-084 v2 too short for IPv4', v2(0x21, 0x11, TCP4.slice(1))],
    ['H-084 v2 too short for IPv6', v2(0x21, 0x21, TCP4)],
    ['H-084 v2 too short for Unix', v2(0x21, 0x31, TCP4)],
    ['H-084 v2 longer than 4096 bytes', v2(0x21, 0x11, new Array(4081).fill(0))],
    ['H-084 v2 that claims 64 KiB', Buffer.from([...V2_SIGNATURE, 0x21, 0x11, 0xff, 0xff])],
    ['H-084 v2 with a field past its end', v2(0x21, 0x11, [...TCP4, 1, 0, 3, 104, 50])],
    ['H-084 v2 with part of a field', v2(0x21, 0x11, [...TCP4, 1, 0])],
    ['H-084 a damaged signature', v2(0x21, 0x11, TCP4).fill(0, 11, 12)],
  ])('%s is refused', (_what, header) => {
    expect(fed(parseProxyHeader, Buffer.from(header as string, 'latin1')).state).toBe('bad')
  })

  it('H-084 is refused at the first byte that no header can have', () => {
    for (const start of ['G', 'PROXY_', '\r\n\r\r', 'PROXX'])
      expect(parseProxyHeader(Buffer.from(start)).state).toBe('bad')
  })

  it('H-084 cut short anywhere asks for more, within its limits', () => {
    for (const whole of [
      Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n'),
      v2(0x21, 0x11, [...TCP4, 4, 0, 1, 0]),
    ])
      for (let length = 0; length < whole.length; length++) {
        const parsed = parseProxyHeader(whole.subarray(0, length))
        expect(parsed).toMatchObject({ state: 'more', need: expect.any(Number) })
        if (parsed.state === 'more') expect(parsed.need).toBeGreaterThan(length)
        if (parsed.state === 'more') expect(parsed.need).toBeLessThanOrEqual(whole.length)
      }
  })
})

describe('whatever the bytes', () => {
  const start = fc.constantFrom('', 'PROXY ', 'PROXY TCP4 ', 'PROXY TCP6 ::1 ').map((text) => Buffer.from(text))
  const signed = fc.tuple(
    fc.constantFrom(0x20, 0x21, 0x11, 0x22),
    fc.integer({ min: 0, max: 255 }),
    fc.integer({ min: 0, max: 300 }),
  )
  const head = fc.oneof(
    start,
    signed.map(([command, family, length]) =>
      Buffer.from([...V2_SIGNATURE, command, family, length >> 8, length & 255]),
    ),
  )
  const input = fc.tuple(head, fc.uint8Array({ maxLength: 400 })).map((parts) => Buffer.concat(parts))

  it('H-084 any split of them gives the same answer, and none throws', () => {
    fc.assert(
      fc.property(input, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 50 }), (bytes, sizes) => {
        expect(fed(parseProxyHeader, bytes, sizes)).toEqual(parseProxyHeader(bytes))
      }),
      { numRuns: 2_000 },
    )
  })
})
