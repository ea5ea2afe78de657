import { AddressRanges } from './address-ranges.js'

/** Whether a peer at this address may speak for others. */
export type Trust = (address: string) => boolean

const nobody: Trust = () => false

/**
 * Compiles `trustedProxies`, or another option of that kind, into a test: addresses, CIDR ranges, or `loopback`, `linklocal`,
 * `uniquelocal`. An IPv4 address mapped into IPv6 counts as the IPv4 address it is.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` for what is neither.
 */
export function compileTrust(list: readonly string[], factory: string, option = 'trustedProxies'): Trust {
  if (list.length === 0) return nobody
  const ranges = new AddressRanges(list, factory, option)
  return (address) => ranges.has(address)
}
