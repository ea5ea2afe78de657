import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { isAddress, readAddress } from '../../../src/http/address.js'

describe('an address', () => {
  it.each(['1.2.3.4', '0.0.0.0', '255.255.255.255', '::1', '::', '2001:DB8::1', '::ffff:1.2.3.4', 'fe80::1%eth0'])(
    '%s is one',
    (text) => expect(isAddress(text)).toBe(true),
  )

  it.each([
    ...['1', '1.2.3', '01.2.3.4', '0177.0.0.1', '0x7f.0.0.1', '1.2.3.4.5', '256.1.1.1', '1.2.3.4 ', '1..2.3', '.1.2.3'],
    ...['1.2.3.', '1.2.3.4/32', '１.2.3.4', '[::1]', ':', 'a', '', 'fe80::1%', '1::2::3', '::ffff:0177.0.0.1'],
    ...['::ffff:1.2.3', '::ffff:1.2.3.4.5', '::ffff:01.2.3.4%lo', '12345::1', '::0x7f.0.0.1', '::ffff:0x7f.0.0.1'],
    ...['::ffff:127.0.0.0x1%lo', `fe80::1%${'a'.repeat(128)}`],
  ])('H-136 %j is none', (text) => expect(isAddress(text)).toBe(false))

  it.each([
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::ffff:7f00:1', '127.0.0.1'],
    ['::FFFF:7F00:0001', '127.0.0.1'],
    ['0:0:0:0:0:ffff:127.0.0.1', '127.0.0.1'],
    ['::ffff:127.0.0.1%lo', '127.0.0.1'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:0DB8::0001', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('H-136 %s is %s', (spelled, address) => expect(readAddress(spelled)).toEqual(readAddress(address)))

  it.each([
    ['2001:db8::127.0.0.1', '127.0.0.1'],
    ['64:ff9b::127.0.0.1', '127.0.0.1'],
    ['::ffff:0:127.0.0.1', '127.0.0.1'],
    ['2001:db8::1', '2001:db8::2'],
  ])('H-136 %s is not %s', (one, other) => expect(readAddress(one)).not.toEqual(readAddress(other)))

  it('H-060 what is none takes no time, however long: it may be of a chain that a client has begun', () => {
    const began = process.cpuUsage()
    for (const text of [
      `::10${'.'.repeat(16_000)}v`,
      ':'.repeat(16_000),
      `::${'1:'.repeat(8_000)}`,
      `${'%'.repeat(16_000)}:.`,
    ])
      expect(isAddress(text)).toBe(false)
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(50)
  })

  it('reads what ipaddr.js reads', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const parsed = ipaddr.process(text)
        const bytes = parsed.toByteArray()
        const words = Array.from({ length: bytes.length / 4 }, (_, at) =>
          bytes.slice(4 * at, 4 * at + 4).reduce((sum, byte) => sum * 256 + byte, 0),
        )
        expect(readAddress(text)).toEqual(words)
      }),
    )
  })
})
