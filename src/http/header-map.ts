import { nullObject } from '../null-object.js'

/** Field values by lower-case name. A field that must stay repeated (`set-cookie`, `www-authenticate`) is an array. */
export type HeaderMap = Readonly<Record<string, string | readonly string[] | undefined>>

/** A header map while it is being built. */
export type MutableHeaderMap = Record<string, string | readonly string[] | undefined>

/** A new, empty header map without a prototype. */
export function emptyHeaders(): MutableHeaderMap {
  return nullObject()
}

/**
 * A header map with lower-case names made of any object; `undefined` values are left out.
 *
 * @example
 * ```ts
 * toHeaders({ 'Content-Length': 2, ETag: undefined }) // { 'content-length': '2' }
 * ```
 */
export function toHeaders(
  fields: Readonly<Record<string, string | readonly string[] | number | undefined>> = {},
): MutableHeaderMap {
  const headers = emptyHeaders()
  for (const name of Object.keys(fields)) {
    const value = fields[name]
    if (value !== undefined) headers[name.toLowerCase()] = typeof value === 'number' ? String(value) : value
  }
  return headers
}

/**
 * A changed copy; `undefined` removes a field.
 *
 * @example
 * ```ts
 * const anonymous: Filter = (exchange, next) =>
 *   next(exchange.with({ headers: changeHeaders(exchange.headers, { cookie: undefined, 'x-client': 'anonymous' }) }))
 * ```
 */
export function changeHeaders(headers: HeaderMap, change: HeaderMap): MutableHeaderMap {
  const copy = emptyHeaders()
  // What is to go is not copied: `delete` would put the copy into V8's slow mode, which costs 978 ns instead of 275 for 12 fields.
  if (removesAny(change)) {
    for (const name in headers)
      if (!(Object.hasOwn(change, name) && change[name] === undefined)) copy[name] = headers[name]
  } else for (const name in headers) copy[name] = headers[name]
  for (const name in change) if (change[name] !== undefined) copy[name] = change[name]
  return copy
}

function removesAny(change: HeaderMap): boolean {
  for (const name in change) if (change[name] === undefined) return true
  return false
}

/**
 * One value of a field: the lines of a repeated one joined as RFC 9110 §5.3 allows.
 *
 * @example
 * ```ts
 * const languages = fieldValue(exchange.headers, 'accept-language') ?? 'en'
 * ```
 */
export function fieldValue(headers: HeaderMap, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'object' ? value.join(', ') : value
}

const sharedLists = new WeakMap<HeaderMap, readonly string[]>()

/**
 * Makes a map one that many replies share: frozen, so that nobody's change reaches the others (H-183), and with its list of names
 * and values made once, which is what writing a head costs most for.
 */
export function shareHeaders(headers: MutableHeaderMap): HeaderMap {
  const list: string[] = []
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || name === 'connection' || name === 'transfer-encoding') continue
    if (typeof value === 'string') list.push(name, value)
    else for (const line of value) list.push(name, line)
  }
  sharedLists.set(Object.freeze(headers), list)
  return headers
}

/** Names and values of a map that went through {@link shareHeaders}. Not to be changed. */
export function sharedList(headers: HeaderMap): readonly string[] | undefined {
  return sharedLists.get(headers)
}
