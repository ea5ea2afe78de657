import { fieldValue, type HeaderMap } from '../../../http/header-map.js'
import { type Directives, parseCacheControl, readDirectives } from './directives.js'

/** What governs a response for this cache. */
export interface Governing extends Directives {
  /** Whether a targeted field does (RFC 9213), in the place of Cache-Control and Expires. */
  readonly targeted: boolean
}

/** Directives whose value must be an integer (RFC 9213 §2.1); of another type, they spoil the whole field. */
const INTEGERS = new Set(['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'])

/**
 * What governs a response: the first of the targeted fields that is there, can be read and is not empty; else Cache-Control.
 *
 * @param targeted Lower-case names, the most specific first.
 */
export function governing(headers: HeaderMap, targeted: readonly string[]): Governing {
  for (const name of targeted) {
    const field = fieldValue(headers, name)
    const list = field === undefined ? null : parseTargeted(field)
    if (list !== null && list.length > 0) return { ...readDirectives(list), targeted: true }
  }
  return { ...parseCacheControl(fieldValue(headers, 'cache-control') ?? ''), targeted: false }
}

/** A Dictionary of RFC 9651, as directives; `null` for what is not one, and for a directive whose value is of the wrong type. */
export function parseTargeted(field: string): [string, string | null][] | null {
  const members = new Map<string, string | null>()
  const reader = new Reader(field)
  reader.skip(/ */y)
  while (!reader.done) {
    const key = reader.take(/[a-z*][a-z0-9_.*-]*/y)
    if (key === null) return null
    const value = reader.skip(/=/y) ? reader.item() : '?1'
    if (value === null || !reader.parameters()) return null
    const read = directive(key, value)
    if (read === null) return null
    // A later member takes the place of an earlier one of its name.
    members.delete(key)
    if (read !== 'off') members.set(key, read.value)
    reader.skip(/[ \t]*/y)
    if (reader.done) break
    if (!reader.skip(/,[ \t]*/y) || reader.done) return null
  }
  return [...members]
}

function directive(key: string, value: string): { readonly value: string | null } | 'off' | null {
  if (INTEGERS.has(key)) return /^-?[0-9]{1,15}$/.test(value) ? { value } : null
  return value === '?0' ? 'off' : { value: null }
}

/** Goes through a Structured Field; no more of its values are told apart than directives need. */
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text.trimEnd()
  }

  get done(): boolean {
    return this.#at >= this.#text.length
  }

  take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null) return null
    this.#at = pattern.lastIndex
    return found[0]
  }

  skip(pattern: RegExp): boolean {
    return this.take(pattern) !== null
  }

  /** An item or an inner list; the text of a bare item. */
  item(): string | null {
    if (!this.skip(/\(/y)) return this.take(BARE)
    while (true) {
      this.skip(/ */y)
      if (this.skip(/\)/y)) return '()'
      if (this.take(BARE) === null || !this.parameters()) return null
      if (!this.done && !/[ )]/.test(this.#text[this.#at]!)) return null
    }
  }

  /** Skips the parameters, which mean nothing here; false for some that can't be read. */
  parameters(): boolean {
    while (this.skip(/; */y)) {
      if (this.take(/[a-z*][a-z0-9_.*-]*/y) === null) return false
      if (this.skip(/=/y) && this.take(BARE) === null) return false
    }
    return true
  }
}

/** Decimal, integer, date, string, token, byte sequence, boolean, display string. */
const BARE =
  /-?[0-9]{1,12}\.[0-9]{1,3}|-?[0-9]{1,15}|@-?[0-9]{1,15}|"(?:[ !#-[\]-~]|\\["\\])*"|[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*|:[A-Za-z0-9+/=]*:|\?[01]|%"(?:[ !#$&-~]|%[0-9a-f]{2})*"/y
