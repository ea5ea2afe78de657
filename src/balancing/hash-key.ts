import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { fieldValue } from '../http/header-map.js'
import { pairEnd, pairStart } from '../http/pairs.js'
import { subnetReader } from '../http/subnet.js'
import { optionError } from '../options.js'

/**
 * What of a request decides where it goes.
 *
 * | Key                         | Value                                                                                       |
 * | --------------------------- | ------------------------------------------------------------------------------------------- |
 * | `'client'`                  | the client's address; IPv6 by its /64, or `{ client: { ipv6Prefix } }`                      |
 * | `'path'`                    | the canonical path that the client asked, below the base                                    |
 * | `{ path: { depth } }`       | its first segments: at depth 2, `/a/b` of `/a/b/c` (HAProxy's `uri depth`)                  |
 * | `{ header }`                | the field's value                                                                           |
 * | `{ cookie }`, `{ query }`   | the first value of that name, as it came                                                    |
 * | `{ param }`                 | a capture of the route's pattern                                                            |
 * | `(exchange) => …`           | whatever it returns                                                                         |
 *
 * An empty value is none.
 */
export type HashKey =
  | 'client'
  | 'path'
  | { readonly client: { readonly ipv6Prefix: number } }
  | { readonly path: { readonly depth: number } }
  | { readonly header: string }
  | { readonly cookie: string }
  | { readonly query: string }
  | { readonly param: string }
  | ((exchange: Exchange) => string | undefined)

/** Reads a request's key; `undefined` if it has none. */
export type KeyReader = (exchange: Exchange) => string | undefined

const ALLOWED =
  "'client', 'path', { client: { ipv6Prefix: 1 to 128 } }, { path: { depth: 1 to 64 } }, { header }, { cookie }, { query }, { param } or a function"
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const SEMICOLON = 59
const AMPERSAND = 38

/**
 * Compiles a key and the one to use where it is missing (Kong's `hash_on` and `hash_fallback`).
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function compileKeys(factory: string, key: unknown, fallbackKey: unknown): KeyReader {
  const first = compileKey(factory, 'key', key)
  if (fallbackKey === undefined) return (exchange) => first(exchange) || undefined
  const second = compileKey(factory, 'fallbackKey', fallbackKey)
  return (exchange) => first(exchange) || second(exchange) || undefined
}

function compileKey(factory: string, option: string, key: unknown): KeyReader {
  const reader = typeof key === 'function' ? ownReader(factory, key as KeyReader) : partReader(key)
  if (reader === undefined) throw optionError(factory, option, key, ALLOWED)
  return reader
}

function partReader(key: unknown): KeyReader | undefined {
  if (key === 'client') return clientReader(64)
  if (key === 'path') return ({ target }) => target.path
  if (typeof key !== 'object' || key === null) return undefined
  const [[part, value] = [], ...more] = Object.entries(key)
  if (more.length > 0) return undefined
  switch (part) {
    case 'client':
      return isWhole(value?.ipv6Prefix, 128) ? clientReader(value.ipv6Prefix) : undefined
    case 'path':
      return isWhole(value?.depth, 64) ? pathReader(value.depth) : undefined
    case 'header':
      return isToken(value) ? headerReader(value.toLowerCase()) : undefined
    case 'cookie':
      return isToken(value) ? cookieReader(`${value}=`) : undefined
    case 'query':
      return typeof value === 'string' && /^[!-~]+$/.test(value) ? queryReader(`${value}=`) : undefined
    case 'param':
      return typeof value === 'string' && value !== '' ? ({ params }) => params[value] : undefined
    default:
      return undefined
  }
}

function isWhole(value: unknown, to: number): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= to
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value)
}

/** A number would hash like any other number: all of them to one endpoint. */
function ownReader(factory: string, read: KeyReader): KeyReader {
  return (exchange) => {
    const value: unknown = read(exchange)
    if (typeof value === 'string' || value === undefined) return value
    throw new EdgeError('ERR_EDGE_BAD_VALUE', `${factory}: the key function returned a ${typeof value}, not a string`)
  }
}

function clientReader(ipv6Prefix: number): KeyReader {
  const subnetOf = subnetReader(ipv6Prefix)
  return ({ client }) => subnetOf(client.address)
}

function pathReader(depth: number): KeyReader {
  return ({ target: { path } }) => {
    let end = 0
    for (let segment = 0; segment < depth; segment++) {
      end = path.indexOf('/', end + 1)
      if (end === -1) return path
    }
    return path.slice(0, end)
  }
}

function headerReader(name: string): KeyReader {
  return ({ headers }) => fieldValue(headers, name)
}

function cookieReader(prefix: string): KeyReader {
  return ({ headers }) => {
    const field = headers['cookie'] as string | undefined
    return field === undefined ? undefined : pairValue(field, prefix, SEMICOLON, 0)
  }
}

function queryReader(prefix: string): KeyReader {
  return ({ target: { query } }) => (query === '' ? undefined : pairValue(query, prefix, AMPERSAND, 1))
}

function pairValue(text: string, prefix: string, separator: number, from: number): string | undefined {
  const start = pairStart(text, prefix, separator, from)
  return start === -1 ? undefined : text.slice(start, pairEnd(text, separator, start))
}
