import { addressList, type IpRulesOptions, ipRules } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { statusOf } from '../asked.js'

const status = (options: IpRulesOptions, address: string, gone = false): Promise<number> =>
  statusOf((events) => ipRules({ ...options, events }), { address, gone })

describe('ip rules', () => {
  it.each<[string, IpRulesOptions, string, number]>([
    ['an allowed address', { allow: ['192.0.2.0/24'] }, '192.0.2.9', 200],
    ['anybody else, where some are allowed', { allow: ['192.0.2.0/24'] }, '198.51.100.1', 403],
    ['a denied address', { deny: ['192.0.2.9'] }, '192.0.2.9', 403],
    ['anybody else, where some are denied', { deny: ['192.0.2.9'] }, '192.0.2.10', 200],
    ['an address on both lists: deny wins', { allow: ['192.0.2.0/24'], deny: ['192.0.2.9'] }, '192.0.2.9', 403],
    ['its neighbour', { allow: ['192.0.2.0/24'], deny: ['192.0.2.9'] }, '192.0.2.10', 200],
    ['anybody, where nobody is allowed', { allow: [] }, '192.0.2.9', 403],
    ['a mapped address, denied as IPv4', { deny: ['127.0.0.1'] }, '::ffff:127.0.0.1', 403],
    ['a mapped address in hexadecimal, denied as IPv4', { deny: ['127.0.0.1'] }, '::ffff:7f00:1', 403],
    ['a mapped address with a zone, denied as IPv4', { deny: ['127.0.0.1'] }, '::ffff:127.0.0.1%lo', 403],
    ['an IPv4 address, denied as mapped', { deny: ['::ffff:127.0.0.1'] }, '127.0.0.1', 403],
    ['an IPv4 address, denied as mapped in hexadecimal', { deny: ['::ffff:7f00:0/104'] }, '127.9.9.9', 403],
    ['an address with a zone', { deny: ['fe80::/10'] }, 'fe80::1%eth0', 403],
    ['IPv6 in another spelling', { deny: ['2001:db8::1'] }, '2001:0DB8:0:0:0:0:0:1', 403],
    ['IPv6 in the middle of a range', { deny: ['2001:db8::/32'] }, '2001:db8:ffff::', 403],
    ['what only looks like IPv4 within IPv6', { deny: ['127.0.0.1'] }, '2001:db8::127.0.0.1', 200],
    ['what is no address to us, where some are allowed', { allow: ['0.0.0.0/0'] }, '0177.0.0.1', 403],
    ['a peer on a Unix socket, where some are allowed', { allow: ['0.0.0.0/0', '::/0'] }, '', 403],
    ['a peer on a Unix socket, where these are allowed', { allow: ['unix'] }, '', 200],
    ['a peer on a Unix socket, where these are denied', { deny: ['unix'] }, '', 403],
    ['a peer on a Unix socket, where others are denied', { deny: ['0.0.0.0/0'] }, '', 200],
  ])('H-136 %s: %o %j is %i', async (_what, options, address, expected) => {
    expect(await status(options, address)).toBe(expected)
  })

  it('H-140 take no client that has left for a Unix socket: its address is not known any more', async () => {
    expect(await status({ allow: ['unix'] }, '', true)).toBe(403)
    expect(await status({ deny: ['192.0.2.9'] }, '', true)).toBe(403)
  })

  it('follow a list that is replaced', async () => {
    const deny = addressList(['192.0.2.9'])
    expect(await status({ deny }, '192.0.2.9')).toBe(403)
    deny.replace(['192.0.2.10'])
    expect([await status({ deny }, '192.0.2.9'), await status({ deny }, '192.0.2.10')]).toEqual([200, 403])
  })

  it.each<[unknown, RegExp]>([
    [{}, /"allow" is undefined; allowed: a list here, or as "deny"/],
    [{ allow: '10.0.0.1' }, /"allow".*an array of strings, or a list made with addressList/],
    [{ deny: ['0177.0.0.1'] }, /"entries" is "0177.0.0.1"/],
    [{ denny: [] }, /Did you mean "deny"/],
  ])('H-155 refuse %j', (options, message) => expect(() => ipRules(options as never)).toThrow(message))
})
