import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Exchange } from '../../exchange.js'
import { fieldValue } from '../../http/header-map.js'
import { subnetReader } from '../../http/subnet.js'
import { type Check, check, checkOptions, optionError } from '../../options.js'
import { consumerOf } from '../auth/consumer.js'
import { principalOf } from '../auth/principal.js'

/** A field whose value is a key: an API key, a tenant. */
export interface HeaderKey {
  /** Name of the field. */
  readonly header: string
  /**
   * Whether something in front has verified the field, or wrote it. Else whoever sends a new value with each request would have a new limit
   * with each: so it is limited by value and by whom it is known to come from, principal or address, with the same numbers (H-148).
   * @default false
   */
  readonly trusted?: boolean | undefined
}

/**
 * What a key is made of.
 *
 * - `address`: the client's address, of IPv6 its subnet.
 * - `principal`: who an authenticator in front said it is; the address where none did.
 * - `consumer`: whose it is, as `consumers` said; the principal or the address where it did not.
 * - `route`: the pattern of the route that matched, however the path was spelled.
 * - `path`: the canonical path, without regard to case, a slash at its end, and parameters (H-149). Clients choose it.
 * - `all`: everybody together.
 */
export type KeyPart = 'address' | 'principal' | 'consumer' | 'route' | 'path' | 'all' | HeaderKey

/** Whom a limit counts: a part, several together, or what a function says; `undefined` is no key. */
export type KeyGenerator =
  | KeyPart
  | readonly KeyPart[]
  | ((exchange: Exchange) => string | undefined | Promise<string | undefined>)

/** The keys of an exchange, all of which must have units left; `null` if it has none. */
export type Keys = readonly string[] | null

type ReadPart = (exchange: Exchange, claimed: boolean) => string | null

const WORDS = ['address', 'principal', 'consumer', 'route', 'path', 'all']

export const keyCheck: Check = check.either(check.function, check.array, check.object, check.oneOf(...WORDS))

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compileKeys(
  factory: string,
  generator: KeyGenerator,
  ipv6Subnet: number,
): (exchange: Exchange) => Keys | Promise<Keys> {
  if (typeof generator === 'function') return (exchange) => called(generator(exchange))
  const parts = Array.isArray(generator) ? generator : [generator as KeyPart]
  if (parts.length === 0) throw optionError(factory, 'keyGenerator', parts, 'parts of a key')
  const subnetOf = subnetReader(ipv6Subnet)
  const address: ReadPart = ({ client }) => (client.address === '' ? null : subnetOf(client.address))
  const readers = parts.map((part) => partReader(factory, part, address))
  const claims = parts.flatMap((part) =>
    typeof part === 'object' && part.trusted !== true ? [part.header.toLowerCase()] : [],
  )
  const read = (exchange: Exchange, claimed: boolean): string | null =>
    readers.length === 1 ? readers[0]!(exchange, claimed) : joined(readers.map((reader) => reader(exchange, claimed)))
  return (exchange) => {
    const known = read(exchange, false)
    if (known === null) return null
    if (!claims.some((header) => exchange.headers[header] !== undefined)) return [known]
    return [known, read(exchange, true)!]
  }
}

function called(key: string | undefined | Promise<string | undefined>): Keys | Promise<Keys> {
  if (key instanceof Promise) return key.then(called)
  return typeof key === 'string' && key !== '' ? [key] : null
}

/** Parts with their lengths, so that no part can be spelled to look like two. */
function joined(parts: readonly (string | null)[]): string | null {
  return parts.includes(null) ? null : parts.map((part) => `${part!.length}:${part}`).join(' ')
}

function partReader(factory: string, part: KeyPart, address: ReadPart): ReadPart {
  const principal: ReadPart = (exchange, claimed) => {
    const known = principalOf(exchange)
    return known === undefined ? address(exchange, claimed) : `principal:${known.scheme}:${known.id}`
  }
  if (typeof part === 'object') return headerReader(factory, part, principal)
  switch (part) {
    case 'address':
      return address
    case 'principal':
      return principal
    case 'consumer':
      return (exchange, claimed) => {
        const known = consumerOf(exchange)
        return known === undefined ? principal(exchange, claimed) : `consumer:${known.id}`
      }
    case 'route':
      return ({ route }) => `route:${route ?? ''}`
    case 'path':
      return ({ target }) => `path:${folded(target.path)}`
    case 'all':
      return () => 'all'
    default:
      throw optionError(factory, 'keyGenerator', part, `${WORDS.join(', ')}, or { header }`)
  }
}

function headerReader(factory: string, part: HeaderKey, known: ReadPart): ReadPart {
  checkOptions(`${factory} keyGenerator`, part, { header: check.string, trusted: check.boolean })
  if (part.header === undefined) throw optionError(factory, 'keyGenerator', part, '{ header }, the name of a field')
  const name = part.header.toLowerCase()
  const hashOf = hasher()
  return (exchange, claimed) => {
    const value = claimed || part.trusted === true ? fieldValue(exchange.headers, name) : undefined
    return value === undefined ? known(exchange, claimed) : `header:${name}:${hashOf(value)}`
  }
}

/** Hashes what may be a credential, which must not stand in stores, events and logs. */
function hasher(): (value: string) => string {
  const memo = new LRUCache<string, string>({ max: 1024 })
  return (value) => {
    const before = memo.get(value)
    if (before !== undefined) return before
    const made = hash('sha256', value, 'base64url')
    if (value.length <= 256) memo.set(value, made)
    return made
  }
}

/** What upstreams may take for the same path. */
function folded(path: string): string {
  const plain = path.includes(';') ? path.replace(/;[^/]*/g, '') : path
  return (plain.length > 1 && plain.endsWith('/') ? plain.slice(0, -1) : plain).toLowerCase()
}
