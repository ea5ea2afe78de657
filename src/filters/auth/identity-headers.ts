import type { Exchange } from '../../exchange.js'
import { field } from '../../http/fields.js'
import { changeHeaders, emptyHeaders, type HeaderMap } from '../../http/header-map.js'
import { optionError } from '../../options.js'
import type { Principal } from './principal.js'

/**
 * What of a principal goes into a field: one of its parts, lists joined by commas, or what a function makes of it. Nothing (an empty list,
 * `undefined`) leaves the field out.
 */
export type IdentityValue =
  | 'id'
  | 'scheme'
  | 'roles'
  | 'scopes'
  | 'groups'
  | ((principal: Principal) => string | undefined)

/** Fields that tell the upstream who asks, by name. */
export type IdentityHeaders = Readonly<Record<string, IdentityValue>>

/** Writes the fields; `null` if a value can't stand in a field, or would be read as another one. */
export type WriteIdentity = (exchange: Exchange, principal: Principal) => Exchange | null

const NAME = /^[!#$%&'*+.^`|~0-9a-z-]+$/
const CONTROL = /\p{Cc}/u
const PARTS = ['id', 'scheme', 'roles', 'scopes', 'groups']

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compileIdentity(factory: string, headers: IdentityHeaders): WriteIdentity {
  const fields = Object.entries(headers).map(([name, value]) => {
    const lower = name.toLowerCase()
    // A field that means something by itself (Authorization, Cookie, Host) would be taken from clients on all routes.
    if (!NAME.test(lower) || field(lower).kind !== undefined)
      throw optionError(factory, 'identityHeaders', name, 'names of fields of your own, without "_"')
    if (typeof value !== 'function' && !PARTS.includes(value))
      throw optionError(factory, `identityHeaders.${name}`, value, `a function, or one of ${PARTS.join(', ')}`)
    return [lower, reader(value)] as const
  })
  if (fields.length === 0) return (exchange) => exchange
  return (exchange, principal) => {
    const change = emptyHeaders()
    for (const [name, read] of fields) {
      const value = read(principal)
      if (value === null) return null
      change[name] = value === '' ? undefined : value
    }
    return exchange.with({ headers: changeHeaders(exchange.headers, change) })
  }
}

function reader(value: IdentityValue): (principal: Principal) => string | null {
  if (typeof value === 'function') return (principal) => writable(value(principal) ?? '')
  return (principal) => {
    const part = principal[value]
    if (typeof part === 'string') return writable(part)
    // "a,admin" would be two roles to who reads them, and one of them made up.
    return part.some((member) => member.includes(',') || member.trim() !== member) ? null : writable(part.join(','))
  }
}

/** A value as it is sent, in UTF-8; `null` for one that the reader would take for another, as " admin" for "admin". */
function writable(value: string): string | null {
  if (typeof value !== 'string' || CONTROL.test(value) || value.trim() !== value || !value.isWellFormed()) return null
  return /\P{ASCII}/u.test(value) ? Buffer.from(value).toString('latin1') : value
}

/**
 * Names as {@link withoutFields} compares them: what an upstream folds into one name (`X_User`, `X.User` as CGI has it) is one name. All spellings
 * of a name are of one length, by which most others are told from it at no cost.
 */
export class FoldedNames {
  readonly #names: ReadonlySet<string>
  readonly #lengths = new Set<number>()

  constructor(names: Iterable<string>) {
    this.#names = new Set([...names].map((name) => folded(name.toLowerCase())))
    for (const { length } of this.#names) this.#lengths.add(length)
  }

  get size(): number {
    return this.#names.size
  }

  /** @param name In lower case. */
  has(name: string): boolean {
    return this.#lengths.has(name.length) && this.#names.has(folded(name))
  }
}

/**
 * Takes fields away, in any spelling that an upstream may fold into them (H-062): identity fields that a client sent itself, on every
 * route of the gateway, those without authentication above all (H-064); keys. The same exchange where there are none.
 */
export function withoutFields(exchange: Exchange, names: FoldedNames): Exchange {
  const { headers } = exchange
  if (!hasAny(headers, names)) return exchange
  const kept = emptyHeaders()
  for (const name in headers) if (!names.has(name)) kept[name] = headers[name]
  return exchange.with({ headers: kept })
}

function hasAny(headers: HeaderMap, names: FoldedNames): boolean {
  for (const name in headers) if (names.has(name)) return true
  return false
}

const dropped = new WeakMap<object, string[]>()

/** Takes the same fields out of Node's request, which an application behind `handOver()` reads. */
export function dropRaw(raw: Exchange['raw'], names: FoldedNames): void {
  const { rawHeaders } = raw
  const forged: number[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) if (names.has(rawHeaders[at]!.toLowerCase())) forged.push(at)
  if (forged.length === 0) return
  // Node makes both of the list when they are first read, and trusts a length that it knows from before.
  const { headers, headersDistinct = {} } = raw as typeof raw & { headersDistinct?: typeof raw.headers }
  const gone = forged.toReversed().map((at) => rawHeaders.splice(at, 2)[0]!.toLowerCase())
  for (const name of gone) {
    delete headers[name]
    delete headersDistinct[name]
  }
  dropped.set(raw, gone)
}

/** Names that {@link dropRaw} took out, for frameworks that have read the fields before. */
export function droppedFrom(raw: object): readonly string[] {
  return dropped.get(raw) ?? []
}

function folded(name: string): string {
  return /[^0-9a-z-]/.test(name) ? name.replace(/[^0-9a-z]/g, '-') : name
}
