import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAddress } from '../../../src/http/address.js'
import { parseAuthority } from '../../../src/http/authority.js'
import { forwardedChain, readClient } from '../../../src/http/client-info.js'
import { compileTrust } from '../../../src/http/trust.js'

const trust = compileTrust(['10.0.0.0/8'], 'test')
const read = (headers: Record<string, string>, trusted = true, encrypted = false) =>
  readClient('10.0.0.1', encrypted, parseAuthority(headers['host'] ?? ''), headers, trust, trusted)

describe('readClient', () => {
  it('H-061 believes an untrusted peer nothing', () => {
    const claims = {
      host: 'A.test:80',
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-host': 'evil',
      'x-forwarded-proto': 'https',
    }
    expect(read(claims, false)).toEqual({
      address: '10.0.0.1',
      protocol: 'http',
      host: 'a.test',
      port: 80,
      authority: 'A.test:80',
      peer: '10.0.0.1',
      trusted: false,
      forwardedFor: '',
      certificate: null,
    })
  })

  it('H-061 believes a trusted peer address, protocol and host alike', () => {
    const claims = {
      host: 'a.test',
      'x-forwarded-for': '9.9.9.9',
      'x-forwarded-host': 'B.test:81',
      'x-forwarded-proto': 'HTTPS',
    }
    expect(read(claims)).toMatchObject({
      address: '9.9.9.9',
      protocol: 'https',
      host: 'b.test',
      port: 81,
      authority: 'B.test:81',
      trusted: true,
      forwardedFor: '9.9.9.9',
    })
  })

  it.each([
    ['http', undefined, false],
    ['https', undefined, true],
    ['https', 'wss', false],
    ['http', 'ws', true],
    ['https', 'ftp', true],
    ['http', '', false],
    ['https', 'http, https', false],
  ] as const)('H-061 the protocol is %s when %s is claimed over TLS: %s', (protocol, claim, encrypted) => {
    expect(read(claim === undefined ? {} : { 'x-forwarded-proto': claim }, true, encrypted).protocol).toBe(protocol)
  })

  it.each([
    ['https', 'a.test', '443'],
    ['http', 'a.test', '80'],
    ['http', null, '80'],
    ['http', '[::1]:81', '81'],
  ] as const)('over %s, %s has port %s', (protocol, authority, port) => {
    const headers = authority === null ? {} : { host: authority }
    expect(read(headers, false, protocol === 'https').port).toBe(Number(port))
  })

  it('has the port of the claimed protocol where none was named', () => {
    expect(read({ host: 'a', 'x-forwarded-proto': 'https' }).port).toBe(443)
  })

  it('has no host in HTTP/1.0 without Host', () => {
    expect(read({})).toMatchObject({ host: null, authority: null })
  })

  it('has no address on a Unix socket', () => {
    expect(readClient('', false, null, {}, trust, false).address).toBe('')
  })

  it('H-060 prefers X-Forwarded-For to Forwarded, and reads Forwarded where it stands alone', () => {
    expect(read({ 'x-forwarded-for': '9.9.9.9', forwarded: 'for=6.6.6.6' }).address).toBe('9.9.9.9')
    expect(read({ forwarded: 'for="[2001:db8::1]:80", for=10.0.0.9' }).address).toBe('2001:db8::1')
  })

  it('H-060 visits no more of a long chain than it has to', () => {
    const chain = `${'1.2.3.4, '.repeat(500_000)}9.9.9.9`
    const before = process.cpuUsage()
    for (let round = 0; round < 1_000; round++) expect(read({ 'x-forwarded-for': chain }).address).toBe('9.9.9.9')
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000)
  })
})

describe('forwardedChain', () => {
  it.each([
    [undefined, ''],
    ['', ''],
    ['for=1.1.1.1', '1.1.1.1'],
    ['FOR=1.1.1.1;Proto=http', '1.1.1.1'],
    ['for="[::1]:80", for=_x', '[::1]:80, _x'],
    ['for=1.1.1.1,for=unknown', '1.1.1.1, unknown'],
    ['for=1.1.1.1, by=2.2.2.2', '1.1.1.1, unknown'],
    ['for=1.1.1.1;by="a,b;c"', '1.1.1.1'],
    ['for=1.1.1.1;', ''],
    ['for=1.1.1.1,', ''],
    ['for="1.1.1.1"x', ''],
    ['for="a\\"b"', ''],
    ['for=1.1.1.1;for=2.2.2.2', ''],
    ['for="1.1.1.1, 10.0.0.1"', ''],
    ['for=::1', ''],
    ['for', ''],
  ])('H-063 of %j is %j', (field, chain) => expect(forwardedChain(field)).toBe(chain))
})

describe('the walk past trusted proxies', () => {
  const own = fc.nat(65_535).map((at) => `10.0.${at >> 8}.${at & 255}`)
  const node = fc.oneof(
    { weight: 4, arbitrary: own },
    { weight: 1, arbitrary: own.map((address) => `::ffff:${address}`) },
    { weight: 1, arbitrary: own.map((address) => `${address}:8080`) },
    { weight: 2, arbitrary: fc.oneof(fc.ipV4(), fc.ipV6()) },
    { weight: 1, arbitrary: fc.ipV6().map((address) => `[${address}]:443`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('unknown', '_hidden', '', ' ', '0177.0.0.1', '::0x7f.0.0.1', 'evil'),
    },
  )
  const chains = fc.array(node, { maxLength: 8 })
  const runs = { numRuns: 2_000, seed: 60 }
  const clientOf = (chain: string): string => read({ 'x-forwarded-for': chain }).address

  it('H-060 ends at an address of the chain, or at the peer, and all behind it are trusted', () => {
    const plain = (text: string): string =>
      text
        .trim()
        .replace(/^\[(.*)\]:443$/, '$1')
        .replace(/:8080$/, '')
    fc.assert(
      fc.property(chains, (nodes) => {
        const address = clientOf(nodes.join(', '))
        expect(isAddress(address)).toBe(true)
        const at = nodes.findLastIndex((each) => plain(each) === address)
        if (at !== -1) for (const each of nodes.slice(at + 1)) expect([each, trust(plain(each))]).toEqual([each, true])
        // At the peer it stays where the nearest node is no address.
        else expect([address, nodes.length > 0 && isAddress(plain(nodes.at(-1)!))]).toEqual(['10.0.0.1', false])
      }),
      runs,
    )
  })

  it('H-060 is moved by nothing that a client puts in front of what our proxies have added', () => {
    const forged = fc.oneof(
      chains.map((nodes) => nodes.join(', ')),
      fc.string({ unit: 'binary-ascii', maxLength: 60 }),
    )
    fc.assert(
      fc.property(
        forged,
        fc.ipV4().filter((address) => !trust(address)),
        fc.array(own, { maxLength: 4 }),
        (before, address, proxies) => {
          expect(clientOf([before, address, ...proxies].join(', '))).toBe(address)
        },
      ),
      runs,
    )
  })

  it('H-063 of Forwarded is that of the same chain in X-Forwarded-For', () => {
    const plain = fc.oneof(
      own,
      fc.ipV4(),
      fc.ipV6().map((address) => `[${address}]`),
    )
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1, maxLength: 6 }), (nodes) => {
        const forwarded = nodes.map((each) => `for="${each}";proto=http`).join(', ')
        expect(read({ forwarded }).address).toBe(clientOf(nodes.join(', ')))
      }),
      runs,
    )
  })
})
