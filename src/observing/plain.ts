import { isUtf8 } from 'node:buffer'

/** Printable ASCII: what nearly every value is. */
const PRINTABLE = /^[ -~]*$/
/** Controls (C0, C1, DEL), format characters (bidirectional overrides, zero-width ones), and the separators that some take for the end of a line. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/**
 * Makes a text fit for any log: no character in it ends a line, moves a cursor or hides others, and it is at most `max` long. What was one is
 * written as `\x1B` or `\u2028` (H-195).
 *
 * Field values come from Node as latin1, one character a byte: bytes that are UTF-8 are read as such.
 */
export function plain(text: string, max: number): string {
  if (text.length <= max && PRINTABLE.test(text)) return text
  const whole = PRINTABLE.test(text) ? text : fromLatin1(text).toWellFormed()
  return cut(whole, max).replace(UNSEEN, visible)
}

/** Cuts a text that is too long, and says so. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max).toWellFormed()}...`
}

/**
 * The same of whatever a program was given, to a depth of four: texts are made plain, the secrets among them replaced, and names, too.
 *
 * @param secret What to write for a value under a name; `null` for the value itself.
 */
export function plainValue(value: unknown, max: number, secret: (name: string) => string | null, depth = 4): unknown {
  if (typeof value === 'string') return plain(value, max)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return '...'
  if (Array.isArray(value)) return value.slice(0, 100).map((each) => plainValue(each, max, secret, depth - 1))
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (value instanceof Error) return plain(`${value.name}: ${value.message}`, max)
  const entries = Object.entries(value).slice(0, 100)
  return Object.fromEntries(
    entries.map(([name, each]) => [
      plain(name, max),
      (typeof each === 'number' || typeof each === 'boolean' ? null : secret(name)) ??
        plainValue(each, max, secret, depth - 1),
    ]),
  )
}

function fromLatin1(text: string): string {
  if (/[^\0-\xff]/.test(text)) return text
  const bytes = Buffer.from(text, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : text
}

function visible(char: string): string {
  const code = char.codePointAt(0)!
  const hex = code.toString(16).toUpperCase()
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`
  return code < 0x1_00_00 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`
}
