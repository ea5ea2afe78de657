import type { Exchange } from '../exchange.js'
import { check, checkOptions, optionError } from '../options.js'
import type { Reply } from '../reply.js'
import { FieldKind, field } from './fields.js'
import { emptyHeaders, type HeaderMap, type MutableHeaderMap } from './header-map.js'
import { compileValue, type HeaderValue, type ReadValue } from './header-value.js'

/**
 * Changes to header fields, in this order: `remove`, `rename`, `set`, `append`.
 *
 * Framing and what belongs to one hop (`Content-Length`, `Transfer-Encoding`, `Connection`, …) can't be touched (RFC 9110 §7.6.1).
 */
export interface HeaderRules {
  /** Names of fields to take away. @default none */
  readonly remove?: readonly string[] | undefined
  /** Fields to go by another name, in place of what goes by it. @default none */
  readonly rename?: Readonly<Record<string, string>> | undefined
  /** Fields to set, in place of what is there. An empty value takes the field away, as in NGINX's `proxy_set_header`. @default none */
  readonly set?: Readonly<Record<string, HeaderValue>> | undefined
  /** Values to add to what is there: to a list, or as one more line of Set-Cookie. An empty one is not added. @default none */
  readonly append?: Readonly<Record<string, HeaderValue>> | undefined
}

/** Compiled {@link HeaderRules}. */
export interface HeaderChange {
  /** A copy without what is removed: deleting fields costs three times as much as leaving them out. */
  copy(headers: HeaderMap): MutableHeaderMap
  /** Changes a map of one's own. */
  apply(headers: MutableHeaderMap, exchange: Exchange, reply?: Reply): void
}

/** Whose fields are changed. */
export type HeaderSide = 'request' | 'reply'

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const FRAMING: ReadonlySet<string> = new Set(
  'connection keep-alive proxy-connection content-length transfer-encoding te trailer upgrade http2-settings expect'.split(
    ' ',
  ),
)

/**
 * Checks and compiles header rules.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` for a name or a value that can't be written, or a field that is not for rules.
 */
export function compileRules(factory: string, rules: HeaderRules, side: HeaderSide): HeaderChange {
  checkOptions(factory, rules, { remove: check.strings, rename: check.object, set: check.object, append: check.object })
  const removed = (rules.remove ?? []).map((name) => readName(factory, 'remove', name))
  const renamed = Object.entries(rules.rename ?? {}).map(
    ([from, to]) => [readName(factory, 'rename', from), readName(factory, 'rename', to)] as const,
  )
  const set = readValues(factory, 'set', rules.set)
  const appended = readValues(factory, 'append', rules.append)
  if (side === 'request' && (removed.includes('host') || renamed.some(([from]) => from === 'host')))
    throw optionError(factory, 'remove', 'host', 'any but host, which every request has')
  const single = appended.find(([name]) => field(name).kind === FieldKind.singleton)
  if (single !== undefined) throw optionError(factory, 'append', single[0], 'fields that may stand more than once')
  const gone = new Set(removed)
  const governed = new Set([...removed, ...renamed.flat(), ...set.map(([name]) => name)])
  return {
    copy(headers) {
      const own = emptyHeaders()
      for (const name in headers) if (!gone.has(name)) own[name] = headers[name]
      return own
    },
    apply(headers, exchange, reply) {
      for (const name of removed) if (headers[name] !== undefined) delete headers[name]
      // An upstream that folds `_` into `-` would read an alias as the field itself (H-062).
      if (side === 'request')
        for (const name in headers)
          if (name.includes('_') && governed.has(name.replaceAll('_', '-'))) delete headers[name]
      for (const [from, to] of renamed) rename(headers, from, to)
      for (const [name, read] of set) put(headers, name, read(exchange, reply))
      for (const [name, read] of appended) append(headers, name, read(exchange, reply))
    },
  }
}

function readName(factory: string, option: string, given: unknown): string {
  const name = typeof given === 'string' ? given.toLowerCase() : ''
  if (!NAME.test(name)) throw optionError(factory, option, given, 'names of header fields')
  if (FRAMING.has(name)) throw optionError(factory, option, given, 'no fields that frame a message or end at this hop')
  return name
}

function readValues(
  factory: string,
  option: 'set' | 'append',
  values: Readonly<Record<string, HeaderValue>> = {},
): [name: string, read: ReadValue][] {
  return Object.entries(values).map(([given, value]) => {
    const name = readName(factory, option, given)
    return [name, compileValue(factory, `${option}.${given}`, name, value)]
  })
}

function rename(headers: MutableHeaderMap, from: string, to: string): void {
  const value = headers[from]
  if (value === undefined) return
  delete headers[from]
  headers[to] = isLines(to) ? [value].flat() : typeof value === 'string' ? value : value.join(', ')
}

function put(headers: MutableHeaderMap, name: string, value: string | readonly string[]): void {
  if (value.length === 0) delete headers[name]
  else headers[name] = isLines(name) ? [value].flat() : typeof value === 'string' ? value : value.join(', ')
}

function append(headers: MutableHeaderMap, name: string, value: string | readonly string[]): void {
  if (value.length === 0) return
  const before = headers[name]
  if (before === undefined) return put(headers, name, value)
  headers[name] = isLines(name)
    ? [before, value].flat()
    : [before, value].flat().join(field(name).kind === FieldKind.cookie ? '; ' : ', ')
}

/** Fields whose lines must stay apart (RFC 6265 §3; challenges hold commas of their own). */
function isLines(name: string): boolean {
  const { kind } = field(name)
  return kind === FieldKind.setCookie || kind === FieldKind.challenge
}
