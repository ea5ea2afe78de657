const SPACE = 32
const TAB = 9

/**
 * Where the first value after `name=` starts in a list of pairs, as a Cookie field or a query; -1 if there is none.
 *
 * Linear, and makes no strings. Values are as they came: neither unquoted nor decoded.
 *
 * @param prefix The name with its `=`.
 * @param separator Code of what stands between pairs; blanks after it are passed over.
 * @param from Start of the list, or, for the next of the same name, of the rest of it.
 */
export function pairStart(text: string, prefix: string, separator: number, from: number): number {
  for (let at = text.indexOf(prefix, from); at !== -1; at = text.indexOf(prefix, at + prefix.length)) {
    let before = at - 1
    while (before >= from && isBlank(text.charCodeAt(before))) before--
    if (before < from || text.charCodeAt(before) === separator) return at + prefix.length
  }
  return -1
}

/** Where a value ends that starts at `start`. */
export function pairEnd(text: string, separator: number, start: number): number {
  const end = text.indexOf(String.fromCharCode(separator), start)
  return end === -1 ? text.length : end
}

/**
 * The value of a name that stands once; `undefined` for none, and for several: of two cookies one is from another path or domain, and
 * nothing tells which (H-112).
 */
export function onlyPair(text: string, prefix: string, separator: number): string | undefined {
  const start = pairStart(text, prefix, separator, 0)
  if (start === -1) return undefined
  const end = pairEnd(text, separator, start)
  return pairStart(text, prefix, separator, end) === -1 ? text.slice(start, end) : undefined
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}
