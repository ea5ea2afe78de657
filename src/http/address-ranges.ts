import { LRUCache } from 'lru-cache'
import { optionError } from '../options.js'
import { type AddressWords, readAddress } from './address.js'

/** Named ranges, as Express's `trust proxy` calls them. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

const ALLOWED = `addresses, CIDR ranges, ${Object.keys(NAMED).join(', ')}`

/** A set of addresses and ranges, built once: what overlaps is merged, so that a look-up is one binary search. */
export class AddressRanges {
  readonly #ipv4: RangeTable
  readonly #ipv6: RangeTable
  /** Reading an IPv6 address costs more than finding it. Bounded in count and, by the longest spelling kept, in bytes (H-202). */
  readonly #memo = new LRUCache<string, boolean>({ max: 1024 })

  /** @throws {@link EdgeError} `ERR_EDGE_OPTION` for what is neither an address nor a range nor a name of one. */
  constructor(items: readonly string[], factory: string, option: string) {
    const ranges = items
      .flatMap((item) => (Object.hasOwn(NAMED, item) ? NAMED[item]! : [item]))
      .map((item) => readRange(item, factory, option))
    this.#ipv4 = new RangeTable(ranges, 1)
    this.#ipv6 = new RangeTable(ranges, 4)
  }

  /** Whether an address is among them; what is no address is not. */
  has(address: string): boolean {
    if (!address.includes(':')) return this.#find(address)
    const known = this.#memo.get(address)
    if (known !== undefined) return known
    const found = this.#find(address)
    if (address.length <= 64) this.#memo.set(address, found)
    return found
  }

  #find(text: string): boolean {
    const words = readAddress(text)
    return words !== null && (words.length === 1 ? this.#ipv4 : this.#ipv6).has(words)
  }
}

interface Range {
  readonly from: AddressWords
  readonly to: AddressWords
}

/** Bits of `::ffff:0:0/96`, below which IPv4 addresses are mapped into IPv6 (RFC 4291 §2.5.5.2). */
const MAPPED_BITS = 96

function readRange(item: string, factory: string, option: string): Range {
  const slash = item.indexOf('/')
  const text = slash === -1 ? item : item.slice(0, slash)
  // A zone names a link of this machine: a range of addresses has none.
  const words = text.includes('%') ? null : readAddress(text)
  if (words === null) throw optionError(factory, option, item, ALLOWED)
  const whole = words.length * 32
  const mapped = words.length === 1 && text.includes(':') ? MAPPED_BITS : 0
  const stated = slash === -1 ? whole + mapped : bitsOf(item.slice(slash + 1))
  const bits = stated - mapped
  if (!(bits >= 0 && bits <= whole)) throw optionError(factory, option, item, ALLOWED)
  const masks = words.map((_, at) => maskOf(bits - 32 * at))
  return {
    from: words.map((word, at) => (word & masks[at]!) >>> 0),
    to: words.map((word, at) => (word | ~masks[at]!) >>> 0),
  }
}

function bitsOf(text: string): number {
  return /^(?:0|[1-9][0-9]{0,2})$/.test(text) ? Number(text) : Number.NaN
}

/** A word whose first `bits` bits are set. */
function maskOf(bits: number): number {
  if (bits <= 0) return 0
  return bits >= 32 ? 0xffff_ffff : (0xffff_ffff << (32 - bits)) >>> 0
}

/** Disjoint ranges of one family, in order, in two flat arrays. */
class RangeTable {
  readonly #width: number
  readonly #count: number
  readonly #from: Uint32Array
  readonly #to: Uint32Array

  constructor(all: readonly Range[], width: number) {
    const sorted = all.filter(({ from }) => from.length === width).sort((a, b) => compare(a.from, b.from))
    const merged: Range[] = []
    for (const range of sorted) {
      const last = merged.at(-1)
      if (last === undefined || compare(range.from, last.to) > 0) merged.push(range)
      else if (compare(range.to, last.to) > 0) merged[merged.length - 1] = { from: last.from, to: range.to }
    }
    this.#width = width
    this.#count = merged.length
    this.#from = Uint32Array.from(merged.flatMap(({ from }) => from))
    this.#to = Uint32Array.from(merged.flatMap(({ to }) => to))
  }

  has(address: AddressWords): boolean {
    let low = 0
    let high = this.#count
    // The last range that begins at or below the address.
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#compareAt(this.#from, middle, address) <= 0) low = middle + 1
      else high = middle
    }
    return low > 0 && this.#compareAt(this.#to, low - 1, address) >= 0
  }

  #compareAt(words: Uint32Array, at: number, address: AddressWords): number {
    for (let word = 0; word < this.#width; word++) {
      const difference = words[at * this.#width + word]! - address[word]!
      if (difference !== 0) return difference
    }
    return 0
  }
}

function compare(a: AddressWords, b: AddressWords): number {
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return a[at]! - b[at]!
  return 0
}
