import { isAddress } from '../../../src/http/address.js'
import { parseAuthority } from '../../../src/http/authority.js'
import { parseClientHello } from '../../../src/tcp/client-hello.js'
import type { Parsed } from '../../../src/tcp/parsed.js'
import { proxyHeaderBytes } from '../../../src/tcp/proxy-header-bytes.js'
import { parseProxyHeader } from '../../../src/tcp/proxy-protocol.js'
import { extension, helloMessage, records, serverName } from '../../unit/tcp/hellos.js'
import { v2 } from '../../unit/tcp/proxy-headers.js'
import type { Mutator } from '../mutate.js'
import { type FuzzTarget, promise, same } from '../target.js'

/** What holds for readers that are given more and more of a stream. */
function grows<T>(read: (bytes: Uint8Array) => Parsed<T>, bytes: Buffer, mutator: Mutator, most: number): Parsed<T> {
  const whole = read(bytes)
  if (whole.state === 'more')
    promise(
      whole.need > bytes.length && whole.need <= most,
      'asks for more than it has, within a bound',
      whole.need,
      bytes.length,
    )
  if (whole.state === 'done') promise(whole.length <= bytes.length, 'no more than there was', whole.length)
  const end = mutator.below(bytes.length + 1)
  const part = read(bytes.subarray(0, end))
  if (part.state === 'more') {
    promise(part.need > end && part.need <= most, 'asks for more than it has, within a bound', part.need, end)
    // It cannot be done with fewer bytes than it asked for.
    promise(
      whole.state !== 'done' || bytes.length >= part.need,
      'asks for no more than it needs',
      part.need,
      bytes.length,
    )
  } else same(part, whole, 'a verdict stands, whatever follows')
  return whole
}

const latin1 = (bytes: Buffer): string => bytes.toString('latin1')

export const proxyProtocol: FuzzTarget = {
  name: 'proxy-protocol',
  corpus: [
    'PROXY TCP4 1.2.3.4 5.6.7.8 80 443\r\nGET /',
    'PROXY TCP6 ::1 2001:db8::1 1 65535\r\n',
    'PROXY UNKNOWN ff\r\n',
    latin1(v2(0x21, 0x11, [1, 2, 3, 4, 5, 6, 7, 8, 0, 80, 1, 187])),
    latin1(v2(0x21, 0x21, [...new Array<number>(36).fill(1), 4, 0, 1, 9])),
    latin1(v2(0x20, 0, [])),
    latin1(v2(0x21, 0x31, new Array<number>(216).fill(0))),
  ],
  pieces: [
    'PROXY ',
    'TCP4 ',
    'TCP6 ',
    'UNKNOWN',
    '\r\n',
    '\r\n\r\n\0\r\nQUIT\n',
    '\x21\x11\0\x0c',
    '::ffff:1.2.3.4 ',
    '\x04\0\x01x',
  ],
  check(input, mutator) {
    const read = grows(parseProxyHeader, Buffer.from(input, 'latin1'), mutator, 4096)
    if (read.state !== 'done') return read.state === 'bad' ? read.why : 'more'
    const { source, destination, version } = read.value
    for (const place of [source, destination]) {
      if (place === null) continue
      promise(isAddress(place.address) && place.port >= 0 && place.port <= 65_535, 'a place', place)
    }
    promise((source === null) === (destination === null), 'both ends, or neither')
    if (source !== null) {
      const again = parseProxyHeader(proxyHeaderBytes(version === 1 ? 'v1' : 'v2', source, destination))
      promise(again.state === 'done', 'what is written can be read', again)
      same(again.value, read.value, 'a header reads as it is written')
    }
    return `${version} ${source === null} ${source?.address.includes(':')}`
  },
}

const PROTOCOLS = extension(16, Buffer.from('\x00\x03\x02h2', 'latin1'))

export const clientHello: FuzzTarget = {
  name: 'client-hello',
  corpus: [
    latin1(records(helloMessage([serverName('a.test'), PROTOCOLS]))),
    latin1(records(helloMessage([serverName('b.test')]), 7)),
    latin1(records(helloMessage(null))),
    latin1(records(helloMessage([serverName('a.test', 'b.test')]))),
    'SSH-2.0-x\r\n',
  ],
  pieces: ['\x16\x03\x01', '\x01\0\0', '\0\0', latin1(serverName('c.test')), latin1(PROTOCOLS), '\x03\x03'],
  maxLength: 40_000,
  check(input, mutator) {
    // A record is 16 KiB at most; a message of so many bytes as three can say is asked for record by record.
    const read = grows(parseClientHello, Buffer.from(input, 'latin1'), mutator, 2 ** 25)
    if (read.state !== 'done') return read.state === 'bad' ? read.why : 'more'
    if (read.value === null) return 'no TLS'
    const { serverName: name, protocols } = read.value
    if (name !== null) same(parseAuthority(name), { host: name, port: null }, 'a host name')
    return `${name === null} ${protocols.length}`
  },
}
