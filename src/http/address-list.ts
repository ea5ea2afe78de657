import { check, optionError } from '../options.js'
import { AddressRanges } from './address-ranges.js'

/** A list of addresses that can be replaced while it is in use. */
export interface AddressList {
  /** How many entries there are, as they were given. */
  readonly size: number
  /** Whether an address is on the list. */
  has(address: string): boolean
  /**
   * Puts other entries in place of all there are, at once: a look-up sees the old list or the new one. If one of them is wrong the
   * old list stays.
   *
   * @throws {@link EdgeError} `ERR_EDGE_OPTION` naming the entry.
   */
  replace(entries: readonly string[]): void
}

/**
 * Makes a list of addresses for {@link ipRules}: IPv4 and IPv6 addresses, CIDR ranges, and the names `loopback`, `linklocal`,
 * `uniquelocal` and `unix` (peers on a Unix socket, which have no address).
 *
 * An IPv4 address mapped into IPv6 is the IPv4 address it is, whichever way it is spelled. A look-up is one binary search, and costs
 * much the same for ten entries or for 100,000.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` naming the entry that is none of these.
 * @example
 * ```ts
 * const blocked = addressList(['203.0.113.0/24', '2001:db8::/32'])
 * const rules = ipRules({ deny: blocked })
 * blocked.replace(await newest())
 * ```
 */
export function addressList(entries: readonly string[] = []): AddressList {
  return new SwappableList(entries)
}

/** Stands for peers that have no address: those on a Unix socket. */
const UNIX = 'unix'

class SwappableList implements AddressList {
  size = 0
  #unix = false
  #ranges: AddressRanges

  constructor(entries: readonly string[]) {
    this.#ranges = this.#take(entries, 'addressList')
  }

  has(address: string): boolean {
    return address === '' ? this.#unix : this.#ranges.has(address)
  }

  replace(entries: readonly string[]): void {
    this.#ranges = this.#take(entries, 'addressList.replace')
  }

  #take(entries: readonly string[], factory: string): AddressRanges {
    const refusal = check.strings(entries)
    if (refusal !== undefined) throw optionError(factory, 'entries', entries, refusal)
    const ranges = new AddressRanges(
      entries.filter((entry) => entry !== UNIX),
      factory,
      'entries',
    )
    this.size = entries.length
    this.#unix = entries.includes(UNIX)
    return ranges
  }
}
