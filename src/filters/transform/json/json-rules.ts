import type { Exchange } from '../../../exchange.js'
import { check, checkOptions, optionError } from '../../../options.js'
import { at, compilePointer, isFree, placesOf, put, take } from './pointer.js'

/** What JSON can say. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue | undefined }

/** Makes a value of the one that is there, `undefined` for none. What it returns is set; `undefined` leaves all as it is. */
export type JsonValueMaker = { make(exchange: Exchange, value: unknown): unknown }['make']

/** Makes another value of the whole one; one that returns nothing has changed the value it was given. */
export type JsonMap = { map(value: unknown, exchange: Exchange): unknown }['map']

/** An expression of a language, as one of `jsonata`. What it finds nothing for is `null`. */
export interface JsonExpression {
  evaluate(input: unknown, bindings?: Record<string, unknown>): unknown
}

/**
 * Changes to a JSON value, in this order: `remove`, `rename`, `set`, `map`. Places are JSON Pointers (RFC 6901), in which `*` is every
 * member of an object or item of an array; what is not there is passed over.
 */
export interface JsonRules {
  /** Places to take out. @default none */
  readonly remove?: readonly string[] | undefined
  /** Members to go by another name in the same object, in place of what goes by it. @default none */
  readonly rename?: Readonly<Record<string, string>> | undefined
  /**
   * Values to set: any JSON value, or a function that makes one. Objects on the way are made; `/list/-` is behind the last item of an
   * array.
   * @default none
   */
  readonly set?: Readonly<Record<string, JsonValue | JsonValueMaker>> | undefined
  /** Makes another value of the whole: a function, or an expression object, which is told `method`, `path` and `params`. @default none */
  readonly map?: JsonMap | JsonExpression | undefined
}

/** Changes a value, in place or not. */
export type JsonEdit = (value: unknown, exchange: Exchange) => unknown

/**
 * Checks and compiles rules.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function compileJsonRules(factory: string, rules: JsonRules): JsonEdit {
  checkOptions(factory, rules, { remove: check.strings, rename: check.object, set: check.object, map: isMap })
  const { remove = [], rename = {}, set = {}, map } = rules
  const edits = [
    ...remove.map((pointer) => removing(factory, pointer)),
    ...Object.entries(rename).map(([pointer, name]) => renaming(factory, pointer, name)),
    ...Object.entries(set).map(([pointer, value]) => setting(factory, pointer, value)),
  ]
  const mapped = map === undefined ? null : mapping(map)
  return (value, exchange) => {
    for (const edit of edits) edit(value, exchange)
    return mapped === null ? value : mapped(value, exchange)
  }
}

function isMap(value: unknown): string | undefined {
  const isExpression = typeof (value as JsonExpression | null)?.evaluate === 'function'
  return typeof value === 'function' || isExpression ? undefined : 'a function, or an object with evaluate(input)'
}

function removing(factory: string, text: string): JsonEdit {
  const pointer = compilePointer(factory, 'remove', text)
  return (root) => {
    for (const place of placesOf(root, pointer, false)) take(place)
  }
}

function renaming(factory: string, text: string, name: unknown): JsonEdit {
  const pointer = compilePointer(factory, 'rename', text)
  if (typeof name !== 'string') throw optionError(factory, `rename.${text}`, name, 'a name')
  return (root) => {
    for (const place of placesOf(root, pointer, false)) {
      if (Array.isArray(place.holder) || isFree(place) || place.key === name) continue
      const value = at(place)
      take(place)
      put({ holder: place.holder, key: name }, value)
    }
  }
}

function setting(factory: string, text: string, value: JsonValue | JsonValueMaker): JsonEdit {
  const pointer = compilePointer(factory, 'set', text)
  // Written anew each time: what one exchange got, it may change (H-183).
  const written = typeof value === 'function' ? '' : jsonText(value)
  if (written === undefined) throw optionError(factory, `set.${text}`, value, 'a JSON value, or a function')
  const make: JsonValueMaker = typeof value === 'function' ? value : () => JSON.parse(written)
  return (root, exchange) => {
    for (const place of placesOf(root, pointer, true)) {
      const made = make(exchange, at(place))
      if (made !== undefined) put(place, made)
    }
  }
}

/** `undefined` for what has no form in JSON: a symbol, a bigint, a circle. */
function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

function mapping(map: JsonMap | JsonExpression): JsonEdit {
  if (typeof map === 'function') return (value, exchange) => orSame(map(value, exchange), value)
  return async (value, exchange) => {
    const { method, params, target } = exchange
    return (await map.evaluate(value, { method, path: target.path, params })) ?? null
  }
}

function orSame(made: unknown, value: unknown): unknown {
  if (made instanceof Promise) return made.then((later: unknown) => later ?? value)
  return made === undefined ? value : made
}
