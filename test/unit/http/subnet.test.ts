import { describe, expect, it } from 'vitest'
import { subnetReader } from '../../../src/http/subnet.js'

describe('the subnet of a client', () => {
  it.each([
    [64, '192.0.2.1', '192.0.2.1'],
    [64, '::ffff:192.0.2.1', '192.0.2.1'],
    [64, '::ffff:c000:201', '192.0.2.1'],
    [64, '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    [64, '2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    [64, '2001:db8:1:3::9', '2001:db8:1:3::/64'],
    [48, '2001:db8:1:3::9', '2001:db8:1::/48'],
    [60, '2001:db8:1:ff::9', '2001:db8:1:f0::/60'],
    [1, 'ffff::1', '8000::/1'],
    [128, '2001:db8:0:0:0:0:0:1', '2001:db8::1/128'],
    [64, '::1', '::/64'],
    [64, '', ''],
    [64, 'not: an address', 'not: an address'],
  ])('at %i bits is, for %s, %s', (prefix, address, subnet) => {
    const subnetOf = subnetReader(prefix)
    expect([subnetOf(address), subnetOf(address)]).toEqual([subnet, subnet])
  })
})
