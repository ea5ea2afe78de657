import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { AddressRanges } from '../../../src/http/address-ranges.js'

const ipv4 = fc.ipV4()
const ipv6 = fc.ipV6()
/** Few networks, so that ranges overlap, touch and hold each other. */
const near4 = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 255 }))
  .map(([a, b]) => `10.0.${a}.${b}`)
const near6 = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 0xffff }))
  .map(([a, b]) => `2001:db8::${a}:${b.toString(16)}`)
const address = fc.oneof(
  ipv4,
  ipv6,
  near4,
  near6,
  near4.map((text) => `::ffff:${text}`),
)
const entry = fc.oneof(
  address,
  fc.tuple(fc.oneof(ipv4, near4), fc.integer({ min: 0, max: 32 })).map(([text, bits]) => `${text}/${bits}`),
  fc.tuple(fc.oneof(ipv6, near6), fc.integer({ min: 0, max: 128 })).map(([text, bits]) => `${text}/${bits}`),
  fc.tuple(near4, fc.integer({ min: 96, max: 128 })).map(([text, bits]) => `::ffff:${text}/${bits}`),
)
/** fast-check's IPv6 may be a mapped address, of which a range of less than 96 bits is refused. */
const sound = (item: string): boolean => {
  const [text = '', bits = '128'] = item.split('/')
  return !text.includes(':') || !ipaddr.IPv6.parse(text).isIPv4MappedAddress() || Number(bits) >= 96
}

function naive(text: string, entries: readonly string[]): boolean {
  const client = ipaddr.process(text)
  return entries.some((item) => {
    const [range, bits] = item.includes('/')
      ? ipaddr.parseCIDR(item)
      : [ipaddr.parse(item), item.includes(':') ? 128 : 32]
    const mapped = range instanceof ipaddr.IPv6 && range.isIPv4MappedAddress()
    const [network, length] = mapped ? [range.toIPv4Address(), bits - 96] : [range, bits]
    return client.kind() === network.kind() && client.match(network as never, length)
  })
}

describe('ranges of addresses', () => {
  it('H-136 hold just what a scan with ipaddr.js finds, whatever the list and the address', () => {
    fc.assert(
      fc.property(
        fc.array(entry.filter(sound), { maxLength: 40 }),
        fc.array(address, { minLength: 1, maxLength: 20 }),
        (entries, asked) => {
          const ranges = new AddressRanges(entries, 'test', 'list')
          for (const each of asked) {
            const expected = naive(each, entries)
            expect([ranges.has(each), ranges.has(each)], each).toEqual([expected, expected])
          }
        },
      ),
      { numRuns: 400 },
    )
  })

  it.each([
    ['10.0.0.0/8', '10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
    ['10.1.2.3/8', '10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
    ['0.0.0.0/1', '0.0.0.0', '127.255.255.255', '128.0.0.0', '::'],
    ['128.0.0.0/1', '128.0.0.0', '255.255.255.255', '127.255.255.255', '::'],
    ['::ffff:10.0.0.0/104', '10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
    ['2001:db8::/33', '2001:db8::', '2001:db8:7fff:ffff:ffff:ffff:ffff:ffff', '2001:db7:ffff::', '2001:db8:8000::'],
    ['::/0', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '0.0.0.0', '::ffff:1.2.3.4'],
  ])('%s reaches from %s to %s, not to %s or %s', (range, first, last, before, behind) => {
    const ranges = new AddressRanges([range], 'test', 'list')
    expect([first, last, before, behind].map((each) => ranges.has(each))).toEqual([true, true, false, false])
  })

  it.each(['', 'unknown', 'localhost', '10.0.0.1:80', '127.0.0.1, 10.0.0.1'])('never hold %j', (text) => {
    expect(new AddressRanges(['0.0.0.0/0', '::/0'], 'test', 'list').has(text)).toBe(false)
  })

  it.each([
    ...['10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/ 8', '10.0.0.0/1e1', '10/8', '010.0.0.1'],
    ...['::/129', '::ffff:10.0.0.0/95', 'fe80::1%eth0', 'example.com', '__proto__', 'constructor'],
  ])('H-155 refuse the entry %j', (item) => {
    expect(() => new AddressRanges(['10.0.0.1', item], 'test', 'list')).toThrow(
      /test: option "list" is .*; allowed: addresses, CIDR ranges, loopback/,
    )
  })

  it('H-202 remember a bounded number of addresses, however many ask and however long they are spelled', () => {
    const ranges = new AddressRanges(['2001:db8::/32'], 'test', 'list')
    const ask = (from: number, long: boolean): void => {
      for (let at = 0; at < 10_000; at++)
        ranges.has(`2001:db8::${(from + at).toString(16)}:1%${'z'.repeat(long ? 4_000 : 4)}`)
    }
    ask(0, false)
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    for (let round = 1; round <= 4; round++) ask(round * 10_000, round % 2 === 0)
    globalThis.gc?.()
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(1024 * 1024)
  })
})
