import type { Exchange } from '../../exchange.js'
import { changeHeaders, emptyHeaders } from '../../http/header-map.js'
import { optionError } from '../../options.js'
import type { Principal } from './principal.js'

/** What of a principal goes into a field: one of its parts, lists joined by commas, or what a function makes of it (`undefined`: nothing). */
export type IdentityValue =
  | 'id'
  | 'scheme'
  | 'roles'
  | 'scopes'
  | 'groups'
  | ((principal: Principal) => string | undefined)

/** Fields that tell the upstream who asks, by name. */
export type IdentityHeaders = Readonly<Record<string, IdentityValue>>

/** Writes the fields; `null` if a value can't stand in a field. */
export type WriteIdentity = (exchange: Exchange, principal: Principal) => Exchange | null

const NAME = /^[!#$%&'*+.^`|~0-9a-z-]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const PARTS = ['id', 'scheme', 'roles', 'scopes', 'groups']

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compileIdentity(factory: string, headers: IdentityHeaders): WriteIdentity {
  const fields = Object.entries(headers).map(([name, value]) => {
    const field = name.toLowerCase()
    if (!NAME.test(field)) throw optionError(factory, 'identityHeaders', name, 'field names without "_"')
    if (typeof value !== 'function' && !PARTS.includes(value))
      throw optionError(factory, `identityHeaders.${name}`, value, `a function, or one of ${PARTS.join(', ')}`)
    return [field, reader(value)] as const
  })
  if (fields.length === 0) return (exchange) => exchange
  return (exchange, principal) => {
    const change = emptyHeaders()
    for (const [field, read] of fields) {
      const value = read(principal)
      if (value !== undefined && !VALUE.test(value)) return null
      change[field] = value
    }
    return exchange.with({ headers: changeHeaders(exchange.headers, change) })
  }
}

function reader(value: IdentityValue): (principal: Principal) => string | undefined {
  if (typeof value === 'function') return value
  return (principal) => {
    const part = principal[value]
    return typeof part === 'string' ? part : part.join(',')
  }
}

/**
 * Takes identity fields away that a client sent itself, in any spelling that an upstream may fold into them (`X_User`): on every route
 * of the gateway, those without authentication above all (H-064). The same exchange where there are none.
 */
export function withoutForged(exchange: Exchange, names: ReadonlySet<string>): Exchange {
  let change: Record<string, undefined> | undefined
  for (const name in exchange.headers) {
    if (!names.has(folded(name))) continue
    change ??= emptyHeaders() as Record<string, undefined>
    change[name] = undefined
  }
  return change === undefined ? exchange : exchange.with({ headers: changeHeaders(exchange.headers, change) })
}

/** Takes the same fields out of Node's request. */
export function dropRaw({ headers, rawHeaders }: Exchange['raw'], names: ReadonlySet<string>): void {
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2) {
    const name = rawHeaders[at]!.toLowerCase()
    if (!names.has(folded(name))) continue
    rawHeaders.splice(at, 2)
    delete headers[name]
  }
}

function folded(name: string): string {
  return name.includes('_') ? name.replaceAll('_', '-') : name
}
