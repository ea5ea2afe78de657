import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'
import { optionError } from '../options.js'

/** Whether a peer at this address may speak for others. */
export type Trust = (address: string) => boolean

/** Named ranges, as Express's `trust proxy` calls them. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

const nobody: Trust = () => false

/**
 * Compiles `trustedProxies`, or another option of that kind, into a test: addresses, CIDR ranges, or `loopback`, `linklocal`, `uniquelocal`.
 * An IPv4 address mapped into IPv6 counts as the IPv4 address it is.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` for what is neither.
 */
export function compileTrust(list: readonly string[], factory: string, option = 'trustedProxies'): Trust {
  if (list.length === 0) return nobody
  const ranges = list.flatMap((item) => NAMED[item] ?? [item]).map((item) => readRange(item, factory, option))
  const memo = new LRUCache<string, boolean>({ max: 1024 })
  return (address) => {
    const known = memo.get(address)
    if (known !== undefined) return known
    const trusted = inRanges(address, ranges)
    if (address.length <= 64) memo.set(address, trusted)
    return trusted
  }
}

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number]

function readRange(item: string, factory: string, option: string): Range {
  try {
    if (item.includes('/')) return ipaddr.parseCIDR(item)
    const address = ipaddr.process(item)
    return [address, address.kind() === 'ipv4' ? 32 : 128]
  } catch {
    throw optionError(factory, option, item, 'addresses, CIDR ranges, loopback, linklocal, uniquelocal')
  }
}

function inRanges(text: string, ranges: readonly Range[]): boolean {
  if (!isAddress(text)) return false
  const address = ipaddr.process(text)
  return ranges.some(([range, bits]) => address.kind() === range.kind() && address.match(range as never, bits))
}

/** An address as sockets and honest proxies write it: four plain decimals, or IPv6; not `0177.0.0.1` or `1`. */
export function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || (text.includes(':') && ipaddr.IPv6.isValid(text))
}
