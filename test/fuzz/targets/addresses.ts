import { BlockList, isIP, isIPv6 } from 'node:net'
import { isAddress, readAddress } from '../../../src/http/address.js'
import { addressList } from '../../../src/http/address-list.js'
import { forwardedChain, readClient } from '../../../src/http/client-info.js'
import { writeForwarded } from '../../../src/http/forwarded.js'
import { emptyHeaders } from '../../../src/http/header-map.js'
import { subnetReader } from '../../../src/http/subnet.js'
import { compileTrust } from '../../../src/http/trust.js'
import { attempt, edgeError, type FuzzTarget, promise, same } from '../target.js'

const PIECES = [
  '127.0.0.1',
  '10.0.0.1',
  '::ffff:',
  '::1',
  '::',
  '[::1]',
  ':80',
  '0177',
  '%eth0',
  '/8',
  '/128',
  'unknown',
  '_x',
  'for=',
  ';by=',
  'loopback',
  '255',
  '.',
]

/** H-136: what is an address to us is one to Node, and the same one. */
export const address: FuzzTarget = {
  name: 'address',
  corpus: [
    '1.2.3.4',
    '::1',
    '::ffff:1.2.3.4',
    '::ffff:102:304',
    'fe80::1%eth0',
    '2001:db8::1',
    '0177.0.0.1',
    '1.2.3',
    '64:ff9b::1.2.3.4',
  ],
  pieces: PIECES,
  maxLength: 256,
  check(input) {
    const words = readAddress(input)
    if (words === null) return 'none'
    const bare = input.replace(/%.*$/s, '')
    promise(isIP(bare) !== 0, 'what is no address to Node is none', input)
    promise(
      words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32),
      'words of 32 bits',
      words,
    )
    promise(words.length === 1 || words.length === 4, 'of one family', words)
    const subnet = subnetReader(56)
    same(subnet(subnet(input).replace(/\/56$/, '')), subnet(input), 'the network of a network')
    return `${words.length} ${input.includes('%')} ${isIPv6(bare)}`
  },
}

/** Ranges, held against `net.BlockList`. */
export const addressRanges: FuzzTarget = {
  name: 'address-ranges',
  corpus: [
    '10.0.0.0/8 10.1.2.3',
    '2001:db8::/32 2001:db8::1',
    '::ffff:10.0.0.0/104 10.9.9.9',
    'loopback 127.0.0.1',
    '0.0.0.0/0 ::1',
    '::/0 1.2.3.4',
    'unix ',
  ],
  pieces: PIECES,
  maxLength: 256,
  check(input) {
    const [entry = '', asked = ''] = input.split(' ')
    const made = attempt(() => addressList([entry]), edgeError('ERR_EDGE_OPTION'))
    if ('error' in made) return 'refused'
    const has = made.value.has(asked)
    const [base = '', bits] = entry.split('/')
    // BlockList knows no names, keeps mapped ranges apart, and takes no zone.
    if (isIP(base) === 0 || base.includes('.') !== !isIPv6(base) || isIP(asked) === 0 || asked.includes('%'))
      return `${has}`
    if (isIPv6(asked) && readAddress(asked)!.length === 1) return `mapped ${has}`
    const list = new BlockList()
    const family = isIPv6(base) ? 'ipv6' : 'ipv4'
    if (readAddress(base)!.length === 1 && family === 'ipv6') return `mapped ${has}`
    if (bits === undefined) list.addAddress(base, family)
    else list.addSubnet(base, Number(bits), family)
    // Node finds mapped IPv4 in IPv6 ranges; here the two families are apart.
    if (isIPv6(asked) === isIPv6(base))
      same(has, list.check(asked, isIPv6(asked) ? 'ipv6' : 'ipv4'), 'as BlockList has it')
    else promise(!has, 'no address is in a range of the other family', entry, asked)
    return `${family} ${has}`
  },
}

/** H-063: a chain of nodes, each one node, or nothing. */
export const forwarded: FuzzTarget = {
  name: 'forwarded',
  corpus: [
    'for=1.2.3.4',
    'for="[::1]:80";proto=https, for=unknown;by=_x',
    'For=_a;host="a,b"',
    'proto=http, for=1.1.1.1',
    'for="1.2.3.4\\""',
  ],
  pieces: [...PIECES, ', ', '"', '\\"', '\\'],
  check(input) {
    const chain = forwardedChain(input)
    promise(
      chain.length <= input.length + 8 * (input.split(',').length + 1),
      'no longer than what it was read of',
      chain.length,
    )
    if (chain === '') return 'none'
    for (const node of chain.split(', '))
      promise(
        /^(?:[0-9.]+|\[[0-9a-f:.]+\]|unknown|_[0-9a-z._-]+)(?::[0-9a-z._-]+)?$/i.test(node),
        'a node of its own',
        node,
      )
    const headers = emptyHeaders()
    const client = readClient('127.0.0.1', false, null, { forwarded: input }, () => false, true)
    writeForwarded(headers, client, '/', 'both')
    same(headers['x-forwarded-for'], `${chain}, 127.0.0.1`, 'the peer is appended')
    const again = forwardedChain(headers['forwarded'] as string)
    promise(
      again.endsWith('127.0.0.1') && again.split(',').length === chain.split(',').length + 1,
      'what is written reads the same',
      again,
    )
    return `${chain.split(', ').map((node) => /^[0-9[]/.test(node))}`
  },
}

const trust = compileTrust(['loopback', '10.0.0.0/8'], 'fuzz')

/** H-060: the walk from the near end, held against the plainest way to do it. */
export const forwardedFor: FuzzTarget = {
  name: 'forwarded-for',
  corpus: [
    '1.2.3.4',
    '1.2.3.4, 10.0.0.1',
    '6.6.6.6, 10.0.0.1, [::1]:443, 10.2.3.4:80',
    'unknown, 10.0.0.1',
    ' ,,10.0.0.1',
    '9.9.9.9,::ffff:10.0.0.1',
  ],
  pieces: [...PIECES, ','],
  check(input) {
    const { address } = readClient('127.0.0.1', false, null, { 'x-forwarded-for': input }, trust, true)
    let wanted = '127.0.0.1'
    for (const node of input === '' ? [] : input.split(',').reverse()) {
      if (!trust(wanted)) break
      const [, bracketed, bare] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?::\d{1,5})?$/i.exec(node.trim()) ?? []
      const plain = bracketed ?? bare ?? node.trim()
      if (!isAddress(plain)) break
      wanted = plain
    }
    same(address, wanted, 'the nearest address that is not trusted')
    return `${trust(address)} ${address.includes(':')}`
  },
}
