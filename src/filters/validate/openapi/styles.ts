import { nullObject } from '../../../null-object.js'
import type { RawPairs } from '../pairs.js'
import type { Texts } from '../texts.js'
import type { Shape } from './shape.js'

/** How a parameter is written (OpenAPI 3.1.1 §4.8.12.2). */
export interface Style {
  readonly name: string
  readonly style: string
  readonly explode: boolean
  readonly shape: Shape
  /** Names of the properties, which of an exploded object stand in the query by themselves. */
  readonly properties: readonly string[]
  /** `null` for what can't be decoded. */
  readonly decode: (written: string) => string | null
}

/** What was read: `absent`, or `wrong` as words of what is wanted. */
export type ReadValue = { readonly value: unknown } | { readonly wrong: string } | null

const ONCE = { wrong: 'must stand once' }
const UTF8 = { wrong: 'must be percent-encoded UTF-8' }
const NAMED = { wrong: 'must be names with values' }

/** Delimiters are looked for before escapes are decoded: one within a value is escaped. */
const DELIMITERS: Readonly<Record<string, RegExp>> = {
  form: /,/,
  simple: /,/,
  spaceDelimited: /%20|\+| /,
  pipeDelimited: /\||%7C/i,
}

/** Reads a parameter out of what is there by name. */
export function readParameter(raw: RawPairs, style: Style): ReadValue {
  const { name, shape, explode, decode } = style
  if (shape === 'object' && (style.style === 'deepObject' || (style.style === 'form' && explode)))
    return readSpread(raw, style)
  const values = raw[name]
  if (values === undefined) return null
  if (shape === 'list' && explode && style.style !== 'simple') return decodeAll(values, decode)
  if (values.length > 1) return ONCE
  const [written = ''] = values
  if (shape === 'text') return decodeOne(written, decode)
  const parts = written === '' ? [] : written.split(DELIMITERS[style.style]!)
  return shape === 'list' ? decodeAll(parts, decode) : readMembers(parts, style)
}

function decodeOne(written: string, decode: Style['decode']): ReadValue {
  const value = decode(written)
  return value === null ? UTF8 : { value }
}

function decodeAll(written: readonly string[], decode: Style['decode']): ReadValue {
  const value = written.map(decode)
  return value.includes(null) ? UTF8 : { value }
}

/** An object in one value: `role=admin,age=7` exploded, else `role,admin,age,7`. */
function readMembers(parts: readonly string[], { explode, decode }: Style): ReadValue {
  const value: Texts = nullObject()
  const width = explode ? 1 : 2
  if (parts.length % width !== 0) return NAMED
  for (let at = 0; at < parts.length; at += width) {
    const equals = explode ? parts[at]!.indexOf('=') : 0
    if (equals === -1) return NAMED
    const name = decode(explode ? parts[at]!.slice(0, equals) : parts[at]!)
    const member = decode(explode ? parts[at]!.slice(equals + 1) : parts[at + 1]!)
    if (name === null || member === null) return UTF8
    if (name in value) return ONCE
    value[name] = member
  }
  return { value }
}

/** An object whose members stand by themselves: `filter[role]=admin`, or `role=admin`. */
function readSpread(raw: RawPairs, { name, style, properties, decode }: Style): ReadValue {
  const value: Texts = nullObject()
  let some = false
  const names: readonly (readonly [written: string, member: string])[] =
    style === 'deepObject'
      ? Object.keys(raw)
          .filter((each) => isMemberOf(each, name))
          .map((each) => [each, each.slice(name.length + 1, -1)])
      : properties.filter((each) => raw[each] !== undefined).map((each) => [each, each])
  for (const [written, member] of names) {
    if (member === '' || /[[\]]/.test(member)) return { wrong: 'must be one level of names in brackets' }
    const values = raw[written]!.map(decode)
    if (values.includes(null)) return UTF8
    value[member] = values.length === 1 ? values[0] : values
    some = true
  }
  return some ? { value } : null
}

/** Whether a name is `filter[…]`. */
export function isMemberOf(name: string, parameter: string): boolean {
  return name.startsWith(`${parameter}[`) && name.endsWith(']')
}
