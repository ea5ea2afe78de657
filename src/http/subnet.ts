import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'

/**
 * Tells which network a client is in, as text: an IPv4 address for itself, an IPv6 address by its subnet, for a subnet is what a
 * subscriber gets, and its addresses change at will (RFC 8981). An IPv4 address mapped into IPv6 is the IPv4 address it is.
 *
 * @param ipv6Prefix Bits of an IPv6 address that count.
 * @returns What is no address comes back as it is.
 */
export function subnetReader(ipv6Prefix: number): (address: string) => string {
  const memo = new LRUCache<string, string>({ max: 1024 })
  return (address) => {
    if (!address.includes(':')) return address
    const known = memo.get(address)
    if (known !== undefined) return known
    const subnet = readSubnet(address, ipv6Prefix)
    if (address.length <= 64) memo.set(address, subnet)
    return subnet
  }
}

function readSubnet(text: string, prefix: number): string {
  if (!ipaddr.IPv6.isValid(text)) return text
  const address = ipaddr.process(text)
  if (address.kind() === 'ipv4') return address.toString()
  const bytes = address.toByteArray().map((byte, at) => byte & (0xff00 >> Math.min(Math.max(prefix - 8 * at, 0), 8)))
  return `${new ipaddr.IPv6(bytes).toString()}/${prefix}`
}
