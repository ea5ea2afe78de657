import { nullObject } from '../../null-object.js'

/** Names with their values as they were sent, all of one name together. */
export type RawPairs = Record<string, string[]>

/**
 * Reads pairs of a query, a form or a Cookie field: names decoded, values not. At most `most`, since the names are the client's (H-201).
 *
 * @returns What is wrong, as words, if something is.
 */
export function readPairs(text: string, separator: '&' | ';', most: number): RawPairs | string {
  const pairs: RawPairs = nullObject()
  let count = 0
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf(separator, start)
    const end = found === -1 ? text.length : found
    const pair = separator === ';' ? text.slice(start, end).trim() : text.slice(start, end)
    start = end + 1
    if (pair === '') continue
    if (++count > most) return `must be no more than ${most} parameters`
    const equals = pair.indexOf('=')
    const written = equals === -1 ? pair : pair.slice(0, equals)
    const name = separator === ';' ? written : decodePart(written)
    if (name === null) return 'must have names in percent-encoded UTF-8'
    const value = equals === -1 ? '' : pair.slice(equals + 1)
    const known = pairs[name]
    if (known === undefined) pairs[name] = [value]
    else known.push(value)
  }
  return pairs
}

/** Decodes a name or value of a query, in which `+` is a space; `null` if its escapes are not UTF-8. */
export function decodePart(written: string): string | null {
  return decodePercent(written.includes('+') ? written.replaceAll('+', ' ') : written)
}

/** Decodes percent-escapes; `null` if they are not UTF-8. */
export function decodePercent(written: string): string | null {
  if (!written.includes('%')) return written
  try {
    return decodeURIComponent(written)
  } catch {
    return null
  }
}
