import { EdgeError } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { compileTrust } from '../../../src/http/trust.js'

describe('compileTrust', () => {
  it('H-060 trusts nobody by default', () => {
    const trust = compileTrust([], 'test')
    for (const address of ['127.0.0.1', '::1', '10.0.0.1', '']) expect(trust(address)).toBe(false)
  })

  it.each([
    [['10.0.0.0/8'], '10.255.0.1', true],
    [['10.0.0.0/8'], '11.0.0.1', false],
    [['10.0.0.0/8'], '::ffff:10.0.0.1', true],
    [['10.0.0.0/8'], '::ffff:a00:1', true],
    [['203.0.113.9'], '203.0.113.9', true],
    [['203.0.113.9'], '203.0.113.90', false],
    [['::ffff:203.0.113.9'], '203.0.113.9', true],
    [['2001:db8::/32'], '2001:db8:ffff::1', true],
    [['2001:db8::/32'], '2001:db9::1', false],
    [['2001:db8::/32'], '10.0.0.1', false],
    [['loopback'], '127.8.8.8', true],
    [['loopback'], '::1', true],
    [['loopback'], '10.0.0.1', false],
    [['linklocal'], '169.254.1.1', true],
    [['linklocal'], 'fe80::1', true],
    [['uniquelocal'], '172.31.0.1', true],
    [['uniquelocal'], '172.32.0.1', false],
    [['uniquelocal'], 'fd00::1', true],
    [['0.0.0.0/0'], '8.8.8.8', true],
    [['0.0.0.0/0'], '2001:db8::1', false],
  ])('H-060 %j and %s: %s', (list, address, trusted) => {
    const trust = compileTrust(list, 'test')
    expect([trust(address), trust(address)]).toEqual([trusted, trusted])
  })

  it.each(['', 'unknown', '0177.0.0.1', '127.1', '0x7f.0.0.1', '127.0.0.1, 10.0.0.1', 'localhost', '10.0.0.1:80'])(
    'H-060 %j is no address, and nobody’s to trust',
    (address) => expect(compileTrust(['0.0.0.0/0', '::/0'], 'test')(address)).toBe(false),
  )

  it.each([
    'nonsense',
    '10.0.0.0/33',
    '10.0.0.0/',
    '::/129',
    '',
    'true',
    'unix',
    '0177.0.0.1',
    '10/8',
    '10.0.0.0/08',
    'fe80::1%eth0',
  ])('H-155 refuses %j in the list', (item) => {
    expect(() => compileTrust([item], 'test')).toThrow(EdgeError)
    expect(() => compileTrust([item], 'test')).toThrow(/trustedProxies.*allowed: addresses/)
  })
})
