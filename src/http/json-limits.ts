/** How much JSON a message may hold, beside its length. */
export interface JsonLimits {
  /** Objects and arrays within each other. */
  readonly maxDepth: number
  /** Members of one object. */
  readonly maxMembers: number
  /** Items of one array. */
  readonly maxItems: number
  /** Characters of one string or name, as written. */
  readonly maxStringLength: number
  /** Whether a name may stand twice in one object: parsers differ in which of the two they take. */
  readonly duplicateNames: 'refuse' | 'allow'
  /** Whether a number may be one that is another as a double (H-160): one past the largest, an integer past 2⁵³. @default 'allow' */
  readonly unsafeNumbers?: 'refuse' | 'allow' | undefined
}

const QUOTE = 34
const COMMA = 44
const BACKSLASH = 92
const MINUS = 45
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
/** Integers of this many characters are whole numbers to everybody. */
const SAFE_LENGTH = 15

/**
 * Reads JSON text once, without recursion and without making anything of it, and says what is too much in it; `null` for nothing. It does
 * not tell whether the text is JSON: `JSON.parse` does, which is safe for what passes here.
 */
export function excess(text: string, limits: JsonLimits): string | null {
  const { maxDepth, maxMembers, maxItems, maxStringLength, duplicateNames } = limits
  const refuses = duplicateNames === 'refuse'
  const refusesNumbers = limits.unsafeNumbers === 'refuse'
  /** Of each open object or array: how many it has, and of an object its names (`null` for an array). */
  const counts: number[] = []
  const names: (Set<string> | null)[] = []
  const isObject: boolean[] = []
  let awaitsName = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const top = counts.length - 1
    if (code === QUOTE) {
      const end = endOfString(text, at + 1)
      if (end - at - 1 > maxStringLength) return `a string of more than ${maxStringLength} characters`
      if (awaitsName) {
        awaitsName = false
        const known = names[top]
        if (refuses && known !== undefined && known !== null) {
          const name = plainName(text, at, end)
          if (known.has(name)) return 'a name that stands twice in one object'
          known.add(name)
        }
      }
      at = end
    } else if (code === 123 || code === 91) {
      if (counts.length === maxDepth) return `more than ${maxDepth} levels`
      const object = code === 123
      counts.push(1)
      isObject.push(object)
      names.push(object && refuses ? new Set() : null)
      awaitsName = object
    } else if (code === 125 || code === 93) {
      counts.pop()
      isObject.pop()
      names.pop()
      awaitsName = false
    } else if (code === COMMA && top >= 0) {
      counts[top]!++
      awaitsName = isObject[top]!
      if (isObject[top]! ? counts[top]! > maxMembers : counts[top]! > maxItems)
        return isObject[top]!
          ? `an object of more than ${maxMembers} members`
          : `an array of more than ${maxItems} items`
    } else if (refusesNumbers && (code === MINUS || (code >= 48 && code <= 57))) {
      const number = numberAt(text, at)
      if (isUnsafe(number)) return 'a number that not every reader can hold'
      at += number.length - 1
    }
  }
  return null
}

/** Where the quote is that ends a string; the text's end if none does. */
function endOfString(text: string, from: number): number {
  let at = from
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote === -1) return text.length
    let slashes = 0
    while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH && quote - 1 - slashes >= from) slashes++
    if (slashes % 2 === 0) return quote
    at = quote + 1
  }
}

/**
 * A name as parsers see it: `"\u0061"` is `"a"`. With a quote in front, so that none is a number to a Set: hashes of these can be chosen
 * (CVE-2026-21717, H-201).
 */
function plainName(text: string, from: number, end: number): string {
  const written = text.slice(from, end)
  if (!written.includes('\\')) return written
  try {
    return `"${JSON.parse(`${written}"`) as string}`
  } catch {
    return written
  }
}

function numberAt(text: string, from: number): string {
  NUMBER.lastIndex = from
  return NUMBER.exec(text)?.[0] ?? '-'
}

function isUnsafe(number: string): boolean {
  if (/[.eE]/.test(number)) return !Number.isFinite(Number(number))
  return number.length > SAFE_LENGTH && !Number.isSafeInteger(Number(number))
}
